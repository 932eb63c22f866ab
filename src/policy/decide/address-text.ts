// Addresses and prefixes as ASCII bytes, RFC 5952, without a string: the same text as base/addresses.formatPrefix (a test compares them).

import { IPV4_OFFSET, isIPv4 } from '../../base/addresses.ts';

const DOT = 0x2e;
const COLON = 0x3a;
const SLASH = 0x2f;

/** Writes the prefix of `bits` that holds the 16-byte address; gives the offset behind it. At most 49 bytes. */
export function writePrefixText(bytes: Uint8Array, from: number, bits: number, out: Uint8Array, at: number): number {
  const isMapped = bits >= IPV4_OFFSET && isIPv4(bytes, from);
  const end = isMapped ? writeIPv4(bytes, from, bits, out, at) : writeIPv6(bytes, from, bits, out, at);
  out[end] = SLASH;
  return writeDecimal(isMapped ? bits - IPV4_OFFSET : bits, out, end + 1);
}

function writeIPv4(bytes: Uint8Array, from: number, bits: number, out: Uint8Array, at: number): number {
  let end = at;
  for (let i = 12; i < 16; i++) {
    if (i > 12) out[end++] = DOT;
    end = writeDecimal(maskedByte(bytes, from, i, bits), out, end);
  }
  return end;
}

/** The longest run of two or more zero groups, the first of equals, becomes `::`. */
function writeIPv6(bytes: Uint8Array, from: number, bits: number, out: Uint8Array, at: number): number {
  let runAt = -1;
  let runLength = 1;
  for (let group = 0; group < 8; group++) {
    let length = 0;
    while (group + length < 8 && groupOf(bytes, from, group + length, bits) === 0) length++;
    if (length <= runLength) continue;
    runAt = group;
    runLength = length;
  }
  let end = at;
  for (let group = 0; group < 8; group++) {
    if (group === runAt) {
      out[end++] = COLON;
      out[end++] = COLON;
      group += runLength - 1;
      continue;
    }
    if (group > 0 && group !== runAt + runLength) out[end++] = COLON;
    end = writeHex(groupOf(bytes, from, group, bits), out, end);
  }
  return end;
}

function groupOf(bytes: Uint8Array, from: number, group: number, bits: number): number {
  return (maskedByte(bytes, from, group * 2, bits) << 8) | maskedByte(bytes, from, group * 2 + 1, bits);
}

/** Byte `i` with everything behind the prefix zeroed. */
function maskedByte(bytes: Uint8Array, from: number, i: number, bits: number): number {
  const kept = Math.min(8, Math.max(0, bits - i * 8));
  return bytes[from + i] & (0xff00 >> kept) & 0xff;
}

function writeDecimal(value: number, out: Uint8Array, at: number): number {
  let end = at;
  if (value >= 100) out[end++] = 0x30 + ((value / 100) | 0);
  if (value >= 10) out[end++] = 0x30 + (((value / 10) | 0) % 10);
  out[end++] = 0x30 + (value % 10);
  return end;
}

function writeHex(value: number, out: Uint8Array, at: number): number {
  let end = at;
  let started = false;
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    started ||= digit !== 0 || shift === 0;
    if (started) out[end++] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  return end;
}
