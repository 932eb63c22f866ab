// A pattern of a list, from its bytes on the line to wire form, in one pass and into buffers that are used again for every line.
//
//   *.Example.ORG.   →   wire 7 example 3 org 0   text example.org   shape wildcard

import { isUtf8 } from 'node:buffer';
import { domainToASCII } from 'node:url';
import { LOWER, MAX_LABEL, MAX_NAME } from '../../base/names.ts';

export interface Pattern {
  /** Wire form, and the same name as text; valid until the next pattern is read. */
  readonly wire: Uint8Array;
  readonly text: Buffer;
  /** Bytes of the wire form, the root included. */
  length: number;
  labels: number;
  /** `name`, `.name` (with everything below) or `*.name` (strictly below). */
  shape: 'bare' | 'below' | 'wildcard';
}

export function newPattern(): Pattern {
  return { wire: new Uint8Array(MAX_NAME + 1), text: Buffer.alloc(MAX_NAME + 1), length: 0, labels: 0, shape: 'bare' };
}

export type PatternFault = 'no-name' | 'empty-label' | 'long-label' | 'long-name' | 'character' | 'idna' | 'address';

const DOT = 0x2e;
const STAR = 0x2a;

/** Letters, digits, - and _ to lower case, the dot to itself, all else to 0: what a list may name. */
const NAME_BYTE = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256);
  for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.') {
    const code = char.charCodeAt(0);
    table[code] = LOWER[code];
  }
  return table;
})();

/** Fills `out` from bytes[start, end). Undefined when all is well. */
export function readPattern(bytes: Uint8Array, start: number, end: number, out: Pattern): PatternFault | undefined {
  let from = start;
  out.shape = 'bare';
  if (bytes[from] === STAR && bytes[from + 1] === DOT) {
    out.shape = 'wildcard';
    from += 2;
  } else if (bytes[from] === DOT) {
    out.shape = 'below';
    from++;
  }
  const fault = readLabels(bytes, from, end, out);
  if (fault !== 'character' || !hasHighByte(bytes, from, end)) return fault;
  return readIdn(bytes.subarray(from, end), out);
}

function readLabels(bytes: Uint8Array, start: number, end: number, out: Pattern): PatternFault | undefined {
  const to = end > start && bytes[end - 1] === DOT ? end - 1 : end;
  if (to <= start) return 'no-name';
  // 255 bytes with the first length byte and the root.
  if (to - start > MAX_NAME - 2) return 'long-name';
  const { wire, text } = out;
  let labelAt = 0;
  let at = 1;
  let labels = 1;
  let hasLetter = false;
  for (let i = start; i < to; i++) {
    const byte = NAME_BYTE[bytes[i]];
    if (byte === 0) return 'character';
    text[at - 1] = byte;
    if (byte !== DOT) {
      // A last label of digits alone is an address's (RFC 3696 §2).
      if (byte > 0x39) hasLetter = true;
      wire[at++] = byte;
      continue;
    }
    const size = at - labelAt - 1;
    if (size === 0) return 'empty-label';
    if (size > MAX_LABEL) return 'long-label';
    wire[labelAt] = size;
    labelAt = at++;
    labels++;
    hasLetter = false;
  }
  const size = at - labelAt - 1;
  if (size === 0) return 'empty-label';
  if (size > MAX_LABEL) return 'long-label';
  if (!hasLetter) return 'address';
  wire[labelAt] = size;
  wire[at] = 0;
  out.length = at + 1;
  out.labels = labels;
  return undefined;
}

function hasHighByte(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] >= 0x80) return true;
  return false;
}

/** Rare, so strings are fine here. */
function readIdn(bytes: Uint8Array, out: Pattern): PatternFault | undefined {
  if (!isUtf8(bytes)) return 'character';
  const ascii = Buffer.from(domainToASCII(Buffer.from(bytes).toString('utf8')), 'latin1');
  if (ascii.length === 0) return 'idna';
  return readLabels(ascii, 0, ascii.length, out);
}
