// `interdict catalogue` and `interdict check --strict` on the shipped files, in this process.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from './run.ts';

const directives: { id: string; jurisdiction: string; source: { kind: string } }[] = readdirSync(
  'blocklists/directives',
).map((file) => parse(readFileSync(`blocklists/directives/${file}`, 'utf8')));

test('check --strict fails, and lists exactly the directives whose source is memory', async () => {
  const { code, out } = await run('check', '--strict', '--json');
  const problems: { code: string; message: string }[] = JSON.parse(out).problems;
  const told = problems
    .filter((problem) => problem.code === 'source-memory')
    .map(({ message }) => message.split(' ')[0]);
  const memory = directives.filter(({ source }) => source.kind === 'memory').map(({ id }) => id);
  expect(memory).toContain('local-policy');
  expect(told.sort()).toEqual(memory.sort());
  expect(code).toBe(1);
});

test('check without --strict says nothing of memory', async () => {
  expect((await run('check')).out).not.toContain('source-memory');
});

test.each([
  ['a warning', 'warning', []],
  ['with --strict a failure, like a date that has passed', 'overdue', ['--strict']],
])('a directive without a review date is for check %s', async (_, severity, options) => {
  const { out } = await run('check', '--json', '--config', 'test/fixtures/broken/interdict.yaml', ...options);
  const problems: { code: string; severity: string }[] = JSON.parse(out).problems;
  expect(problems.filter(({ code }) => code === 'review-missing').map((problem) => problem.severity)).toEqual([
    severity,
  ]);
});

test('catalogue --json gives the instruments of a jurisdiction, the apps they name and where they stand', async () => {
  const { code, out, err } = await run(
    'catalogue',
    '--config',
    'config/department.yaml',
    '--jurisdiction',
    'GB',
    '--json',
  );
  const { directives: shown, apps, segments } = JSON.parse(out);
  const expected = directives.filter(({ jurisdiction }) => jurisdiction === 'GB').map(({ id }) => id);
  expect(shown.map(({ id }: { id: string }) => id).sort()).toEqual(expected.sort());
  expect(apps.map(({ id }: { id: string }) => id)).toContain('tiktok');
  expect(segments.find(({ segment }: { segment: string }) => segment === 'guest').directives).toEqual({});
  expect([code ?? 0, err]).toEqual([0, '']);
});

test('catalogue as text shows matrix, terms, open questions, reach and segments', async () => {
  const { out } = await run('catalogue', '--directive', 'uk-parliament-2023-03-23');
  for (const line of [
    /^ +uk-parliament-2023-03-23 +GB +in-force +mandatory +n$/m,
    /^ {2}demands +remove-app, prevent-install, block-traffic$/m,
    /^ {2}exceptions +classes not stated; granted by not stated; longest not stated$/m,
    /^ {2}source +secondary, https:\/\/\S+, read \d{4}-\d\d-\d\d$/m,
    /^ {2}\? /m,
    /^ +uk-parliament-2023-03-23 +GB +· +· +· +· +block +block$/m,
  ])
    expect(out).toMatch(line);
});

test.each([
  [['--app', 'tiktk'], 'no app is called tiktk; did you mean tiktok?\n'],
  [['--jurisdiction', 'XX'], 'no jurisdiction is called XX; interdict catalogue lists what there is\n'],
])('catalogue %j is wrong usage: %s', async (args, sentence) => {
  expect(await run('catalogue', ...args)).toEqual({ code: 2, out: '', err: sentence });
});
