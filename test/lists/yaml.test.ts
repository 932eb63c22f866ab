import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readYaml } from '../../src/lists/yaml/document.ts';
import { shapeOf } from '../../src/lists/yaml/shape.ts';
import { nearest } from '../../src/lists/yaml/suggest.ts';
import { MAX_LINE, MAX_YAML_BYTES } from '../../src/lists/yaml/text.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const codes = (content: Uint8Array | string) =>
  readYaml('f.yaml', typeof content === 'string' ? bytes(content) : content).problems.map(
    ({ code, where }) => `${code} ${where.line}:${where.column}`,
  );

/** Twenty lists, each of ten aliases of the one before: 10^20 values if somebody unfolded them. */
const BOMB = Array.from({ length: 20 }, (_, i) =>
  i === 0
    ? 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n'
    : `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(',')}]\n`,
).join('');

describe('bytes that are no YAML of ours', () => {
  const rows: readonly (readonly [what: string, content: Uint8Array | string, problems: readonly string[]])[] = [
    ['nothing at all', '', ['empty-file 1:1']],
    ['comments alone', '# a\n# b\n', ['empty-file 1:1']],
    ['a NUL byte', 'a: 1\nb: "x\0y"\n', ['nul-byte 2:6']],
    ['Latin-1', Uint8Array.of(0x61, 0x3a, 0x20, 0xe9, 0x0a), ['not-utf8 1:4']],
    ['a cut UTF-8 sequence', Uint8Array.of(0x61, 0x3a, 0x20, 0xe2, 0x82), ['not-utf8 1:4']],
    ['an encoded surrogate', Uint8Array.of(0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80), ['not-utf8 1:4']],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3a, 0, 0x20, 0, 0x62, 0), ['not-utf8 1:1']],
    ['a line too long', `a: ${'x'.repeat(MAX_LINE)}\n`, [`line-too-long 1:${MAX_LINE + 1}`]],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', ['duplicate-key 3:1']],
    ['a key twice in flow style', '{ a: 1, a: 2 }\n', ['duplicate-key 1:9']],
    ['a key that is a list', '? [a]\n: b\n', ['key-not-text 1:3']],
    ['a key that is a number', '1: b\n', ['key-not-text 1:1']],
    ['the key __proto__', '__proto__: { a: 1 }\n', ['key-not-text 1:1']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['yaml-syntax 2:1']],
    ['a tag', 'a: !!js/function "x"\n', ['yaml-syntax 1:4']],
    ['a tab as indent', 'a:\n\tb: 1\n', ['yaml-syntax 2:1']],
    ['an alias of nothing', 'a: *b\n', ['yaml-syntax 1:4']],
    ['an alias inside its anchor', 'a: &a [*a]\n', ['yaml-syntax 1:8']],
    ['aliases that explode', BOMB, ['yaml-too-large 1:1']],
    ['34 levels', `${'['.repeat(34)}${']'.repeat(34)}`, ['yaml-too-deep 1:34']],
  ];
  it.each(rows)('%s', (_what, content, problems) => {
    const found = codes(content);
    expect(found).toEqual(problems);
  });
});

