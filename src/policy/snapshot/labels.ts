// Labels as bytes: where they start, and the hash of one below another, in builder and snapshot alike. Seed and multiplier are not to be guessed
// by whoever writes a list. Two bytes a step; not four: a difference in the highest bit passes through every multiplication
// unchanged, so that four could be made to collide under any seed, while what two bytes change depends on the multiplier.

import type { NameLabels } from '../../base/name-labels.ts';
import { MAX_LABELS, MAX_NAME } from '../../base/names.ts';

/** Offsets of the labels, left to right, and of the root behind them; gives their number, or -1 for a name that is not well formed. */
export function splitLabels(bytes: Uint8Array, at: number, labels: Uint8Array): number {
  let count = 0;
  let offset = 0;
  while (bytes[at + offset] !== 0) {
    if (!(bytes[at + offset] < 64) || count === MAX_LABELS) return -1;
    labels[count++] = offset;
    offset += bytes[at + offset] + 1;
    if (offset >= MAX_NAME) return -1;
  }
  labels[count] = offset;
  return count;
}

/** Takes a name in hand: copies its bytes, which must be lower case already, and finds its labels; gives their number, -1 for no name. */
export function readLabels(labels: NameLabels, bytes: Uint8Array, at: number): number {
  labels.count = splitLabels(bytes, at, labels.starts);
  if (labels.count < 0) return -1;
  const length = labels.starts[labels.count] + 1;
  for (let i = 0; i < length; i++) labels.bytes[i] = bytes[at + i];
  return labels.count;
}

/** Bytes behind the last label of a pool, so that reading by fours stays within it wherever a label is compared. */
export const POOL_SLACK = 68;

/** Of a number of bytes modulo 4, those of a word that was read as little-endian. */
const FRONT = /* @__PURE__ */ Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/**
 * Of the label whose length byte stands at `at`, below what hashes to `above` (0 at the top). A name's hashes need nothing but the name: where
 * all its labels' slots are is known before the first is read. Gives an int32: a number that needs 32 bits without a sign costs 16 bytes
 * wherever it is handed over.
 */
export function hashLabel(name: DataView, at: number, above: number, seed: number, multiplier: number): number {
  const size = name.getUint8(at) + 1;
  const end = at + (size & ~3);
  let hash = seed;
  for (let i = at; i < end; i += 4) hash = addWord(hash, name.getInt32(i, true), multiplier);
  hash = addWord(hash, name.getInt32(end, true) & FRONT[size & 3], multiplier);
  hash = (hash + Math.imul(above, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function addWord(hash: number, word: number, multiplier: number): number {
  const half = Math.imul(hash ^ (word & 0xffff), multiplier);
  return Math.imul(half ^ (word >>> 16), multiplier);
}

/** Equal labels, length byte first, compared by fours. */
export function sameLabel(a: DataView, aAt: number, b: DataView, bAt: number): boolean {
  const size = a.getUint8(aAt) + 1;
  const whole = size & ~3;
  for (let i = 0; i < whole; i += 4) if (a.getInt32(aAt + i, true) !== b.getInt32(bAt + i, true)) return false;
  return ((a.getInt32(aAt + whole, true) ^ b.getInt32(bAt + whole, true)) & FRONT[size & 3]) === 0;
}

/** Slot of a hash in a table of any size: the high half of hash × size, the hash taken without a sign. */
export function slotOf(hash: number, size: number): number {
  return (((hash >>> 0) * size) / 4294967296) >>> 0;
}

/** 1 for each byte that does not stand for itself in a decision id (decide/decision-id.ts). */
export const NEEDS_ESCAPE = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, c) =>
  c > 32 && c < 127 && !'.\\*/:='.includes(String.fromCharCode(c)) ? 0 : 1,
);

/** True when every label of a pool can stand in a decision id as it is. */
export function arePlain(pool: Uint8Array): boolean {
  let toEscape = 0;
  for (let at = 0; at < pool.length; at += pool[at] + 1) {
    for (let i = at + 1; i <= at + pool[at]; i++) toEscape += NEEDS_ESCAPE[pool[i]];
  }
  return toEscape === 0;
}
