// `interdict new` on a small department, in this process: flags in, files out, and what the readers of policy say of them.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { askAll, openTerminal, type Terminal } from '../../src/cli/new/ask.ts';
import { faultOf } from '../../src/cli/new/check-answer.ts';
import type { Answers, Field, Kind } from '../../src/cli/new/field.ts';
import { FIELDS } from '../../src/cli/new/fields.ts';
import { writeFiles } from '../e2e/instance.ts';
import { smallDepartment } from '../e2e/small-department.ts';
import { run } from './run.ts';

const APP = [
  ...['app', '--id', 'glimmer', '--name', 'Glimmer', '--domain', 'glimmer.example', 'glimmer-cdn.example'],
  ...['--role', 'web', '--confidence', 'medium', '--evidence', 'survey@2026-01-01', '--free', 'glimmers.example'],
];
const DIRECTIVE = [
  ...[
    'directive',
    '--id',
    'zz-circular',
    '--title',
    'Use of Glimmer',
    '--instrument',
    'order',
    '--authority',
    'Office',
  ],
  ...['--jurisdiction', 'ZZ', '--issued', '2026-01-02', '--binding', 'mandatory', '--scope', 'app', '--app', 'app'],
  ...['--source', 'memory', '--review-by', '2098-01-01'],
];
const EXEMPTION = [
  ...['exemption', '--segment', 'office', '--clients', '127.0.0.5', '--under', 'order', '--app', 'app'],
  ...['--class', 'operational', '--requested-by', 'A', '--approved-by', 'B', '--approved-on', '2026-01-01'],
  ...['--ticket', 'T-1', '--justification', 'Case T-1', '--from', '2098-01-01', '--until', '2098-03-31'],
];

let folder: string;
beforeEach(() => {
  folder = writeFiles(
    smallDepartment({
      upstreamPort: 9,
      rules: ['domain: app.example'],
      settings: ['exemptions: { folder: exemptions }', ''],
    }),
  );
  mkdirSync(join(folder, 'config/exemptions'));
});

const create = (...args: string[]) => run('new', ...args, '--config', join(folder, 'config/interdict.yaml'));
const read = (path: string) => readFileSync(join(folder, path), 'utf8');

