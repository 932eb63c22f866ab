// hosts files: an address, then the names that are to lead nowhere. Only unspecified and loopback addresses mean that; a line with a
// real address sends its names somewhere, which is no block.

import type { Format, LineTarget } from './format.ts';
import { endOfWord, isComment, isTail, skipBlanks } from './words.ts';

const ZERO = 0x30;
const ONE = 0x31;
const DOT = 0x2e;
const COLON = 0x3a;

export const hosts: Format = {
  habit: 'exact',
  line(bytes, start, end, to) {
    const first = skipBlanks(bytes, start, end);
    if (first === end || isComment(bytes[first])) return;
    const addressEnd = endOfWord(bytes, first, end);
    if (!leadsNowhere(bytes, first, addressEnd)) {
      rejectAddress(bytes, first, addressEnd, end, to);
      return;
    }
    let at = skipBlanks(bytes, addressEnd, end);
    if (at === end || isTail(bytes[at])) to.reject('no-name', at);
    while (at < end && !isTail(bytes[at])) {
      const nameEnd = endOfWord(bytes, at, end);
      to.pattern(bytes, at, nameEnd);
      at = skipBlanks(bytes, nameEnd, end);
    }
  },
};

/** 0.0.0.0 and its short forms, 127.…, ::, ::1 and their long forms. */
function leadsNowhere(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === ONE && bytes[start + 1] === 0x32 && bytes[start + 2] === 0x37 && bytes[start + 3] === DOT)
    return true;
  let hasColon = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === COLON) hasColon = true;
    else if (byte === ONE && hasColon && i === end - 1) return true;
    else if (byte !== ZERO && byte !== DOT) return false;
  }
  return end > start;
}

function rejectAddress(bytes: Uint8Array, start: number, addressEnd: number, end: number, to: LineTarget): void {
  if (!isAddressLike(bytes, start, addressEnd)) {
    to.reject('no-address', start);
    return;
  }
  // Names of the machine itself stand on such lines in every hosts file (ff02::1 ip6-allnodes).
  const name = skipBlanks(bytes, addressEnd, end);
  if (isMachineName(bytes, name, endOfWord(bytes, name, end))) return;
  to.reject('real-address', start);
}

export function isAddressLike(bytes: Uint8Array, start: number, end: number): boolean {
  let separators = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === COLON || byte === DOT) separators++;
    else if (byte === 0x25) break;
    else if (!isHexDigit(byte)) return false;
  }
  return separators >= 2;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

const MACHINE_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost6',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
  '0.0.0.0',
]);

/** Names that hosts files carry for the machine they came from. */
export function isMachineName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 21) return false;
  return MACHINE_NAMES.has(String.fromCharCode(...bytes.subarray(start, end)).toLowerCase());
}
