// Names inside a message: labels and compression pointers (RFC 1035 §4.1.4). Offsets count from the message's first byte, so `bytes` is
// the whole message. A pointer must lead strictly backwards, before the piece of name that holds it: that ends every walk.

import { LOWER, MAX_NAME } from '../../base/names.ts';
import { HEADER_SIZE } from './message.ts';

/** The offset behind the name at `at` where it stands, or -1 when the name, pointers followed, is malformed or leaves [0, end). */
export function skipName(bytes: Uint8Array, at: number, end: number): number {
  let behind = -1;
  let pieceAt = at;
  let length = 1;
  let i = at;
  while (i < end) {
    const head = bytes[i];
    if (head === 0) return behind < 0 ? i + 1 : behind;
    if (head < 0x40) {
      length += head + 1;
      if (length > MAX_NAME) return -1;
      i += head + 1;
      continue;
    }
    if (head < 0xc0 || i + 1 >= end) return -1;
    if (behind < 0) behind = i + 2;
    const target = ((head & 0x3f) << 8) | bytes[i + 1];
    if (target >= pieceAt || target < HEADER_SIZE) return -1;
    pieceAt = target;
    i = target;
  }
  return -1;
}

/** Copies the name at `at` into `out` (256 bytes) without pointers, case kept; gives its length. The name has passed skipName. */
export function expandName(bytes: Uint8Array, at: number, out: Uint8Array): number {
  let length = 0;
  for (let i = followPointers(bytes, at); ; i = followPointers(bytes, i)) {
    const size = bytes[i] + 1;
    for (let k = 0; k < size; k++) out[length + k] = bytes[i + k];
    length += size;
    if (size === 1) return length;
    i += size;
  }
}

/** True when both names are equal but for ASCII case. Both have passed skipName of their own message. */
export function sameName(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  let i = followPointers(a, aAt);
  let j = followPointers(b, bAt);
  for (;;) {
    const size = a[i];
    if (size !== b[j]) return false;
    if (size === 0) return true;
    for (let k = 1; k <= size; k++) if (LOWER[a[i + k]] !== LOWER[b[j + k]]) return false;
    i = followPointers(a, i + size + 1);
    j = followPointers(b, j + size + 1);
  }
}

/**
 * The offset in the free-standing `name` where the labels of `ancestor` (a name of a message) start; 0 when both are equal, -1 when
 * `name` does not lie at or below it.
 */
export function suffixAt(name: Uint8Array, bytes: Uint8Array, ancestor: number): number {
  let at = 0;
  for (let more = labelCount(name, 0) - labelCount(bytes, ancestor); more !== 0; more--) {
    if (more < 0) return -1;
    at += name[at] + 1;
  }
  return sameName(name, at, bytes, ancestor) ? at : -1;
}

function labelCount(bytes: Uint8Array, at: number): number {
  let labels = 0;
  for (let i = followPointers(bytes, at); bytes[i] !== 0; i = followPointers(bytes, i + bytes[i] + 1)) labels++;
  return labels;
}

function followPointers(bytes: Uint8Array, at: number): number {
  let i = at;
  while (bytes[i] >= 0xc0) i = ((bytes[i] & 0x3f) << 8) | bytes[i + 1];
  return i;
}
