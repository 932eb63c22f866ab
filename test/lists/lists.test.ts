import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { formatName } from '../../src/base/names.ts';
import { runAppTests } from '../../src/lists/app-tests.ts';
import { nodeDisk } from '../../src/lists/disk.ts';
import { readLists } from '../../src/lists/lists.ts';
import { memoryDisk } from './memory-disk.ts';
import { recordingSink } from './recording-sink.ts';

const CLOCK = { now: Date.parse('2026-11-24T12:00:00Z') as Instant, timeZone: 'Europe/London' };
const app = (id: string, domain: string) =>
  `id: ${id}\nname: ${id}\nrules: [{ domain: ${domain}, confidence: high, evidence: [good@1], role: api, also_in: [x] }]\ntests: { blocked: [${domain}], free: [free.example] }\n`;
const DIRECTIVE = `id: law
title: A law
instrument: act
authority: A parliament
jurisdiction: GB
issued: 2026-03-29
ends: 2026-10-25
status: in-force
binding: mandatory
scope: app
apps: [{ app: one, basis: named }]
exemptions: { longest: 12 months }
source: { kind: memory }
review_by: 2027-01-01
`;
const FILES = {
  'lists/sources.yaml': 'sources: [{ id: good, title: A, licence: MIT, carry: yes }]\n',
  'lists/cdn-zones.yaml': 'zones: [{ zone: EdgeKey.net., operator: Akamai, evidence: [good@1] }]\n',
  'lists/apps/one.yaml': app('one', 'one.example'),
  'lists/apps/two.yaml': app('two', 'two.example'),
  'lists/directives/law.yaml': DIRECTIVE,
  'lists/feeds/list.yaml':
    'id: list\nname: List\nunassigned: why\nsource: { file: ../l.txt }\nformat: domains\nrole: ads\nanswer: nodata\nrecheck_by: 2027-01-01\n',
  'lists/l.txt': 'three.example\n',
  'lists/apps/.hidden.yaml': 'never: read\n',
  'lists/apps/README.md': 'never read\n',
};

