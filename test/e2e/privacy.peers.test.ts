// What a run leaves behind: over eight days on one state folder, in default settings, no file, log line or figure holds a client's address
// or a name that was allowed; and after seven days nobody can tell any more whose request it was. The wall clock of the instance stands on
// another day each time; the last 31 days pass for the remover alone.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/addresses.ts';
import { RETENTION } from '../../src/config/retention.ts';
import { Retention } from '../../src/observe/retention.ts';
import { query } from '../dns/answer/wire.ts';
import { askTcp, DnsClient } from '../peers/dns-client.ts';
import { type EventLine, onOtherDay, type RunningInstance, runCli, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const SEGMENTS = `segments:
  - { id: office, kind: corporate, jurisdiction: ZZ, clients: [127.83.0.0/17], enforce: [order] }
  - { id: trial, kind: corporate, jurisdiction: ZZ, clients: [127.83.128.0/18], enforce: [{ directive: order, mode: monitor }] }
  - { id: guests, kind: guest, jurisdiction: ZZ, clients: [127.83.192.0/18] }
`;
const EXEMPTION = `segment: office
clients: [127.83.19.16/28]
under: [order]
apps: [app]
class: operational
requested_by: staff 17
approved_by: Security Officer
approved_on: 2026-01-10
ticket: SEC-1
justification: Case reference in SEC-1
mitigations: [stand-alone device]
from: 2026-02-01
until: 2027-01-31
`;

const CLIENTS = {
  office: '127.83.45.213',
  trial: '127.83.171.99',
  guest: '127.83.222.187',
  exempt: '127.83.19.23',
  stranger: '127.99.173.201',
};
/** Labels that stand in no file: what is asked for below them is allowed, or fails. */
const ALLOWED = [
  'secret-clinic',
  'union-meeting',
  'gone-quietly',
  'broken-upstream',
  'over-tcp',
  'strangers-own',
  'cut-short',
];

let upstream: StubUpstream;
let folder = '';
/** Everything that any of the runs wrote, also what was removed later. */
const written: { readonly where: string; readonly bytes: Buffer }[] = [];
const events: EventLine[] = [];

beforeAll(async () => {
  upstream = await startStubUpstream((question) => {
    if (question.startsWith('gone-quietly')) return { rcode: 3 };
    return question.startsWith('broken-upstream') ? { rcode: 2 } : undefined;
  });
  folder = writeFiles({
    ...smallDepartment({
      upstreamPort: upstream.port,
      rules: ['domain: app.example'],
      segments: SEGMENTS,
      settings: ['exemptions: { folder: exemptions, timezone: UTC }'],
    }),
    'config/exemptions/EXM-1.yaml': EXEMPTION,
  });
});
afterAll(() => upstream?.close());

/** Queries of every fate, from every network. */
async function askAll(port: number): Promise<void> {
  const ask = async (from: string, ...names: string[]) => {
    const client = await DnsClient.udp(port, from);
    for (const name of names) expect(await client.ask(query(name, 'A', { opt: 1232 })), name).toBeDefined();
    await client.close();
  };
  const allowed = ['secret-clinic.example.org', 'secret-clinic.example.org', 'gone-quietly.example.org'];
  await ask(CLIENTS.office, 'www.app.example', ...allowed, 'broken-upstream.example.org');
  await ask(CLIENTS.trial, 'www.app.example', 'union-meeting.example.org');
  await ask(CLIENTS.guest, 'www.app.example', 'UNION-meeting.example.org');
  await ask(CLIENTS.exempt, 'www.app.example', 'secret-clinic.example.org');
  await ask(CLIENTS.stranger, 'strangers-own.example.org');
  await askTcp(port, query('over-tcp.example.org', 'HTTPS'), CLIENTS.office);
  const client = await DnsClient.udp(port, CLIENTS.office);
  client.send(query('cut-short.example.org', 'A').subarray(0, 30));
  await client.close();
}

function keepState(when: string): void {
  const state = join(folder, 'state');
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    written.push({ where: `${path} ${when}`, bytes: readFileSync(path) });
  }
}

