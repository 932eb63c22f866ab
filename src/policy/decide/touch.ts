// Reads ahead. In a large policy a lookup is a few reads of memory that no cache holds, 200 ns each, one waiting for the other. Whoever has many
// names to look up hashes them all first, then touches where they will be looked for, in loops that do nothing else: 11 ns a read, and the
// lookups find everything near. What is read is given back, so that no optimiser leaves it out; it means nothing.

import type { Packet } from '../../base/packet.ts';
import { slotOf } from '../snapshot/labels.ts';
import { EMPTY_SLOT, SLOT_WORDS, tagOf, tagOfHash } from '../snapshot/layout.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { hashLabels } from './judge.ts';

/** Labels below the top-level one, whose slots are few and near: deeper ones are hardly ever listed. */
const TOUCHED_LABELS = 3;
/** Slots from a label's first on: three in four are found in so many. */
const TOUCHED_SLOTS = 4;

/** Where a batch will read. A thread's own, used anew for each batch. */
export interface ReadAhead {
  /** Indices into what is touched next. */
  readonly at: Int32Array;
  readonly tags: Int32Array;
  count: number;
}

/** For batches of so many names; of more, the rest is not read ahead. */
export function newReadAhead(names: number): ReadAhead {
  return { at: new Int32Array(names * TOUCHED_LABELS), tags: new Int32Array(names * TOUCHED_LABELS), count: 0 };
}

/** What verdictForPacket relies on: must be called under the same snapshot, after the qname was read. */
export function prepareName(snapshot: Snapshot, { labels }: Packet): void {
  hashLabels(snapshot, labels, labels.count, labels.hashes);
}

/** Notes the slots where a prepared packet's labels start to be looked for. */
export function noteSlots(ahead: ReadAhead, { slotCount }: Snapshot, { labels }: Packet): void {
  const { hashes, count } = labels;
  const { at, tags } = ahead;
  let noted = ahead.count;
  if (noted + TOUCHED_LABELS > at.length) return;
  for (let i = count - 2; i >= 0 && i >= count - 1 - TOUCHED_LABELS; i--) {
    tags[noted] = tagOfHash(hashes[i]);
    at[noted++] = slotOf(hashes[i], slotCount) * SLOT_WORDS;
  }
  ahead.count = noted;
}

/** Reads the noted slots, then the label bytes that they point to. */
export function touchNoted(ahead: ReadAhead, { slots, labels }: Snapshot): number {
  const { at, count } = ahead;
  let sum = 0;
  for (let i = 0; i < count; i++) sum ^= slots[at[i]];
  const found = noteLabels(ahead, slots);
  for (let i = 0; i < found; i++) sum ^= labels[at[i]];
  return sum;
}

/** Puts label offsets in the slots' place, of those whose tags are equal; gives how many. */
function noteLabels({ at, tags, count }: ReadAhead, slots: Uint32Array): number {
  let found = 0;
  for (let i = 0; i < count; i++) {
    const end = Math.min(at[i] + TOUCHED_SLOTS * SLOT_WORDS, slots.length);
    for (let word = at[i]; word < end && slots[word] !== EMPTY_SLOT; word += SLOT_WORDS) {
      if (tagOf(slots[word]) !== tags[i]) continue;
      at[found++] = slots[word + 1];
      break;
    }
  }
  return found;
}
