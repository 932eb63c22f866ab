// How many misses each network has at the resolver: a client that asks for nothing but slow names must leave room for the others. One
// fixed table of counts, as in answer/refusals.ts: networks (/24 and /56) that meet in a slot share its share.

import { PREFIX_SLOTS, prefixSlot } from '../answer/refusals.ts';

/** Of all places, what one network may take: a client that asks for nothing but new names leaves room for the others. */
const SHARE = 0.25;

export interface Shares {
  readonly counts: Uint16Array;
  readonly seed: number;
  /** Of one slot at once. */
  readonly most: number;
}

/** `room`: places there are for all together. */
export function newShares(room: number, seed: number): Shares {
  return { counts: new Uint16Array(PREFIX_SLOTS), seed, most: Math.max(1, room * SHARE) };
}

/** The slot to give back later, or -1 when the client's network has its share. */
export function takeShare({ counts, seed, most }: Shares, client: Uint8Array): number {
  const slot = prefixSlot(seed, client);
  if (counts[slot] >= most) return -1;
  counts[slot]++;
  return slot;
}

export function giveShareBack({ counts }: Shares, slot: number): void {
  counts[slot]--;
}
