import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RETENTION } from '../../src/config/retention.ts';
import { Retention } from '../../src/observe/retention.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-11-24T12:00:00Z');
let folder: string;
let wallMs: number;
let monotonicMs: number;
let logged: string[];
let destroyed: string[];
let years: number[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-retention-'));
  for (const name of ['events', 'keys']) mkdirSync(join(folder, name));
  wallMs = NOON;
  monotonicMs = 5_000;
  logged = [];
  destroyed = [];
  years = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function newRetention(): Retention {
  return new Retention({
    events: join(folder, 'events'),
    keys: join(folder, 'keys'),
    faults: join(folder, 'faults.ndjson'),
    kept: RETENTION.default,
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    onKeyDestroyed: (day) => destroyed.push(day),
    removeYears: async (isDue) => years.filter(isDue).map((year) => `${year}.ndjson`),
    sweepSources: async () => 0,
    log: (level, message) => logged.push(`${level} ${message}`),
  });
}

function day(ago: number): string {
  return new Date(NOON - ago * DAY).toISOString().slice(0, 10);
}

function write(...ago: number[]): void {
  for (const one of ago) {
    writeFileSync(join(folder, 'events', `${day(one)}.ndjson`), 'line\n');
    writeFileSync(join(folder, 'keys', `${day(one)}.key`), new Uint8Array(16).fill(0xab));
  }
}

function left(): { events: string[]; keys: string[] } {
  const list = (name: string) => readdirSync(join(folder, name)).map((file) => file.slice(0, 10));
  return { events: list('events'), keys: list('keys') };
}

/** As the instance's timer: a look every ten minutes. */
async function pass(retention: Retention, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 600_000) {
    wallMs += 600_000;
    monotonicMs += 600_000;
    await retention.sweep();
  }
}

test('a day file goes when its first line can be 30 days old, a key when its first pseudonym can be 7', async () => {
  write(31, 30, 29, 8, 7, 6, 0);
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR);
  expect(left()).toEqual({
    events: [29, 8, 7, 6, 0].map(day),
    keys: [6, 0].map(day),
  });
  expect(destroyed).toEqual([31, 30, 29, 8, 7].map(day));
  await pass(retention, 11 * HOUR);
  expect(left().keys).toEqual([day(0)]);
});

test('nothing is removed in the first hour: the clock may be wrong at a start', async () => {
  write(400);
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR - 600_000);
  expect(left()).toEqual({ events: [day(400)], keys: [day(400)] });
  await pass(retention, 600_000);
  expect(left()).toEqual({ events: [], keys: [] });
});

test('a clock that steps a month ahead and back within the hour removes nothing, and the log says what it would have', async () => {
  write(6, 1, 0);
  const retention = newRetention();
  await pass(retention, 2 * HOUR);
  wallMs += 31 * DAY;
  await pass(retention, HOUR - 600_000);
  expect(left().keys).toHaveLength(3);
  expect(logged).toEqual([
    'warn the clock went ahead by 31 days; by it 3 event files and 3 pseudonym keys end, and nothing is removed until it has held for 1 hour: if it is wrong, set it now',
  ]);
  wallMs -= 31 * DAY;
  await pass(retention, 2 * HOUR);
  expect(left().events).toHaveLength(3);
  expect(logged[1]).toMatch(/^warn the clock went back by 31 days; nothing ends by it/);
});

test('a new date that has held for an hour is believed', async () => {
  write(6, 0);
  const retention = newRetention();
  await pass(retention, 2 * HOUR);
  wallMs += 31 * DAY;
  await pass(retention, HOUR + 600_000);
  expect(left()).toEqual({ events: [], keys: [] });
});

test('slewing and leap seconds are no step', async () => {
  write(8);
  const retention = newRetention();
  await retention.sweep();
  for (let i = 0; i < 6; i++) {
    wallMs += 2_000;
    await pass(retention, 600_000);
  }
  expect(left().keys).toEqual([]);
});

test('a destroyed key is overwritten before it is unlinked: another link to its file holds zeros', async () => {
  write(8);
  linkSync(join(folder, 'keys', `${day(8)}.key`), join(folder, 'link'));
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR);
  expect(existsSync(join(folder, 'keys', `${day(8)}.key`))).toBe(false);
  expect([...readFileSync(join(folder, 'link'))]).toEqual(new Array(16).fill(0));
});

test('files from while the clock stood ahead are kept until their date, and told of once', async () => {
  write(-31);
  const retention = newRetention();
  await pass(retention, 2 * HOUR);
  expect(left().events).toEqual([day(-31)]);
  expect(logged).toHaveLength(2);
  expect(logged[0]).toMatch(/^warn event file .*2026-12-25.ndjson is dated later than today/);
});

test('samples of faults go with the events of the day of the oldest one', async () => {
  const faults = join(folder, 'faults.ndjson');
  writeFileSync(
    faults,
    `{"time":"${day(30)}T11:00:00.000Z","error":"x","packet":"00"}\n{"time":"${day(1)}T11:00:00.000Z"}\n`,
  );
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR);
  expect(existsSync(faults)).toBe(false);
});

test('what else lies in the folders is left alone', async () => {
  writeFileSync(join(folder, 'events', 'notes.txt'), '');
  writeFileSync(join(folder, 'events', '2026-02-30.ndjson'), '');
  mkdirSync(join(folder, 'keys', '2020-01-01'));
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR);
  expect(readdirSync(join(folder, 'events'))).toHaveLength(2);
  expect(readdirSync(join(folder, 'keys'))).toHaveLength(1);
});

test('a file that cannot be removed is told of once and keeps nobody else', async () => {
  mkdirSync(join(folder, 'events', `${day(40)}.ndjson`));
  write(39);
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, 2 * HOUR);
  expect(left().events).toEqual([day(40)]);
  expect(logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
});

test('a year of the journal goes when its last day has been kept for seven years', async () => {
  years = [2017, 2018, 2019, 2020];
  const retention = newRetention();
  await retention.sweep();
  await pass(retention, HOUR);
  expect(logged).toEqual(['info journal of 2017.ndjson, 2018.ndjson removed: kept long enough']);
});
