// One name a line, comments by #, ! or ;.

import type { Format } from './format.ts';
import { endOfWord, isComment, isTail, skipBlanks } from './words.ts';

export const domains: Format = {
  habit: 'domain',
  line(bytes, start, end, to) {
    const first = skipBlanks(bytes, start, end);
    if (first === end || isComment(bytes[first])) return;
    const wordEnd = endOfWord(bytes, first, end);
    const next = skipBlanks(bytes, wordEnd, end);
    if (next < end && !isTail(bytes[next])) to.reject('two-words', next);
    else to.pattern(bytes, first, wordEnd);
  },
};
