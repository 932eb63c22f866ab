// Bytes of a YAML file to text, or the first thing that makes them no text: NUL, bytes that are not UTF-8, a line without end. A byte
// order mark is taken off and CRLF is fine: editors write both.

import { isUtf8 } from 'node:buffer';
import type { Place, Problem } from '../../base/problems.ts';

/** About 8,000 rules, read in a second; the worst that can be made of it takes some. Larger lists are feeds, which are read as bytes. */
export const MAX_YAML_BYTES = 1024 * 1024;
/** A person's line; keeps the parser's work on a line, and what a message may quote, bounded. */
export const MAX_LINE = 4096;

const LF = 0x0a;

export function decodeText(file: string, bytes: Uint8Array): string | Problem {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return fault('not-utf8', 'the file is UTF-16; save it as UTF-8', { file, line: 1, column: 1 });
  }
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found;
    const problem = checkLine(file, line, bytes.subarray(start, end));
    if (problem !== undefined) return problem;
    start = end + 1;
  }
  return new TextDecoder('utf-8').decode(bytes);
}

function checkLine(file: string, line: number, bytes: Uint8Array): Problem | undefined {
  if (bytes.length > MAX_LINE) {
    return fault('line-too-long', `line of ${bytes.length} bytes; break it, at most ${MAX_LINE} are read`, {
      file,
      line,
      column: MAX_LINE + 1,
    });
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) return fault('nul-byte', 'a NUL byte; take it away', { file, line, column: nul + 1 });
  if (isUtf8(bytes)) return undefined;
  let good = bytes.length - 1;
  while (good > 0 && !isUtf8(bytes.subarray(0, good))) good--;
  return fault('not-utf8', 'a byte that is not UTF-8; save the file as UTF-8, not Latin-1', {
    file,
    line,
    column: good + 1,
  });
}

function fault(code: string, message: string, where: Place): Problem {
  return { code, severity: 'error', message, where };
}
