// Labels as bytes: where they start, and the hash of one under its parent, in builder and snapshot alike. Seed and multiplier are not to be guessed by whoever writes a
// list: multiplying by an unknown odd number leaves no collisions to prepare in 63 bytes (the Thue–Morse attack on 32 bits needs 256).

import { MAX_LABELS, MAX_NAME } from '../../base/names.ts';

/** Offsets of the labels, left to right; gives their number, or -1 for a name that is not well formed. */
export function splitLabels(bytes: Uint8Array, at: number, labels: Uint8Array): number {
  let count = 0;
  let offset = 0;
  while (bytes[at + offset] !== 0) {
    if (!(bytes[at + offset] < 64) || count === MAX_LABELS) return -1;
    labels[count++] = offset;
    offset += bytes[at + offset] + 1;
    if (offset >= MAX_NAME) return -1;
  }
  return count;
}

/** Of the label whose length byte stands at `at`; bytes must be lower case already. */
export function hashLabel(bytes: Uint8Array, at: number, parent: number, seed: number, multiplier: number): number {
  const end = at + bytes[at];
  let hash = seed ^ bytes[at];
  for (let i = at + 1; i <= end; i++) hash = Math.imul(hash ^ bytes[i], multiplier);
  hash = (hash + Math.imul(parent, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Equal labels, length byte first, compared byte by byte. */
export function sameLabel(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  const end = aAt + a[aAt];
  for (let i = aAt, j = bAt; i <= end; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

/** Slot of a hash in a table of any size: the high half of hash × size. */
export function slotOf(hash: number, size: number): number {
  return ((hash * size) / 4294967296) >>> 0;
}
