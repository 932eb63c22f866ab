// SVCB and HTTPS records (RFC 9460): where they lead. Their target is never compressed, so their RDATA moves as it is; what policy must
// see is the target and the address hints.
//
//   priority u16, target name, then parameters: key u16, length u16, value; keys strictly rise (§2.2)

import { readU16 } from '../../base/bytes.ts';
import { MAX_NAME } from '../../base/names.ts';

const KEY_IPV4HINT = 4;
const KEY_IPV6HINT = 6;

export interface SvcbSink {
  /** An uncompressed name at this offset; never the root, which means the owner itself (§2.5). */
  target(at: number): void;
  ipv4(at: number): void;
  ipv6(at: number): void;
}

/** Reads the RDATA [at, end) and hands offsets to the sink; false when it is malformed. */
export function readSvcb(bytes: Uint8Array, at: number, end: number, sink: SvcbSink): boolean {
  const targetAt = at + 2;
  let next = plainNameEnd(bytes, targetAt, end);
  if (next < 0) return false;
  if (bytes[targetAt] !== 0) sink.target(targetAt);
  let lastKey = -1;
  while (next + 4 <= end) {
    const key = readU16(bytes, next);
    const length = readU16(bytes, next + 2);
    const valueAt = next + 4;
    if (key <= lastKey || valueAt + length > end) return false;
    if (key === KEY_IPV4HINT && !eachHint(valueAt, length, 4, (hint) => sink.ipv4(hint))) return false;
    if (key === KEY_IPV6HINT && !eachHint(valueAt, length, 16, (hint) => sink.ipv6(hint))) return false;
    lastKey = key;
    next = valueAt + length;
  }
  return next === end;
}

/** A hint's value is one address or more, without anything between or behind them (§7.3). */
function eachHint(at: number, length: number, size: number, found: (at: number) => void): boolean {
  if (length === 0 || length % size !== 0) return false;
  for (let i = 0; i < length; i += size) found(at + i);
  return true;
}

function plainNameEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && i - at < MAX_NAME) {
    const size = bytes[i];
    if (size === 0) return i + 1;
    if (size >= 0x40) return -1;
    i += size + 1;
  }
  return -1;
}
