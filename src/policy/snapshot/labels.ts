// Labels as bytes: where they start, and the hash of one below another, in builder and snapshot alike. Seed and multiplier are not to be guessed
// by whoever writes a list. Two bytes a step, for half the time; not four: a difference in the highest bit passes through every multiplication
// unchanged, so that four could be made to collide under any seed, while what two bytes change depends on the multiplier.

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

/**
 * Of the label whose length byte stands at `at`, below what hashes to `above` (0 at the top); bytes must be lower case already. A name's hashes
 * need nothing but the name: where all its labels' slots are is known before the first is read. Gives an int32: a number that needs 32 bits
 * without a sign costs 16 bytes wherever it is handed over.
 */
export function hashLabel(bytes: Uint8Array, at: number, above: number, seed: number, multiplier: number): number {
  const last = at + bytes[at];
  let hash = seed;
  let i = at;
  for (; i < last; i += 2) hash = Math.imul(hash ^ (bytes[i] | (bytes[i + 1] << 8)), multiplier);
  if (i === last) hash = Math.imul(hash ^ bytes[i], multiplier);
  hash = (hash + Math.imul(above, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Equal labels, length byte first, compared byte by byte. */
export function sameLabel(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  const end = aAt + a[aAt];
  for (let i = aAt, j = bAt; i <= end; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

/** Slot of a hash in a table of any size: the high half of hash × size, the hash taken without a sign. */
export function slotOf(hash: number, size: number): number {
  return (((hash >>> 0) * size) / 4294967296) >>> 0;
}
