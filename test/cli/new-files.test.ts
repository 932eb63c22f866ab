// Lines of YAML that `interdict new` writes, and a segment put into a configuration that people wrote.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { addSegment } from '../../src/cli/new/add-segment.ts';
import { flow, group, line, stated } from '../../src/cli/new/yaml-lines.ts';

describe('a line of YAML', () => {
  test.each([
    ['a text', line('a', 'Ministry of X'), ['a: Ministry of X']],
    ['a text that YAML would take for a map', line('a', 'b: c'), ['a: "b: c"']],
    ['a text that YAML would take for nothing', line('answer', 'null'), ['answer: "null"']],
    ['a list', line('a', ['b', 'c, d']), ['a: [b, "c, d"]']],
    ['a list that is too long for one', line('a', ['b'.repeat(140)]), ['a:', `  - ${'b'.repeat(140)}`]],
    ['nothing', line('a', undefined), []],
    ['what an instrument does not say', stated('ends', undefined), ['# ends: not stated']],
    ['what counts instead', stated('a', [], 'b counts'), ['# a: not stated; b counts']],
    [
      'a key of which something is said',
      group('a', ['# b: not stated', 'c: d']),
      ['a:', '  # b: not stated', '  c: d'],
    ],
    ['a key of which nothing is said', group('a', ['# b: not stated']), ['# a.b: not stated']],
  ])('is right for %s', (_, lines, expected) => {
    expect(lines).toEqual(expected);
  });

  test('says what was given, whatever that is', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (one, many) => {
        const lines = [...line('one', one), ...line('many', many), `map: ${flow({ one, many })}`];
        expect(parse(lines.join('\n'))).toEqual({ one, many, map: { one, many } });
      }),
      { numRuns: 500 },
    );
  });
});

const LINES = ['id: new', 'kind: guest', '# jurisdiction: not stated', 'clients: [10.9.0.0/16]'];
const ENTRY = '  - id: new\n    kind: guest\n    # jurisdiction: not stated\n    clients: [10.9.0.0/16]\n';

describe('a segment added to a configuration', () => {
  test.each<[string, string, string, number]>([
    [
      'stands behind the last one and its comments, before those of the next key',
      'operator: X      # who\nsegments:   # all\n  - { id: a }\n  - id: b\n    clients: [1.2.3.4]   # one\n    # also b\n\n# limits\nprotected: []\n',
      `operator: X      # who\nsegments:   # all\n  - { id: a }\n  - id: b\n    clients: [1.2.3.4]   # one\n    # also b\n${ENTRY}\n# limits\nprotected: []\n`,
      7,
    ],
    [
      'is an empty line apart where the others are',
      'segments:\n  - id: a\n\n  - id: b\nprotected: []\n',
      `segments:\n  - id: a\n\n  - id: b\n\n${ENTRY}protected: []\n`,
      6,
    ],
    [
      'follows the indentation it finds',
      'segments:\n- id: a\n',
      `segments:\n- id: a\n\n${ENTRY.replaceAll(/^ {2}/gm, '')}`,
      4,
    ],
    ['ends a last line that has no end', 'segments:\n  - id: a', `segments:\n  - id: a\n\n${ENTRY}`, 4],
    ['keeps CRLF', 'segments:\r\n  - id: a\r\n', `segments:\n  - id: a\n\n${ENTRY}`.replaceAll('\n', '\r\n'), 4],
    ['makes the list where there is none', 'operator: X\n', `operator: X\n\nsegments:\n${ENTRY}`, 4],
    ['fills an empty list', 'segments: []  # none yet\nx: 1\n', `segments:\n${ENTRY.trimEnd()}  # none yet\nx: 1\n`, 2],
    [
      'joins a list on one line',
      'segments: [{ id: a }]\n',
      'segments: [{ id: a }, { id: new, kind: guest, clients: [10.9.0.0/16] }]\n',
      1,
    ],
  ])('%s', (_, before, after, at) => {
    expect(addSegment(before, LINES)).toEqual({ text: after, line: at });
  });

  test.each([
    ['a document that is one flow map', '{ segments: [] }\n'],
    ['segments that are no list', 'segments: *all\n'],
    ['an empty value', 'segments:\noperator: X\n'],
  ])('is refused for %s, where no place is sure', (_, text) => {
    expect(addSegment(text, LINES)).toBeUndefined();
  });
});
