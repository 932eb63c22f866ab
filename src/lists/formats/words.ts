// Words and comments on a line of bytes, shared by the formats.

const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;

export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

export function endOfWord(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SPACE && bytes[at] !== TAB) at++;
  return at;
}

/** A whole line of comment begins with #, ! or ;. */
export function isComment(byte: number): boolean {
  return byte === HASH || byte === 0x21 || byte === 0x3b;
}

/** A word that begins with # ends the line. */
export function isTail(byte: number): boolean {
  return byte === HASH;
}