async function runOn(daysAhead: number, during?: (instance: RunningInstance) => Promise<void>): Promise<void> {
  const instance = await startInstance(folder, [], { env: onOtherDay(daysAhead) });
  try {
    await askAll(instance.dnsPort);
    written.push({ where: `metrics of day ${daysAhead}`, bytes: Buffer.from(await instance.scrape()) });
    await instance.reload();
    await askAll(instance.dnsPort);
    await expect.poll(() => instance.events().length, { timeout: 5_000 }).toBeGreaterThan(events.length + 5);
    events.splice(0, events.length, ...instance.events());
    keepState(`on day ${daysAhead}`);
    await during?.(instance);
  } finally {
    await instance.stop();
  }
  keepState(`after day ${daysAhead}`);
  written.push({ where: `log of day ${daysAhead}`, bytes: Buffer.from(instance.output()) });
}

const identify = (reference: string, daysAhead: number, by = 'A. Auditor', confirmedBy = 'B. Officer') =>
  runCli(
    [
      ...['identify', reference, '--case', 'CASE-7', '--by', by, '--confirmed-by', confirmedBy],
      ...['--config', join(folder, 'config/interdict.yaml')],
    ],
    folder,
    onOtherDay(daysAhead),
  );

/** 4 and 16 bytes in both orders; as text, reversed as in PTR names, as bytes that were taken for characters, as one number and as four. */
function formsOf(address: string): Buffer[] {
  const sixteen = Buffer.from(parseAddress(address) as Uint8Array);
  const four = sixteen.subarray(12);
  const raw = [four, sixteen].flatMap((bytes) => [bytes, Buffer.from(bytes).reverse()]);
  const characters = raw.map((bytes) => JSON.stringify(bytes.toString('latin1')).slice(1, -1));
  const encoded = raw.flatMap((bytes) => [bytes.toString('hex'), bytes.toString('base64').replaceAll('=', '')]);
  const numbers = [[...four].join(), [...four].join(', '), `${four.readUInt32BE()}`];
  const texts = [address, address.split('.').reverse().join('.'), ...characters, ...encoded, ...numbers];
  return [...raw, ...texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')])];
}

/** What the bytes may be once unpacked, and in lower case. */
function readings(bytes: Buffer): Buffer[] {
  const unpacked = [gunzipSync, inflateSync, brotliDecompressSync, zstdDecompressSync].flatMap((unpack) => {
    try {
      return [unpack(bytes)];
    } catch {
      return [];
    }
  });
  return [bytes, ...unpacked].flatMap((one) => [one, Buffer.from(one.toString('latin1').toLowerCase(), 'latin1')]);
}

/** Where any of them stands. */
function findAll(needles: readonly Buffer[]): string[] {
  return written
    .filter(({ bytes }) => readings(bytes).some((one) => needles.some((needle) => one.includes(needle))))
    .map(({ where }) => where);
}

test('the run: three days within eight, of which the last removes nothing that is not due', async () => {
  await runOn(0, async () => {
    const event = events.find(({ segment, action }) => segment === 'office' && action === 'blocked') as EventLine;
    const found = await identify(`${event.time}/${event.client}`, 0);
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toContain(` was ${CLIENTS.office}\n`);
    keepState('after identify');
  });
  await runOn(1);
  await runOn(7, async () => {
    const [event] = events;
    const found = await identify(`${event.time}/${event.client}`, 7);
    expect(found).toMatchObject({ code: 1, stdout: '' });
    expect(found.stderr).toMatch(/^the key of \S+ is destroyed \(keys are kept for 7 days\): nobody can tell any more/);
  });
  const days = new Set(events.map(({ time }) => time.slice(0, 10)));
  expect([...days]).toHaveLength(3);
  expect(new Set(events.map(({ action }) => action))).toEqual(new Set(['blocked', 'monitored', 'exempt']));
});

test('one person alone gets no answer', async () => {
  const [event] = events;
  for (const other of ['A. Auditor', ' a.  auditor ']) {
    const refused = await identify(`${event.time}/${event.client}`, 0, 'A. Auditor', other);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('are one person');
  }
});

test('readiness and privacy, a week later, tell of this run and of nobody in it', async () => {
  const config = ['--config', join(folder, 'config/interdict.yaml'), '--json'];
  const readiness = await runCli(['readiness', 'order', '--segment', 'trial', ...config], folder, onOtherDay(7));
  const monitored = events.filter(({ action }) => action === 'monitored').length;
  expect(monitored).toBeGreaterThan(0);
  expect(JSON.parse(readiness.stdout)).toMatchObject({
    observed: [...new Set(events.map(({ time }) => time.slice(0, 10)))],
    wouldBlock: [{ app: 'app', role: 'web', requests: monitored, days: 3, clients: null }],
    unseen: [{ name: 'www.app.example', requests: monitored }],
  });
  const privacy = await runCli(['privacy', ...config], folder, onOtherDay(7));
  const stored: { id: string; now: { files: number; due: number } }[] = JSON.parse(privacy.stdout).stored;
  const now = (id: string) => stored.find((row) => row.id === id)?.now;
  expect(now('events')).toMatchObject({ files: 3, due: 0 });
  expect(now('keys')).toMatchObject({ files: 3, due: 1 });
  expect(now('journal')?.files).toBeGreaterThan(0);
  expect(stored.map(({ id }) => id)).not.toContain('other');
  written.push(...[readiness, privacy].map(({ stdout }) => ({ where: 'verb', bytes: Buffer.from(stdout) })));
});

test('no file, log line or figure holds the address of a client, in no form', () => {
  expect(written.length).toBeGreaterThan(30);
  for (const [name, address] of Object.entries(CLIENTS)) expect(findAll(formsOf(address)), name).toEqual([]);
});

test('nor an allowed name', () => {
  for (const label of ALLOWED) {
    const needles = [label, [...label].reverse().join('')].flatMap((text) => [
      Buffer.from(text),
      Buffer.from(text, 'utf16le'),
      Buffer.from(Buffer.from(text).toString('hex')),
    ]);
    expect(findAll(needles), label).toEqual([]);
  }
});

test('the search finds what it looks for: in bytes, in text, in what is packed', () => {
  expect(findAll([Buffer.from('www.app.example')]).join()).toContain('/events/');
  expect(findAll([Buffer.from(events[0].client)]).join()).toContain('/events/');
  expect(findAll([Buffer.from('127.83.19.16/28')]).join()).toContain('/last-good/model.json');
  const needles = formsOf(CLIENTS.office);
  for (const form of needles) {
    const planted = Buffer.concat([Buffer.from('before'), form, Buffer.from('behind')]);
    for (const bytes of [planted, gzipSync(planted), zstdCompressSync(planted)])
      expect(readings(bytes).some((one) => one.includes(form))).toBe(true);
  }
});

test('31 days on no key and no event of these days is left', async () => {
  const state = join(folder, 'state');
  let wallMs = Date.now() + 7 * DAY_MS;
  let monotonicMs = 0;
  const retention = new Retention({
    events: join(state, 'events'),
    keys: join(state, 'keys'),
    faults: join(state, 'faults.ndjson'),
    kept: RETENTION.default,
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    onKeyDestroyed: () => {},
    removeYears: async () => [],
    sweepSources: async () => 0,
    log: () => {},
  });
  const left = (name: string) => readdirSync(join(state, name)).length;
  const counts: string[] = [];
  for (let hour = 0; hour <= 31 * 24; hour++) {
    await retention.sweep();
    if (hour === 1 || hour === 7 * 24) counts.push(`${left('keys')} keys, ${left('events')} event files`);
    wallMs += HOUR_MS;
    monotonicMs += HOUR_MS;
  }
  expect(counts).toEqual(['2 keys, 3 event files', '0 keys, 3 event files']);
  expect([left('keys'), left('events')]).toEqual([0, 0]);
  expect(existsSync(join(state, 'last-good/snapshot.bin'))).toBe(true);
});
