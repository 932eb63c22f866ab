import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countLabels, formatName, MAX_NAME, nameLength, parseName } from '../../src/base/names.ts';

const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
const wireName = fc
  .array(label, { maxLength: 20 })
  .map((labels) => Uint8Array.from([...labels.flatMap((l) => [l.length, ...l]), 0]))
  .filter((name) => name.length <= MAX_NAME);

function lower(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; out[at] !== 0; at += out[at] + 1) {
    for (let i = at + 1; i <= at + out[at]; i++) if (out[i] >= 65 && out[i] <= 90) out[i] += 32;
  }
  return out;
}

describe('names', () => {
  test.each([
    ['www.TikTok.com', [3, ...b('www'), 6, ...b('tiktok'), 3, ...b('com'), 0]],
    ['example.com.', [7, ...b('example'), 3, ...b('com'), 0]],
    ['.', [0]],
    ['a\\.b.c', [3, ...b('a.b'), 1, ...b('c'), 0]],
    ['\\255\\000.x', [2, 255, 0, 1, ...b('x'), 0]],
    ['_8443._https.x', [5, ...b('_8443'), 6, ...b('_https'), 1, ...b('x'), 0]],
  ])('%s has the wire form of RFC 1035', (text, wire) => {
    expect(parseName(text)).toEqual(Uint8Array.from(wire));
  });

  test.each([
    ['', 'empty'],
    ['a..b', 'empty-label'],
    ['.a', 'empty-label'],
    ['..', 'empty-label'],
    [`${'a'.repeat(64)}.com`, 'label-too-long'],
    [Array(128).fill('a').join('.'), 'name-too-long'],
    [`${'a'.repeat(63)}.`.repeat(4), 'name-too-long'],
    ['a\\', 'bad-escape'],
    ['a\\256', 'bad-escape'],
    ['müller.de', 'not-ascii'],
  ])('%s is the fault %s', (text, fault) => {
    expect(parseName(text)).toBe(fault);
  });

  test('255 bytes are a name, 256 are none', () => {
    const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    expect(parseName(longest)).toHaveLength(255);
    expect(parseName(`${longest}e`)).toBe('name-too-long');
    expect(parseName(Array(127).fill('a').join('.'))).toHaveLength(255);
  });

  test('any wire name comes back from its text, folded to lower case', () => {
    fc.assert(
      fc.property(wireName, (name) => {
        expect(parseName(formatName(name))).toEqual(lower(name));
        expect(nameLength(name)).toBe(name.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('labels are counted without the root', () => {
    expect(countLabels(Uint8Array.from([0]))).toBe(0);
    expect(countLabels(parseName('a.b.c') as Uint8Array)).toBe(3);
  });
});

function b(text: string): number[] {
  return [...Buffer.from(text)];
}
