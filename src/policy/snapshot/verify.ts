// What must hold before a snapshot's bytes are used: they may come from a disk that lied, or from someone who could write to it. Checked
// here once, so that the hot path checks nothing. Plain loops over typed arrays: 48 MB take some 30 ms, most of it the digest.

import { ANSWERS, ROLES } from '../model.ts';
import { KIND_EXCEPT_ADDRESS, MAX_APPS } from '../verdict.ts';
import {
  detailAnswer,
  detailAttributes,
  detailRole,
  ENTRY_WORDS,
  entryApp,
  entryDepth,
  entryKind,
  entryRelease,
  setCount,
  setRelease,
} from './entries.ts';
import { POOL_SLACK } from './labels.ts';
import {
  AT_CONTENT_DIGEST,
  AT_GENERATION,
  AT_HEADER_DIGEST,
  AT_LENGTH,
  AT_MAGIC,
  AT_ORDER,
  AT_SECTION_COUNT,
  AT_SECTIONS,
  AT_VALID_UNTIL,
  AT_VERSION,
  DIGEST_SIZE,
  EMPTY_SLOT,
  HEADER_SIZE,
  LAYOUT_VERSION,
  MAGIC,
  META_WORDS,
  ORDER_MARK,
  PARENT_MASK,
  PREFIX_SIZE,
  ROOT,
  ROW_MASK,
  ROW_WORDS,
  SECTION,
  SECTION_ALIGNMENT,
  SECTION_COUNT,
  SLOT_WORDS,
} from './layout.ts';
import { outcomeDirective, outcomeExemption } from './outcome.ts';
import { CHILD, NODE_ENTRIES } from './prefix-trie.ts';
import type { Snapshot } from './snapshot.ts';
import { parseWords, type Words } from './words.ts';
import type { Sha256 } from './writer.ts';

export interface Opened {
  readonly header: { generation: number; validUntil: number; length: number; policyHash: string };
  readonly sections: readonly Uint8Array[];
  readonly words: Words;
}

export interface Fault {
  readonly fault: string;
}

/** Header, digests (where a hash is given), section table, words. */
export function openSections(bytes: Uint8Array, sha256: Sha256 | undefined): Opened | Fault {
  if (bytes.length < HEADER_SIZE) return { fault: 'shorter than a snapshot header' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(AT_MAGIC, true) !== MAGIC) return { fault: 'not a snapshot' };
  const version = view.getUint32(AT_VERSION, true);
  if (version !== LAYOUT_VERSION) return { fault: `layout version ${version}; this program reads ${LAYOUT_VERSION}` };
  // Read in this machine's own order; `Uint8Array.from` copies also where a Buffer's slice would share.
  if (new Uint32Array(Uint8Array.from(bytes.subarray(AT_ORDER, AT_ORDER + 4)).buffer)[0] !== ORDER_MARK)
    return { fault: 'written on a machine of the other byte order' };
  const length = view.getUint32(AT_LENGTH, true);
  if (length < HEADER_SIZE || length > bytes.length) return { fault: 'cut short' };
  if (sha256 && !sameBytes(sha256(bytes.subarray(0, AT_HEADER_DIGEST)), bytes, AT_HEADER_DIGEST))
    return { fault: 'the header does not match its digest' };
  if (sha256 && !sameBytes(sha256(bytes.subarray(HEADER_SIZE, length)), bytes, AT_CONTENT_DIGEST))
    return { fault: 'the content does not match its digest' };
  if (view.getUint32(AT_SECTION_COUNT, true) !== SECTION_COUNT) return { fault: 'wrong number of sections' };
  const sections: Uint8Array[] = [];
  for (let section = 0; section < SECTION_COUNT; section++) {
    const start = view.getUint32(AT_SECTIONS + section * 8, true);
    const size = view.getUint32(AT_SECTIONS + section * 8 + 4, true);
    if (start % SECTION_ALIGNMENT !== 0 || start < HEADER_SIZE || start + size > length)
      return { fault: `section ${section} lies outside` };
    sections.push(bytes.subarray(start, start + size));
  }
  // A copy: TextDecoder takes no shared memory.
  const words = parseWords(new TextDecoder().decode(Uint8Array.from(sections[SECTION.words])));
  if (words === undefined || words.apps.length > MAX_APPS) return { fault: 'the words are damaged' };
  if (sections[SECTION.meta].length !== META_WORDS * 4) return { fault: 'the meta section is damaged' };
  const header = {
    generation: view.getUint32(AT_GENERATION, true),
    validUntil: view.getFloat64(AT_VALID_UNTIL, true),
    length,
    policyHash: hexOf(bytes, AT_CONTENT_DIGEST),
  };
  return { header, sections, words };
}

