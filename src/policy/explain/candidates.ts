// Every rule that a subject meets, not only the winners: what `explain` lists. Slow and plain; the same order as judge.ts.

import { IPV4_OFFSET, isIPv4 } from '../../base/addresses.ts';
import { type NameLabels, newNameLabels } from '../../base/name-labels.ts';
import { findSlot } from '../decide/judge.ts';
import type { Subject } from '../decide/subjects.ts';
import { ROLES, type Role } from '../model.ts';
import {
  detailRole,
  ENTRY_WORDS,
  entryApp,
  entryDepth,
  entryKind,
  entryRelease,
  setCount,
} from '../snapshot/entries.ts';
import { hashLabel, readLabels } from '../snapshot/labels.ts';
import { PREFIX_SIZE, ROOT, ROW_MASK, ROW_WORDS, SLOT_WORDS, zoneDepth } from '../snapshot/layout.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { KIND_EXACT, KIND_WILDCARD } from '../verdict.ts';

const MAX_WALKS = 5;
const UNDERSCORE = 0x5f;

export interface Candidate {
  readonly app: number;
  readonly kind: number;
  /** Labels of the rule, or prefix length. */
  readonly depth: number;
  /** Index of the subject. */
  readonly subject: number;
  /** 0: the literal walk; n: after n CDN zones were taken off. */
  readonly walk: number;
  readonly skipped: number;
  readonly role: Role;
  /** Number of the override that releases this very rule, 0 for none. */
  readonly release: number;
}

/** By subject, then walk, then from the shallowest rule to the deepest. */
export function candidatesOf(snapshot: Snapshot, subjects: readonly Subject[]): Candidate[] {
  return subjects.flatMap((subject, i) =>
    subject.kind === 'name' ? ofName(snapshot, subject.name, i) : ofAddress(snapshot, subject.address, i),
  );
}

function ofName(snapshot: Snapshot, name: Uint8Array, subject: number): Candidate[] {
  const labels = newNameLabels();
  const count = readLabels(labels, name, 0);
  let first = 0;
  while (first < count && name[labels.starts[first] + 1] === UNDERSCORE) first++;
  const found: Candidate[] = [];
  let skipped = 0;
  for (let walk = 0; walk < MAX_WALKS; walk++) {
    const { rows, zone } = rowsOnTheWay(snapshot, labels, first, count - skipped);
    for (const { row, isEnd } of rows) {
      for (const { entry, role } of entriesOf(snapshot, snapshot.rows[row * ROW_WORDS])) {
        if (entryKind(entry) === (isEnd ? KIND_WILDCARD : KIND_EXACT)) continue;
        found.push({ ...partsOf(entry), subject, walk, skipped, role });
      }
    }
    skipped += zone;
    if (zone === 0 || count - skipped - first < 2) break;
  }
  return found;
}

interface Way {
  readonly rows: { row: number; isEnd: boolean }[];
  /** Labels of the deepest CDN zone met. */
  readonly zone: number;
}

function rowsOnTheWay(snapshot: Snapshot, { view, starts }: NameLabels, first: number, end: number): Way {
  const rows: { row: number; isEnd: boolean }[] = [];
  let zone = 0;
  let parent = ROOT;
  let hash = 0;
  for (let i = end - 1; i >= first; i--) {
    hash = hashLabel(view, starts[i], hash, snapshot.seed, snapshot.multiplier);
    const slot = findSlot(snapshot, parent, hash, view, starts[i]);
    if (slot < 0) break;
    const row = snapshot.slots[slot * SLOT_WORDS + 2] & ROW_MASK;
    if (row !== 0) {
      rows.push({ row, isEnd: i === first });
      zone = zoneDepth(snapshot.rows[row * ROW_WORDS + 3]);
    }
    parent = slot;
  }
  return { rows, zone };
}

function* entriesOf({ sets }: Snapshot, set: number): Generator<{ entry: number; role: Role }> {
  const end = set + 1 + setCount(sets[set]) * ENTRY_WORDS;
  for (let i = set + 1; i < end; i += ENTRY_WORDS) yield { entry: sets[i], role: ROLES[detailRole(sets[i + 1])] };
}

function partsOf(entry: number): Pick<Candidate, 'app' | 'kind' | 'depth' | 'release'> {
  return { app: entryApp(entry), kind: entryKind(entry), depth: entryDepth(entry), release: entryRelease(entry) };
}

function ofAddress({ prefixes, words }: Snapshot, address: Uint8Array, subject: number): Candidate[] {
  const numbers = new Uint32Array(prefixes.buffer, prefixes.byteOffset, prefixes.length >>> 2);
  const found: Candidate[] = [];
  for (let at = 0; at < prefixes.length; at += PREFIX_SIZE) {
    const entry = numbers[at / 4 + 4];
    if (!holds(prefixes, at, entryDepth(entry), address)) continue;
    const role = words.attributes[numbers[at / 4 + 5]].role;
    found.push({ ...partsOf(entry), subject, walk: 0, skipped: 0, role });
  }
  return found.sort((a, b) => a.depth - b.depth || a.app - b.app);
}

/** A prefix shorter than /96 is about IPv6 alone. */
function holds(prefixes: Uint8Array, at: number, bits: number, address: Uint8Array): boolean {
  if (bits < IPV4_OFFSET && isIPv4(address)) return false;
  for (let bit = 0; bit < bits; bit++) {
    if (((prefixes[at + (bit >> 3)] ^ address[bit >> 3]) >> (7 - (bit & 7))) & 1) return false;
  }
  return true;
}
