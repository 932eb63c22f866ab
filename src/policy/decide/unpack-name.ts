// A name inside a message, compression pointers followed (RFC 1035 §4.1.4), as free-standing lower-case bytes.

import { LOWER, MAX_NAME } from '../../base/names.ts';

const POINTER = 0xc0;

/**
 * Copies the name at bytes[at…] into `out` (256 bytes). Pointers count from `messageAt` and must lead strictly backwards, nothing at or
 * behind `end` is read: so it ends. False for a malformed name, whatever `out` then holds.
 */
export function unpackName(bytes: Uint8Array, messageAt: number, at: number, end: number, out: Uint8Array): boolean {
  let length = 0;
  let from = at;
  // Every pointer must lead in front of the run of labels it ends.
  let runAt = at;
  while (from >= messageAt && from < end) {
    const size = bytes[from];
    if (size >= POINTER) {
      const target = messageAt + (((size & 0x3f) << 8) | bytes[from + 1]);
      if (from + 1 >= end || target >= runAt) return false;
      from = target;
      runAt = target;
      continue;
    }
    if (size > 63 || length + size + 1 > MAX_NAME || from + size >= end) return false;
    out[length] = size;
    if (size === 0) return true;
    for (let i = 1; i <= size; i++) out[length + i] = LOWER[bytes[from + i]];
    length += size + 1;
    from += size + 1;
  }
  return false;
}