describe('interdict new', () => {
  test('app writes rules and tests, and what the readers say of them', async () => {
    const { code, out, err } = await create(...APP);
    const path = 'blocklists/apps/glimmer.yaml';
    expect(err).toBe('');
    expect(code ?? 0).toBe(0);
    expect(out.split('\n')).toEqual([
      `wrote ${join(folder, path)}`,
      expect.stringMatching(/glimmer\.yaml:1:5 warning app-unassigned: /),
      '',
    ]);
    expect(read(path)).toMatch(
      /^id: glimmer\nname: Glimmer\n# operator: not stated\nrules:\n {2}- \{ domain: glimmer\.example, role: web, confidence: medium, evidence: \[survey@2026-01-01\], recheck_by: \d{4}-\d\d-\d\d \}\n/,
    );
    expect(read(path)).toMatch(
      /\ntests:\n {2}blocked: \[glimmer\.example, glimmer-cdn\.example\]\n {2}free: \[glimmers\.example\]\n$/,
    );
  });

  test('directive leaves out what the instrument does not state, and says so', async () => {
    const { code, out } = await create(...DIRECTIVE);
    expect(read('blocklists/directives/zz-circular.yaml')).toBe(`id: zz-circular
title: Use of Glimmer
instrument: order
authority: Office
jurisdiction: ZZ
issued: 2026-01-02
# effective: not stated; the day of issue counts
# ends: not stated
status: in-force
binding: mandatory
# binds.bodies: not stated
# binds.devices: not stated
# binds.networks: not stated
# demands: not stated; a block is the department's own measure
scope: app
apps:
  - { app: app, basis: named }
# exemptions.classes: not stated; each is allowed
# exemptions.granted_by: not stated
# exemptions.longest: not stated; the operator's own limit counts
source:
  kind: memory
review_by: 2098-01-01
`);
    expect(out).toMatch(/zz-circular\.yaml:1:1 warning not-stated: /);
    expect(code ?? 0).toBe(0);
  });

  test('directive names the segments that are to enforce it', async () => {
    const { out } = await create(...DIRECTIVE, '--demands', 'block-traffic', '--networks', 'corporate');
    expect(out).toMatch(/interdict\.yaml:9:\d+ warning gap: zz-circular reaches office, which does not enforce it/);
  });

  test('exemption is for owner and group alone, and takes the next id of the year', async () => {
    const year = String(new Date().getUTCFullYear());
    writeFileSync(join(folder, `config/exemptions/EXM-${year}-014.yaml.txt`), '');
    const first = await create(...EXEMPTION);
    const second = await create(...EXEMPTION);
    expect([first, second].map(({ code, err }) => [code ?? 0, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const files = [`EXM-${year}-001.yaml`, `EXM-${year}-002.yaml`];
    expect(readdirSync(join(folder, 'config/exemptions')).filter((name) => name.endsWith('.yaml'))).toEqual(files);
    for (const file of files) expect(statSync(join(folder, 'config/exemptions', file)).mode & 0o137).toBe(0);
  });

  test('segment stands in the configuration, whose every other byte stays', async () => {
    const before = read('config/interdict.yaml');
    const { code, out } = await create(
      ...['segment', '--id', 'wifi', '--kind', 'corporate', '--jurisdiction', 'ZZ', '--clients', '127.9.0.0/16'],
      ...['--monitor', 'order', '--monitor-until', '2098-01-01'],
    );
    expect(code ?? 0).toBe(0);
    expect(out).toMatch(/^added to .*interdict\.yaml\n$/);
    const entry = `  - id: wifi
    kind: corporate
    jurisdiction: ZZ
    clients: [127.9.0.0/16]
    answer: nxdomain
    enforce:
      - { directive: order, mode: monitor, until: 2098-01-01, then: enforce }
`;
    expect(read('config/interdict.yaml').replace(entry, '')).toBe(before);
    expect(read('config/interdict.yaml')).toContain(entry);
  });

  test('shows with its place what is wrong in what it wrote, and fails', async () => {
    const { code, out } = await create(...EXEMPTION, '--clients', '127.0.3.1', '--until', '2097-01-01');
    expect(code).toBe(1);
    expect(out).toMatch(/EXM-\d+-001\.yaml:2:\d+ error exemption-outside: 127\.0\.3\.1\/32 is not inside office/);
    expect(out).toMatch(/EXM-\d+-001\.yaml:\d+:8 error exemption-dates: /);
  });

  test.each([
    ['a file', APP],
    ['a segment', ['segment', '--id', 'office', '--kind', 'guest', '--clients', '127.9.0.0/16']],
  ])('writes over no %s', async (_, args) => {
    await create(...APP);
    const before = [read('blocklists/apps/glimmer.yaml'), read('config/interdict.yaml')];
    const { code, err } = await create(...args);
    expect(code).toBe(2);
    expect(err).toMatch(/^--id: .*choose another id\n$/);
    expect([read('blocklists/apps/glimmer.yaml'), read('config/interdict.yaml')]).toEqual(before);
  });

  test('exemption has no place where the configuration names no folder', async () => {
    const config = read('config/interdict.yaml').replace('exemptions: { folder: exemptions }', '');
    writeFileSync(join(folder, 'config/interdict.yaml'), config);
    expect(await create(...EXEMPTION)).toMatchObject({ code: 1, err: expect.stringContaining('names no folder') });
  });

  test('a second segment stands behind the first', async () => {
    const segment = (id: string, net: number) =>
      create('segment', '--id', id, '--kind', 'guest', '--clients', `127.${net}.0.0/16`);
    const codes = [await segment('one', 8), await segment('two', 9)].map(({ code }) => code ?? 0);
    expect(codes).toEqual([0, 0]);
    const { out } = await run('check', '--config', join(folder, 'config/interdict.yaml'));
    expect(out).toBe('fine: 0 errors, 0 overdue, 0 warnings\n');
    expect(read('config/interdict.yaml')).toMatch(/id: one[\s\S]*id: two/);
  });

  test('says all that is missing or wrong at once, and writes nothing', async () => {
    const { code, err } = await create('directive', '--id', 'A B', '--instrument', 'ordre', '--source', 'issuer');
    expect(code).toBe(2);
    expect(err.split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      '--id must be',
      '--instrument "ordre" is',
      '--title is missing:',
      '--authority is missing:',
      '--jurisdiction is missing:',
      '--issued is missing:',
      '--binding is missing:',
      '--scope is missing:',
      '--app is missing:',
      '--url is missing:',
      '',
    ]);
    expect(err).toContain('did you mean order?');
    expect(readdirSync(join(folder, 'blocklists/directives'))).toEqual(['order.yaml']);
  });
});

const WORDS = { instruments: ['order'], classes: ['operational'] };
const CALENDAR = { today: '2026-11-24', inAYear: '2027-11-24', nextExemption: 'EXM-2026-001' };
const check = (field: Field, text: string) => faultOf(field.shape, text, WORDS);

/** A terminal on which somebody types these lines and goes away. */
function typing(lines: readonly string[]): Terminal & { readonly said: string[] } {
  const left = [...lines];
  const said: string[] = [];
  return {
    said,
    say: (text) => void said.push(text),
    askLine: (prompt) => {
      said.push(prompt);
      return Promise.resolve(left.shift());
    },
    close() {},
  };
}

describe('a person on a terminal', () => {
  const ask = (kind: Kind, given: Answers, terminal: Terminal) =>
    askAll(FIELDS[kind], given, CALENDAR, check, terminal);

  test('is asked for what no flag says, again where an answer will not do, and may leave open what is not stated', async () => {
    const given = { name: ['Glimmer'], evidence: ['survey@1'], confidence: ['high'] };
    const terminal = typing([
      'Glimmer App',
      'glimmer',
      '',
      'no name',
      'glimmer.example',
      '',
      '',
      '',
      '',
      '',
      '',
      'x.example',
      '',
      '',
    ]);
    expect(await ask('app', given, terminal)).toEqual({
      ...given,
      id: ['glimmer'],
      domain: ['glimmer.example'],
      role: ['unspecified'],
      'recheck-by': ['2027-11-24'],
      blocked: ['glimmer.example'],
      free: ['x.example'],
    });
    expect(terminal.said).toContain('  "no name" has a space; take it away');
    expect(terminal.said).toContain('  at least one is needed');
    expect(terminal.said).toContain('operator: the company that provides it [not stated]: ');
    expect(terminal.said.join('\n')).not.toContain('as-of');
  });

  test('who goes away in the middle leaves nothing', async () => {
    expect(await ask('segment', {}, typing(['wifi', 'corporate']))).toBeUndefined();
  });

  test('is heard over streams, and the end of the stream is the end', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const terminal = openTerminal(input, output);
    input.write('wifi\n');
    expect(await terminal.askLine('id: ')).toBe('wifi');
    const open = terminal.askLine('kind: ');
    input.end();
    expect(await open).toBeUndefined();
    expect(await terminal.askLine('clients: ')).toBeUndefined();
    expect(String(output.read())).toContain('id: ');
  });
});
