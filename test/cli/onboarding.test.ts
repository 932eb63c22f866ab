// An administration that nobody here has heard of comes in by files alone: its jurisdiction, a kind of instrument, a class of exemption and
// an app are words of these files and of no source.

import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeFiles } from '../e2e/instance.ts';
import { smallDepartment } from '../e2e/small-department.ts';
import { run } from './run.ts';

const WORDS = { jurisdiction: 'QZ-Vel', instrument: 'rescript', class: 'chronicling', app: 'murmuration' };

const FILES = {
  'blocklists/vocabulary.yaml': `instruments: [{ word: ${WORDS.instrument}, meaning: An answer of the crown that binds its offices }]
classes: [{ word: ${WORDS.class}, meaning: Keeping the chronicle of the realm }]
`,
  [`blocklists/apps/${WORDS.app}.yaml`]: `id: ${WORDS.app}
name: Murmuration
rules:
  - { domain: murmuration.example, role: web, confidence: high, evidence: ["survey@2026-01-01"], recheck_by: 2099-01-01 }
tests: { blocked: [www.murmuration.example], free: [murmurations.example] }
`,
  'blocklists/directives/qz-rescript-7.yaml': `id: qz-rescript-7
title: Rescript VII
instrument: ${WORDS.instrument}
authority: Chancery of Vel
jurisdiction: ${WORDS.jurisdiction}
issued: 2026-01-01
status: in-force
binding: mandatory
binds: { devices: [corporate], networks: [corporate] }
demands: [block-traffic]
scope: app
apps: [{ app: ${WORDS.app}, basis: named }]
exemptions: { classes: [${WORDS.class}], longest: 6 months }
source: { kind: secondary, url: "https://vel.example/7", retrieved: 2026-01-02 }
review_by: 2099-01-01
`,
  'config/exemptions/EXM-1.yaml': `segment: chancery
clients: [127.8.0.9]
under: [qz-rescript-7]
apps: [${WORDS.app}]
class: ${WORDS.class}
requested_by: Chronicler
approved_by: Chancellor
approved_on: 2026-01-01
ticket: C-1
justification: The chronicle
from: 2098-01-01
until: 2098-03-31
`,
};

let folder: string;
let config: string;

beforeAll(() => {
  const segments = `segments:
  - { id: chancery, kind: corporate, jurisdiction: ${WORDS.jurisdiction}, clients: [127.8.0.0/16], enforce: [qz-rescript-7] }
  - { id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/24], enforce: [order] }
exemptions: { folder: exemptions }
`;
  const base = smallDepartment({ upstreamPort: 9, rules: ['domain: app.example'], segments });
  folder = writeFiles({ ...base, ...FILES });
  config = join(folder, 'config/interdict.yaml');
  chmodSync(join(folder, 'config/exemptions/EXM-1.yaml'), 0o640);
});

const interdict = (...args: string[]) => run(...args, '--config', config);

test('no source, list or schema knows the words', () => {
  const texts = ['src', 'blocklists', 'config'].flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|yaml|json)$/.test(name))
      .map((name) => readFileSync(join(room, name), 'utf8').toLowerCase()),
  );
  expect(texts.length).toBeGreaterThan(200);
  for (const word of Object.values(WORDS)) {
    expect(
      texts.filter((text) => text.includes(word.toLowerCase())),
      word,
    ).toEqual([]);
  }
});

test('check finds nothing to say', async () => {
  expect(await interdict('check')).toMatchObject({ out: 'fine: 0 errors, 0 overdue, 0 warnings\n', err: '' });
});

test('what the instrument names is blocked in its jurisdiction, and people are told in its words', async () => {
  const { out } = await interdict('explain', 'www.murmuration.example', '--client', '127.8.0.9');
  expect(out).toContain('www.murmuration.example: blocked');
  expect(out).toContain('id         qz-rescript-7/murmuration/murmuration.example');
  expect(out).toContain(
    'qz-rescript-7: rescript of Chancery of Vel, 2026-01-01, mandatory; names murmuration; enforce',
  );
});

test('another jurisdiction is not touched', async () => {
  const { out } = await interdict('explain', 'www.murmuration.example', '--client', '127.0.0.1');
  expect(out).toContain('www.murmuration.example: allowed');
});

test('an exemption of its own class frees its client in its time', async () => {
  const at = ['--at', '2098-02-01'];
  const exempt = await interdict('explain', 'www.murmuration.example', '--client', '127.8.0.9', ...at);
  expect(exempt.out).toContain('id         exempt:EXM-1:qz-rescript-7/murmuration/murmuration.example');
  const other = await interdict('explain', 'www.murmuration.example', '--client', '127.8.0.10', ...at);
  expect(other.out).toContain('www.murmuration.example: blocked');
});

test('the catalogue lists it', async () => {
  const { out } = await interdict('catalogue', '--jurisdiction', WORDS.jurisdiction);
  expect(out).toContain('rescript of Chancery of Vel (QZ-Vel)');
});

test('without the vocabulary both words are told, with the file that adds them', async () => {
  rmSync(join(folder, 'blocklists/vocabulary.yaml'));
  const { code, out } = await interdict('check');
  expect(code).toBe(1);
  expect(out).toMatch(/qz-rescript-7\.yaml:3:13 error unknown-word: "rescript" .*add it to vocabulary\.yaml/);
  expect(out).toMatch(/qz-rescript-7\.yaml:\d+:\d+ error unknown-word: "chronicling" .*add it to vocabulary\.yaml/);
  expect(out).toMatch(/EXM-1\.yaml:5:8 error unknown-word: there is no class chronicling/);
});
