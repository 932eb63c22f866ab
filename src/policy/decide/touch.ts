// Reads ahead. In a large policy a lookup is a few reads of memory that no cache holds, 100 ns each, one waiting for the other. Whoever has many
// names to look up hashes them all first, then touches where they will be looked for: the reads of a whole batch overlap, and the lookups
// find everything near. What is read is given back, so that no optimiser leaves it out; it means nothing.

import type { Packet } from '../../base/packet.ts';
import { slotOf } from '../snapshot/labels.ts';
import { EMPTY_SLOT, SLOT_WORDS, tagOf, tagOfHash } from '../snapshot/layout.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { hashLabels } from './judge.ts';

/** Labels below the top-level one, whose slots are few and near: deeper ones are hardly ever listed. */
const TOUCHED_LABELS = 3;
/** Slots from a label's first on: three in four are found in so many. */
const TOUCHED_SLOTS = 4;

/** What verdictForPacket relies on: must be called under the same snapshot, after the qname was read. */
export function prepareName(snapshot: Snapshot, { labels }: Packet): void {
  hashLabels(snapshot, labels, labels.count, labels.hashes);
}

/** The slots where a prepared packet's labels start to be looked for. */
export function touchSlots({ slots, slotCount }: Snapshot, { labels }: Packet): number {
  const { hashes, count } = labels;
  let sum = 0;
  for (let i = count - 2; i >= 0 && i >= count - 1 - TOUCHED_LABELS; i--) {
    sum ^= slots[slotOf(hashes[i], slotCount) * SLOT_WORDS];
  }
  return sum;
}

/** The label bytes that they point to. */
export function touchLabels({ slots, slotCount, labels: pool }: Snapshot, { labels }: Packet): number {
  const { hashes, count } = labels;
  let sum = 0;
  for (let i = count - 2; i >= 0 && i >= count - 1 - TOUCHED_LABELS; i--) {
    const hash = hashes[i];
    const first = slotOf(hash, slotCount);
    const end = Math.min(first + TOUCHED_SLOTS, slotCount);
    for (let slot = first; slot < end; slot++) {
      const word = slots[slot * SLOT_WORDS];
      if (word === EMPTY_SLOT) break;
      if (tagOf(word) !== tagOfHash(hash)) continue;
      sum ^= pool[slots[slot * SLOT_WORDS + 1]];
      break;
    }
  }
  return sum;
}