/** A sentence for the first number that points out of its section. */
export function verifyNumbers(snapshot: Snapshot): string | undefined {
  const { derived, until, outcomes, apps, words } = snapshot;
  if (Number.isNaN(snapshot.validUntil)) return 'validUntil is not a time';
  if (
    derived < words.segments.length ||
    until.length !== derived ||
    words.lifted.length !== derived ||
    outcomes.length !== derived * apps
  )
    return 'the segment tables differ in length';
  if (!snapshot.parents.every((parent) => parent < words.segments.length)) return 'a segment has no parent';
  if (!areOutcomesSound(snapshot)) return 'an outcome names an unknown directive or exemption';
  const starts = setStarts(snapshot);
  if (starts === undefined) return 'a set is damaged';
  if (!areRowsSound(snapshot, starts)) return 'a row names no set';
  if (!isTrieSound(snapshot.clients4, (value) => value <= derived)) return 'the IPv4 client trie is damaged';
  if (!isTrieSound(snapshot.clients6, (value) => value <= derived)) return 'the IPv6 client trie is damaged';
  if (!isTrieSound(snapshot.addresses4, (value) => starts[value] === 1)) return 'the IPv4 address trie is damaged';
  if (!isTrieSound(snapshot.addresses6, (value) => starts[value] === 1)) return 'the IPv6 address trie is damaged';
  if (!arePrefixesSound(snapshot)) return 'an address rule is damaged';
  return areSlotsSound(snapshot) ? undefined : 'the label trie is damaged';
}

function areOutcomesSound({ outcomes, words }: Snapshot): boolean {
  for (const outcome of outcomes) {
    if (outcome === 0) continue;
    if (outcomeDirective(outcome) >= words.directives.length) return false;
    if (outcomeExemption(outcome) > 0 && outcomeExemption(outcome) >= words.exemptions.length) return false;
  }
  return true;
}

/** 1 at each offset where a set starts; undefined when one overlaps the end or holds nonsense. */
function setStarts({ sets, apps, words }: Snapshot): Uint8Array | undefined {
  const starts = new Uint8Array(sets.length);
  let at = 0;
  while (at < sets.length) {
    starts[at] = 1;
    const end = at + 1 + setCount(sets[at]) * ENTRY_WORDS;
    if (end > sets.length || setRelease(sets[at]) > words.overrides.length) return undefined;
    for (let i = at + 1; i < end; i += ENTRY_WORDS) {
      const kind = entryKind(sets[i]);
      const detail = sets[i + 1];
      if (entryApp(sets[i]) >= apps || kind === 0 || kind > KIND_EXCEPT_ADDRESS) return undefined;
      if (entryRelease(sets[i]) > words.overrides.length) return undefined;
      if (detailRole(detail) >= ROLES.length || detailAnswer(detail) > ANSWERS.length) return undefined;
      if (detailAttributes(detail) >= words.attributes.length) return undefined;
    }
    at = end;
  }
  return starts[0] === 1 && sets[0] === 0 ? starts : undefined;
}

function areRowsSound({ rows }: Snapshot, starts: Uint8Array): boolean {
  if (rows.length < ROW_WORDS || rows.length % ROW_WORDS !== 0) return false;
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    if (starts[rows[at]] !== 1 || starts[rows[at + 1]] !== 1 || starts[rows[at + 2]] !== 1) return false;
  }
  return true;
}

/** Children always have a higher number than their parent, so a walk ends. */
function isTrieSound(entries: Uint32Array, isValue: (value: number) => boolean): boolean {
  const nodes = entries.length / NODE_ENTRIES;
  if (nodes < 1 || !Number.isInteger(nodes)) return false;
  for (let i = 0; i < entries.length; i++) {
    const value = entries[i];
    if (value < CHILD ? !isValue(value) : value - CHILD >= nodes || value - CHILD <= i >>> 4) return false;
  }
  return true;
}

function arePrefixesSound({ prefixes, apps, words }: Snapshot): boolean {
  if (prefixes.length % PREFIX_SIZE !== 0) return false;
  const numbers = new Uint32Array(prefixes.buffer, prefixes.byteOffset, prefixes.length >>> 2);
  for (let i = 4; i < numbers.length; i += PREFIX_SIZE / 4) {
    if (entryApp(numbers[i]) >= apps || entryDepth(numbers[i]) > 128 || numbers[i + 1] >= words.attributes.length)
      return false;
    if (entryRelease(numbers[i]) > words.overrides.length) return false;
  }
  return true;
}

function areSlotsSound(snapshot: Snapshot): boolean {
  const { slots, slotCount, labels, longestProbe } = snapshot;
  const rows = snapshot.rows.length / ROW_WORDS;
  if (slotCount < 1 || slotCount >= ROOT || slots.length !== slotCount * SLOT_WORDS || longestProbe > slotCount)
    return false;
  for (let at = 0; at < slots.length; at += SLOT_WORDS) {
    if (slots[at] === EMPTY_SLOT) continue;
    const parent = slots[at] & PARENT_MASK;
    if (parent !== ROOT && parent >= slotCount) return false;
    // Not the label itself: a look at each costs a read that misses the caches, and a query's label is all that is compared with it.
    if (slots[at + 1] >= labels.length - POOL_SLACK) return false;
    if ((slots[at + 2] & ROW_MASK) >= rows) return false;
  }
  return true;
}

function sameBytes(digest: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < DIGEST_SIZE; i++) if (digest[i] !== bytes[at + i]) return false;
  return digest.length === DIGEST_SIZE;
}

function hexOf(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + DIGEST_SIZE), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
