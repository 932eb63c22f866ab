// Domain names between text and wire form (RFC 1035 §3.1, §5.1 escapes). A label may hold any byte, dots too; only this file turns
// names into text, and every policy decision is taken on the wire bytes.
//
//   www.example.gov.uk.   =   3 w w w 7 e x a m p l e 3 g o v 2 u k 0

import type { WireName } from './brand.ts';

/** RFC 1035 §2.3.4: a label is at most 63 bytes, a name at most 255 with its length bytes and the root. */
export const MAX_LABEL = 63;
export const MAX_NAME = 255;
/** 255 bytes hold at most 127 one-byte labels. */
export const MAX_LABELS = 127;

/** Maps A–Z to a–z and every other byte to itself (RFC 4343: case folds in ASCII only). */
export const LOWER = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256);
  for (let i = 0; i < 256; i++) table[i] = i >= 65 && i <= 90 ? i + 32 : i;
  return table;
})();

/**
 * Four bytes of a name at once, in any order, as LOWER does one. Length bytes are below 64 and no letters, so a name need not be walked. In each
 * byte without its highest bit, adding 0x3f carries into that bit from `A` on, adding 0x25 from behind `Z` on.
 */
export function lowerFour(word: number): number {
  const low = word & 0x7f7f7f7f;
  return word | ((((low + 0x3f3f3f3f) ^ (low + 0x25252525)) & ~word & 0x80808080) >>> 2);
}

export type NameFault = 'empty' | 'empty-label' | 'label-too-long' | 'name-too-long' | 'bad-escape' | 'not-ascii';

/** Text to wire form, folded to lower case. Understands `\.` and `\DDD`; a trailing dot is optional; `.` is the root. Non-ASCII text is a fault: IDNA is the caller's business. */
export function parseName(text: string): WireName | NameFault {
  if (text.length === 0) return 'empty';
  if (text === '.') return new Uint8Array(1) as WireName;
  const out = new Uint8Array(MAX_NAME + 1);
  let length = 1;
  let labelAt = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === 0x2e) {
      const fault = closeLabel(out, labelAt, length);
      if (fault !== undefined) return fault;
      if (i === text.length - 1) return finish(out, length);
      labelAt = length++;
      if (length > MAX_NAME) return 'name-too-long';
      continue;
    }
    if (code === 0x5c) {
      const escaped = readEscape(text, i);
      if (escaped === undefined) return 'bad-escape';
      code = escaped.code;
      i += escaped.extra;
    } else if (code > 126) {
      return 'not-ascii';
    }
    if (length >= MAX_NAME) return 'name-too-long';
    out[length++] = LOWER[code];
  }
  return closeLabel(out, labelAt, length) ?? finish(out, length);
}

function closeLabel(out: Uint8Array, labelAt: number, length: number): NameFault | undefined {
  const size = length - labelAt - 1;
  if (size === 0) return 'empty-label';
  if (size > MAX_LABEL) return 'label-too-long';
  out[labelAt] = size;
  return undefined;
}

function finish(out: Uint8Array, length: number): WireName | NameFault {
  if (length + 1 > MAX_NAME) return 'name-too-long';
  out[length] = 0;
  return out.slice(0, length + 1) as WireName;
}

function readEscape(text: string, at: number): { code: number; extra: number } | undefined {
  const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4));
  if (digits !== null) {
    const code = Number(digits[0]);
    return code > 255 ? undefined : { code, extra: 3 };
  }
  const code = text.charCodeAt(at + 1);
  return Number.isNaN(code) || code > 126 ? undefined : { code, extra: 1 };
}

/**
 * Wire form to text without the trailing dot; the root is `.`. Dots and backslashes inside a label become `\.` and `\\`, bytes outside
 * printable ASCII `\DDD`. `at` is the first length byte. The name must be uncompressed and well formed.
 */
export function formatName(bytes: Uint8Array, at = 0): string {
  if (bytes[at] === 0) return '.';
  let text = '';
  let i = at;
  for (let labels = 0; bytes[i] !== 0 && labels < MAX_LABELS; labels++) {
    if (i !== at) text += '.';
    text += formatLabel(bytes, i + 1, bytes[i]);
    i += bytes[i] + 1;
  }
  return text;
}

/** One label's bytes as text, escaped as in formatName. */
export function formatLabel(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length; i++) {
    const c = bytes[i];
    if (c === 0x2e || c === 0x5c) text += `\\${String.fromCharCode(c)}`;
    else if (c > 32 && c < 127) text += String.fromCharCode(c);
    else text += `\\${String(c).padStart(3, '0')}`;
  }
  return text;
}

/** Number of labels without the root. */
export function countLabels(bytes: Uint8Array, at = 0): number {
  let labels = 0;
  for (let i = at; bytes[i] !== 0 && labels <= MAX_LABELS; i += bytes[i] + 1) labels++;
  return labels;
}

/** Bytes the name takes, the root's zero included. */
export function nameLength(bytes: Uint8Array, at = 0): number {
  let i = at;
  while (bytes[i] !== 0 && i - at < MAX_NAME) i += bytes[i] + 1;
  return i - at + 1;
}
