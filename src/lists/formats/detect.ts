// Which format a list is in, from its first lines.

import type { FeedFormat } from '../../policy/model.ts';
import { FORMATS, type LineTarget } from './format.ts';
import { isAddressLike } from './hosts.ts';
import { newPattern, readPattern } from './pattern.ts';
import { endOfWord, skipBlanks } from './words.ts';

/** Enough to pass a long head of comments; more lines say nothing new. */
export const DETECT_BYTES = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** The format of which most of the lines are, undefined when none has the half of them. `bytes` is the start of the list. */
export function detectFormat(bytes: Uint8Array): FeedFormat | undefined {
  const found = { hosts: 0, domains: 0 };
  let lines = 0;
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(LF, start);
    const lineEnd = next < 0 ? bytes.length : next;
    const end = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    const kind = kindOfLine(bytes, start, end);
    if (kind !== 'nothing') lines++;
    if (kind === 'hosts' || kind === 'domains') found[kind]++;
    start = lineEnd + 1;
  }
  const best = found.hosts >= found.domains ? 'hosts' : 'domains';
  return lines > 0 && found[best] * 2 >= lines ? best : undefined;
}

const scratch = newPattern();

function kindOfLine(bytes: Uint8Array, start: number, end: number): FeedFormat | 'nothing' | 'other' {
  const first = skipBlanks(bytes, start, end);
  const isHosts = isAddressLike(bytes, first, endOfWord(bytes, first, end));
  let kind: FeedFormat | 'nothing' | 'other' = 'nothing';
  const target: LineTarget = {
    pattern: (line, from, to) => {
      if (isHosts) kind = 'hosts';
      else kind = readPattern(line, from, to, scratch) === undefined ? 'domains' : 'other';
    },
    reject: () => {
      kind = 'other';
    },
  };
  FORMATS[isHosts ? 'hosts' : 'domains'].line(bytes, start, end, target);
  return kind;
}
