// How often clients without a segment get an answer at all: at most ten a second a /24 (IPv4) or /56 (IPv6), so that spoofed queries
// cannot make us a reflector. One fixed table of counters: prefixes that share a slot share its ten, which errs on the quiet side.
//
//   slot = hash(prefix, seed)   seconds[slot] = second of the count   counts[slot] = answers in that second

import { isIPv4 } from '../../base/addresses.ts';

const REFUSALS_PER_SECOND = 10;
/** 4,096 × 8 bytes; a power of two. More prefixes than this at once are an attack, and share. */
export const PREFIX_SLOTS = 4096;
const IPV4_PREFIX_END = 15;
const IPV6_PREFIX_END = 7;

export interface Refusals {
  readonly seconds: Uint32Array;
  readonly counts: Uint32Array;
  /** Random per process, so that nobody can aim at another prefix's slot. */
  readonly seed: number;
}

export function newRefusals(seed: number): Refusals {
  return { seconds: new Uint32Array(PREFIX_SLOTS), counts: new Uint32Array(PREFIX_SLOTS), seed };
}

/** True while the client's prefix may still be answered in this second; counts the answer. `second` is monotonic and whole. */
export function mayRefuse(refusals: Refusals, client: Uint8Array, second: number): boolean {
  const slot = prefixSlot(refusals.seed, client);
  if (refusals.seconds[slot] !== second) {
    refusals.seconds[slot] = second;
    refusals.counts[slot] = 0;
  }
  if (refusals.counts[slot] >= REFUSALS_PER_SECOND) return false;
  refusals.counts[slot]++;
  return true;
}

/** A number below PREFIX_SLOTS for the client's /24 (IPv4) or /56 (IPv6). */
export function prefixSlot(seed: number, client: Uint8Array): number {
  const end = isIPv4(client) ? IPV4_PREFIX_END : IPV6_PREFIX_END;
  let hash = seed;
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ client[i], 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 20;
}
