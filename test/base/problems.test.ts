import { expect, test } from 'vitest';
import { formatProblem, type Problem } from '../../src/base/problems.ts';

const where = { file: 'lists/l', line: 1, column: 9 };

test.each([
  ['a line feed that would make a second line', 'x\nfine: 0 errors', 'x\\u{a}fine: 0 errors'],
  ['an escape that would colour a terminal', '\x1b[31mred', '\\u{1b}[31mred'],
  ['a C1 control', '\x9b31m', '\\u{9b}31m'],
  ['a mark that turns text around', '\u202egnp', '\\u{202e}gnp'],
  ['a separator of lines', '\u2028', '\\u{2028}'],
  ['letters of any script', 'Ärger, 禁止', 'Ärger, 禁止'],
])('%s is shown, not obeyed', (_what, message, shown) => {
  const problem: Problem = { code: 'feed-line', severity: 'warning', message, where };
  expect(formatProblem(problem)).toBe(`lists/l:1:9 warning feed-line: ${shown}`);
});
