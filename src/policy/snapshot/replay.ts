// A snapshot's own rules, pushed into a sink in the order in which they once came: a last good policy is compiled again, at a later time or
// for a changed department, without any of its files. Label bytes stand in the order of the trie's making (compile/name-builder.ts), so walking
// them gives parents before children and each app's rules where they were.

import { MAX_LABELS, MAX_NAME } from '../../base/names.ts';
import type { RuleSink } from '../rules.ts';
import { detailAttributes, ENTRY_WORDS, entryApp, entryDepth, entryKind, setCount } from './entries.ts';
import { EMPTY_SLOT, PARENT_MASK, PREFIX_SIZE, ROOT, ROW_MASK, ROW_WORDS, SLOT_WORDS } from './layout.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Pushes every rule. The sink's model must have the snapshot's apps in the snapshot's order. Rules that a changed department now protects
 * are refused by the sink, as they would be from files.
 */
export function rulesOf(snapshot: Snapshot, sink: RuleSink): void {
  const attributes = snapshot.words.attributes.map(({ role, answer, alsoIn, carrier }) =>
    sink.attributes({ role, ...(answer === null ? {} : { answer }), alsoIn, carrier }),
  );
  replayNames(snapshot, sink, attributes);
  replayAddresses(snapshot, sink, attributes);
}

function replayNames({ slots, labels, rows, sets }: Snapshot, sink: RuleSink, attributes: readonly number[]): void {
  const name = new Uint8Array(MAX_NAME + 1);
  for (const slot of slotsByLabel(slots, labels.length)) {
    const row = slots[slot * SLOT_WORDS + 2] & ROW_MASK;
    const own = rows[row * ROW_WORDS];
    if (row === 0 || setCount(sets[own]) === 0 || !spellName(slots, labels, slot, name)) continue;
    const end = own + 1 + setCount(sets[own]) * ENTRY_WORDS;
    for (let i = own + 1; i < end; i += ENTRY_WORDS) {
      sink.name(entryApp(sets[i]), entryKind(sets[i]), attributes[detailAttributes(sets[i + 1])], name, 0);
    }
  }
}

/** Slots in the order of their label's bytes. */
function slotsByLabel(slots: Uint32Array, poolLength: number): Uint32Array {
  const slotAt = new Uint32Array(poolLength);
  let count = 0;
  for (let slot = 0; slot * SLOT_WORDS < slots.length; slot++) {
    if (slots[slot * SLOT_WORDS] === EMPTY_SLOT) continue;
    slotAt[slots[slot * SLOT_WORDS + 1]] = slot + 1;
    count++;
  }
  const ordered = new Uint32Array(count);
  let i = 0;
  for (const slot of slotAt) if (slot !== 0) ordered[i++] = slot - 1;
  return ordered.subarray(0, i);
}

/** The name whose leftmost label is at `slot`, in wire form; false when it does not end within a name's bounds. */
function spellName(slots: Uint32Array, labels: Uint8Array, slot: number, name: Uint8Array): boolean {
  let length = 0;
  let at = slot;
  for (let label = 0; at !== ROOT; label++) {
    const labelAt = slots[at * SLOT_WORDS + 1];
    const size = labels[labelAt] + 1;
    if (label === MAX_LABELS || length + size >= MAX_NAME) return false;
    for (let i = 0; i < size; i++) name[length + i] = labels[labelAt + i];
    length += size;
    at = slots[at * SLOT_WORDS] & PARENT_MASK;
  }
  name[length] = 0;
  return true;
}

function replayAddresses({ prefixes }: Snapshot, sink: RuleSink, attributes: readonly number[]): void {
  const numbers = new Uint32Array(prefixes.buffer, prefixes.byteOffset, prefixes.length >>> 2);
  for (let at = 0; at < prefixes.length; at += PREFIX_SIZE) {
    const entry = numbers[at / 4 + 4];
    const attribute = attributes[numbers[at / 4 + 5]];
    sink.address(entryApp(entry), entryKind(entry), attribute, prefixes, at, entryDepth(entry));
  }
}