describe('bytes that are', () => {
  it('may begin with a byte order mark and end lines with CRLF, and places still fit', () => {
    const { document, problems } = readYaml('f.yaml', bytes('\ufeffa: 1\r\nlist:\r\n  - one\r\n  - two: x\r\n'));
    expect(problems).toEqual([]);
    expect(document?.value).toEqual({ a: 1, list: ['one', { two: 'x' }] });
    expect(document?.place(['list', 1, 'two'])).toEqual({ file: 'f.yaml', line: 4, column: 10 });
    expect(document?.keyPlace(['list', 1, 'two'])).toEqual({ file: 'f.yaml', line: 4, column: 5 });
  });

  it('keep dates, versions and yes as text', () => {
    const { document } = readYaml('f.yaml', bytes('a: 2026-01-02\nb: yes\nc: v2fly@c975\nd: 1.2.3\n'));
    expect(document?.value).toEqual({ a: '2026-01-02', b: 'yes', c: 'v2fly@c975', d: '1.2.3' });
  });

  it('give a missing path the place of what is around it', () => {
    const { document } = readYaml('f.yaml', bytes('a:\n  b: 1\n'));
    expect(document?.place(['a', 'c', 3])).toEqual({ file: 'f.yaml', line: 2, column: 3 });
  });

  it('unfold aliases, whose places are those of the alias', () => {
    const { document } = readYaml('f.yaml', bytes('a: &x [1, 2]\nb: *x\n'));
    expect(document?.value).toEqual({ a: [1, 2], b: [1, 2] });
    expect(document?.place(['b'])).toEqual({ file: 'f.yaml', line: 2, column: 4 });
    expect(document?.place(['b', 1])).toEqual({ file: 'f.yaml', line: 1, column: 11 });
  });
});

describe('hostile files end in time', () => {
  const many = (part: (i: number) => string) => {
    let text = '';
    for (let i = 0; text.length < MAX_YAML_BYTES / 16; i++) text += part(i);
    return text;
  };
  const rows: readonly (readonly [what: string, text: string])[] = [
    ['one map of very many keys', many((i) => `k${i}: v\n`)],
    ['one map of the same key', many(() => 'k: v\n')],
    ['brackets that never close', many(() => '[\n')],
    ['braces that never close', many(() => '{\n')],
    ['dashes that nest', `${'- '.repeat(MAX_LINE / 2)}x\n`],
    ['question marks', many(() => '? \n')],
    ['very many anchors', many((i) => `- &a${i} x\n`)],
    ['very many aliases', `a: &a x\nb:\n${many(() => ' - *a\n')}`],
    ['quotes that never close', many(() => '"\n')],
    ['very many documents', many(() => '---\n')],
  ];
  // Generous for a busy machine; a quadratic step takes minutes.
  it.each(rows)('%s', (_what, text) => {
    const startedAt = performance.now();
    const { problems } = readYaml('f.yaml', bytes(text));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(problems.length).toBeLessThanOrEqual(10);
  });

  it('random bytes are a problem or a document, never a throw', () => {
    const seed = Date.now() & 0xffff;
    console.log(`seed ${seed}`);
    let state = seed;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 8;
    };
    const alphabet = '{}[]:,-?&*!|>\'"%@`#\\ \n\t\rabc0~\u00e9\0';
    let documents = 0;
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: next() % 40 }, () => alphabet[next() % alphabet.length]).join('');
      const { document, problems } = readYaml('f.yaml', bytes(text));
      expect(document !== undefined).toBe(problems.length === 0);
      if (document !== undefined) documents++;
    }
    expect(documents).toBeGreaterThan(50);
  });
});

describe('did you mean', () => {
  const rows = [
    ['rols', 'role'],
    ['evidnece', 'evidence'],
    ['Domain', 'domain'],
    ['recheckby', 'recheck_by'],
    ['colour', undefined],
    ['x'.repeat(10_000), undefined],
  ] as const;
  it.each(rows)('%s: %s', (word, expected) => {
    expect(nearest(word, ['role', 'evidence', 'domain', 'recheck_by', 'asn'])).toBe(expected);
  });
});

it('a file of 60,000 unknown keys is refused in seconds, and not each of them is told', () => {
  const { document } = readYaml('f.yaml', bytes(Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n')));
  if (document === undefined) throw new Error('does not parse');
  const began = performance.now();
  const { problems } = shapeOf(z.strictObject({ id: z.string() }), document);
  expect(problems.filter(({ code }) => code === 'unknown-key').length).toBeGreaterThan(90);
  expect(problems).toHaveLength(100);
  expect(performance.now() - began).toBeLessThan(5000);
});