describe('a folder', () => {
  const { model, problems, rules, watched } = readLists('lists', CLOCK, memoryDisk(FILES));

  it('becomes a model of its apps, feeds, directives and zones', () => {
    expect(problems).toEqual([]);
    expect(model.apps.map(({ id, source }) => [id, source.kind])).toEqual([
      ['one', 'rules'],
      ['two', 'rules'],
      ['list', 'feed'],
    ]);
    expect(model.cdnZones).toEqual([
      { name: 'edgekey.net', where: { file: 'lists/cdn-zones.yaml', line: 1, column: 17 } },
    ]);
    expect(model.apps[2].source).toMatchObject({ list: 'lists/l.txt', format: 'domains', match: 'domain' });
    expect(model.apps[2].unassigned).toBe('why');
    expect(watched).toEqual(['lists', 'lists/l.txt']);
  });

  it('pushes the rules of its apps in their order, with their attributes', () => {
    const sink = recordingSink();
    rules(sink);
    expect(sink.seen).toEqual(['0 domain one.example', '1 domain two.example', '2 domain three.example']);
    expect(sink.attributesSeen).toEqual([
      { role: 'api', alsoIn: ['x'], carrier: false },
      { role: 'api', alsoIn: ['x'], carrier: false },
      { role: 'ads', answer: 'nodata', alsoIn: [], carrier: false },
    ]);
  });

  it('is plain data, places included, so that it can be kept as JSON', () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it('reads dates in the department\u2019s time zone, the last day to its end', () => {
    const [law] = model.directives;
    expect(new Date(law.issued).toISOString()).toBe('2026-03-29T00:00:00.000Z');
    expect(new Date(law.effective).toISOString()).toBe('2026-03-29T00:00:00.000Z');
    // The clocks go back on 25 October: the day ends at midnight GMT.
    expect(law.ends && new Date(law.ends).toISOString()).toBe('2026-10-26T00:00:00.000Z');
    expect(law).toMatchObject({
      demands: [],
      binds: {},
      exemptions: { longest: { amount: 12, unit: 'months' } },
      ede: 'blocked',
    });
    expect(Object.keys(law.source)).not.toContain('url');
  });
});

describe('what is missing or double', () => {
  const codes = (files: Record<string, string>) =>
    readLists('lists', CLOCK, memoryDisk(files)).problems.map(({ code, where }) => `${code} ${where.file}`);

  it.each([
    [
      'the folder itself',
      {},
      ['file-unreadable lists', 'file-unreadable lists/sources.yaml', 'file-unreadable lists/cdn-zones.yaml'],
    ],
    ['sources.yaml', { ...FILES, 'lists/sources.yaml': undefined }, ['file-unreadable lists/sources.yaml']],
    [
      'an id twice',
      { ...FILES, 'lists/feeds/one.yaml': 'id: one\nname: A\nsource: { file: ../l.txt }\n' },
      ['duplicate-id lists/feeds/one.yaml'],
    ],
    [
      'a file with another name',
      { ...FILES, 'lists/apps/z.yaml': app('y', 'y.example') },
      ['id-file lists/apps/z.yaml'],
    ],
    ['a name that ends in .yml', { ...FILES, 'lists/apps/z.yml': '' }, ['file-name lists/apps/z.yml']],
  ] as const)('%s is told', (_what, files, expected) => {
    const present = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
    expect(codes(Object.fromEntries(present))).toEqual(expected);
  });

  it('does not make the apps and directives of broken files unknown', () => {
    const files = {
      ...FILES,
      'lists/apps/one.yaml': 'id: [\n',
      'lists/directives/law.yaml': 'id: law\n',
      'lists/feeds/list.yaml': 'x: 1\n',
    };
    expect(readLists('lists', CLOCK, memoryDisk(files)).unread).toEqual(['law', 'one', 'list']);
  });
});

describe('the real disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-lists-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'apps'));
  writeFileSync(join(folder, 'sources.yaml'), FILES['lists/sources.yaml']);
  writeFileSync(join(folder, 'cdn-zones.yaml'), FILES['lists/cdn-zones.yaml']);
  mkdirSync(join(folder, 'apps/folder.yaml'));
  symlinkSync('loop.yaml', join(folder, 'apps/loop.yaml'));
  symlinkSync('/dev/zero', join(folder, 'apps/zero.yaml'));
  writeFileSync(join(folder, 'apps/huge.yaml'), 'x'.repeat(2 ** 21));
  writeFileSync(join(folder, 'apps/linked.txt'), app('linked', 'linked.example'));
  symlinkSync('linked.txt', join(folder, 'apps/linked.yaml'));

  it('tells what is no file, has no end or is too large, and follows links', () => {
    const { problems, model } = readLists(folder, CLOCK, nodeDisk);
    expect(problems.map(({ message, where }) => [where.file.slice(folder.length), message])).toEqual([
      ['/apps/folder.yaml', expect.stringMatching(/not a regular file|is a folder/)],
      ['/apps/huge.yaml', expect.stringContaining('2097152 bytes')],
      ['/apps/loop.yaml', expect.stringContaining('circle')],
      ['/apps/zero.yaml', expect.stringContaining('not a regular file')],
    ]);
    expect(model.apps.map(({ id }) => id)).toEqual(['linked']);
  });

  it('tells what may not be read', () => {
    chmodSync(join(folder, 'apps/linked.txt'), 0);
    const { problems } = readLists(folder, CLOCK, nodeDisk);
    // Root reads everything.
    const isRoot = process.getuid?.() === 0;
    expect(problems.some(({ message }) => message.includes('permission denied'))).toBe(!isRoot);
  });
});

describe('the tests of apps', () => {
  const { model } = readLists('lists', CLOCK, memoryDisk(FILES));

  it('hold when what is to match does and what is to stay free does', () => {
    const match = (name: Uint8Array) => (formatName(name) === 'free.example' ? [] : ['one', 'two']);
    expect(runAppTests(match, model)).toEqual([]);
  });

  it('fail with the place of the name, each for itself', () => {
    const match = (name: Uint8Array) => (formatName(name) === 'free.example' ? ['two'] : ['one']);
    expect(
      runAppTests(match, model).map(({ code, severity, where }) => [
        code,
        severity,
        where.file,
        where.line,
        where.column,
      ]),
    ).toEqual([
      ['test-not-blocked', 'error', 'lists/apps/two.yaml', 4, 20],
      ['test-not-free', 'error', 'lists/apps/two.yaml', 4, 41],
    ]);
  });
});
