import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { promoteInto, withOverrideSource } from '../../src/lists/promote.ts';

const FREED = { except: 'login.example', test: 'login.example', version: '2026-11-24#OVR-7 INC-1' };
const RULE = '{ except: login.example, evidence: ["override@2026-11-24#OVR-7 INC-1"] }';

/** What stands in one text and not in the other, line by line. */
function newLines(before: string, after: string): string[] {
  const left = before.split('\n');
  return after.split('\n').filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(0, at + 1);
    return at < 0;
  });
}

describe('a release is written into an app as its file is written', () => {
  test('rules a line each, lists of names a line each', () => {
    const before = `# The app
id: app
rules:
  # Site
  - { domain: one.example,   role: web }   # kept as it is
  - { except: two.one.example } # freed before

  # Addresses
  - { address: 192.0.2.0/24 }

tests:
  blocked:
    - one.example
  free:
    # theirs
    - other.example   # why
`;
    const { text, left } = promoteInto(before, FREED);
    expect(left).toEqual([]);
    expect(newLines(before, text)).toEqual([`  - ${RULE}`, '    - login.example']);
    expect(text.indexOf(RULE)).toBeLessThan(text.indexOf('# Addresses'));
  });

  test('rules of several lines, lists of names in brackets, no line feed at the end', () => {
    const before = `id: app
rules:
- domain: one.example
  role: web
  note: >-
    folded
    text
tests: { blocked: [one.example], free: [ other.example ] }`;
    const { text, left } = promoteInto(before, FREED);
    expect(left).toEqual([]);
    expect(text).toBe(`id: app
rules:
- domain: one.example
  role: web
  note: >-
    folded
    text
- except: login.example
  evidence: ["override@2026-11-24#OVR-7 INC-1"]
tests: { blocked: [one.example], free: [ other.example, login.example ] }`);
  });

  test('the last line of a file without a line feed, and lines that end as on Windows', () => {
    const before = 'tests:\r\n  free:\r\n  - a.example\r\nrules:\r\n  - { domain: b.example }';
    expect(promoteInto(before, FREED).text).toBe(
      `tests:\r\n  free:\r\n  - a.example\r\n  - login.example\r\nrules:\r\n  - { domain: b.example }\r\n  - ${RULE}\r\n`,
    );
  });

  test('rules in brackets', () => {
    const before = 'rules: [{ domain: a.example }]\ntests: { free: [x.example] }\n';
    expect(promoteInto(before, FREED).text).toBe(
      `rules: [{ domain: a.example }, ${RULE}]\ntests: { free: [x.example, login.example] }\n`,
    );
  });
});

test('what the file says already is not said again', () => {
  const once = promoteInto('rules:\n  - { domain: a.example }\ntests:\n  free:\n    - x.example\n', FREED).text;
  expect(promoteInto(once, FREED)).toEqual({ text: once, added: [], left: [] });
});

test('where the file leaves no place a person is told what to write', () => {
  const before = 'rules: &r\n  - { domain: a.example }\ntests: { free: *r }\n';
  const { text, left } = promoteInto(before, FREED);
  expect(left).toEqual(['a free test: login.example']);
  expect(newLines(before, text)).toEqual([`  - ${RULE}`]);
});

test('a prefix gets no test, since tests ask names', () => {
  const before = 'rules:\n  - { address: 192.0.2.0/24 }\ntests: { free: [x.example] }\n';
  const { text } = promoteInto(before, { except: '192.0.2.0/24', version: '2026-11-24#OVR-1 T' });
  expect(newLines(before, text)).toEqual(['  - { except: 192.0.2.0/24, evidence: ["override@2026-11-24#OVR-1 T"] }']);
});

const BLOCKLISTS = join(import.meta.dirname, '../../blocklists');

test.each(readdirSync(join(BLOCKLISTS, 'apps')))('the shipped %s takes it in a line or two and a test', (name) => {
  const before = readFileSync(join(BLOCKLISTS, 'apps', name), 'utf8');
  const { text, left } = promoteInto(before, FREED);
  expect(left).toEqual([]);
  const lines = newLines(before, text);
  expect(lines.length).toBeLessThanOrEqual(3);
  for (const key of ['except: ', 'evidence: ', '- login.example']) expect(lines.join('\n')).toContain(key);
});

test('the source that the evidence names is made known once', () => {
  const before = 'sources:\n  # Ours\n  - id: survey\n    title: Survey\n    licence: CC0-1.0\n    carry: "yes"\n';
  const once = withOverrideSource(before);
  expect(newLines(before, once.text)[0]).toBe('  - id: override');
  expect(withOverrideSource(once.text).added).toEqual([]);
});
