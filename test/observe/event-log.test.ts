import { createDecipheriv } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/addresses.ts';
import { parseName } from '../../src/base/names.ts';
import { EventLog } from '../../src/observe/event-log.ts';
import { Pseudonyms, pseudonymOf } from '../../src/observe/pseudonym.ts';
import type { DecisionEvent } from '../../src/policy/decide/decision.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
let folder: string;
let errors: string[];
let nowMs: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-events-'));
  errors = [];
  nowMs = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = (fill: number) => new Uint8Array(16).fill(fill);

function newLog(maxPerSecond: number, events = folder): EventLog {
  const pseudonyms = new Pseudonyms(folder, () => key(7));
  return new EventLog({
    folder: events,
    maxPerSecond,
    pseudonyms,
    nowMs: () => nowMs,
    today: () => '2026-11-24',
    onError: (message) => errors.push(message),
  });
}

function event(wallMs: number, client = '10.1.2.3'): DecisionEvent {
  return {
    wallMs,
    monotonicSeconds: 1,
    generation: 3,
    door: 'dns',
    action: 'blocked',
    id: 'uk-cabinet-office-2023-03-16/tiktok/tiktok.com',
    segment: 'devices',
    directive: 'uk-cabinet-office-2023-03-16',
    app: 'tiktok',
    role: 'web',
    client: parseAddress(client) as Uint8Array,
    qname: parseName('www.tiktok.com') as Uint8Array,
    qtype: 65,
    transport: 'udp',
  };
}

function lines(day: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, `${day}.ndjson`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a decision is one line that names everything but the client', async () => {
  const log = newLog(1000);
  log.push(event(NOON));
  await log.close();
  const [line] = lines('2026-11-24');
  expect(line).toEqual({
    time: '2026-11-24T12:00:00.000Z',
    door: 'dns',
    action: 'blocked',
    id: 'uk-cabinet-office-2023-03-16/tiktok/tiktok.com',
    segment: 'devices',
    directive: 'uk-cabinet-office-2023-03-16',
    app: 'tiktok',
    role: 'web',
    client: pseudonymOf(key(7))(parseAddress('10.1.2.3') as Uint8Array),
    qname: 'www.tiktok.com',
    qtype: 'HTTPS',
    transport: 'udp',
    generation: 3,
  });
  expect(JSON.stringify(line)).not.toContain('10.1.2.3');
  expect(statSync(join(folder, '2026-11-24.ndjson')).mode & 0o777).toBe(0o640);
});

/** As the pump does: what there is no room for passes by. */
function offer(log: EventLog, wallMs: number): void {
  if (log.room() < 1) log.missed(1);
  else log.push(event(wallMs));
}

test('a burst above the set rate is thinned, and lines written plus lost are all there were', async () => {
  const log = newLog(100);
  const sent = 5_000;
  for (let i = 0; i < sent; i++) {
    nowMs = i * 0.4; // 2,500 a second for 2 s
    offer(log, NOON + nowMs);
  }
  nowMs = 10_000;
  offer(log, NOON + nowMs);
  await log.close();
  const written = lines('2026-11-24');
  const told = written.reduce((sum, line) => sum + ((line.lost as number | undefined) ?? 0), 0);
  expect(written.length).toBeGreaterThanOrEqual(300);
  expect(written.length).toBeLessThanOrEqual(302);
  expect(log.dropped).toBe(sent + 1 - written.length);
  expect(told).toBe(log.dropped);
});

test('a wall clock that is set back does not change how many lines are written', () => {
  const log = newLog(10);
  for (let i = 0; i < 100; i++) offer(log, NOON - i * 3_600_000);
  expect(log.dropped).toBe(90);
});

test('a queue that nobody empties is bounded and its losses are counted', async () => {
  const log = newLog(1_000_000);
  for (let i = 0; i < 12_000; i++) {
    nowMs += 10;
    offer(log, NOON + i * 10);
  }
  expect(log.dropped).toBe(2_000);
  await log.close();
  expect(lines('2026-11-24')).toHaveLength(10_000);
});

test('events that the disk refuses are counted as lost, and told with the next line', async () => {
  const gone = join(folder, 'gone');
  const log = newLog(1000, gone);
  log.push(event(NOON));
  log.push(event(NOON));
  await log.flush();
  expect(log.dropped).toBe(2);
  expect(errors).toHaveLength(1);
  await log.close();
});

test('a day ends at midnight UTC: another file, another key', async () => {
  const before = Date.parse('2026-11-24T23:59:59.999Z');
  let made = 0;
  const pseudonyms = new Pseudonyms(folder, () => key(++made));
  const log = new EventLog({
    folder,
    maxPerSecond: 1000,
    pseudonyms,
    nowMs: () => nowMs,
    today: () => '2026-11-24',
    onError: (message) => errors.push(message),
  });
  log.push(event(before));
  log.push(event(before + 1));
  await log.close();
  expect(readdirSync(folder).sort()).toEqual([
    '2026-11-24.key',
    '2026-11-24.ndjson',
    '2026-11-25.key',
    '2026-11-25.ndjson',
  ]);
  expect(lines('2026-11-24')[0].client).not.toBe(lines('2026-11-25')[0].client);
});

test('a restart goes on with the key of the day, which only its owner may read', async () => {
  const first = await new Pseudonyms(folder, () => key(1)).ofDay('2026-11-24');
  const second = await new Pseudonyms(folder, () => key(2)).ofDay('2026-11-24');
  const client = parseAddress('2001:db8::1') as Uint8Array;
  expect(second(client)).toBe(first(client));
  expect(statSync(join(folder, '2026-11-24.key')).mode & 0o777).toBe(0o600);
});

test('a pseudonym is the address through one AES block: with the key it can be undone, and calls do not depend on each other', () => {
  const pseudonym = pseudonymOf(key(9));
  const client = parseAddress('192.0.2.1') as Uint8Array;
  const once = pseudonym(client);
  pseudonym(parseAddress('192.0.2.2') as Uint8Array);
  expect(pseudonym(client)).toBe(once);
  const back = createDecipheriv('aes-128-ecb', key(9), null).setAutoPadding(false).update(Buffer.from(once, 'hex'));
  expect([...back]).toEqual([...client]);
});

test('a disk that goes on failing is told of once', async () => {
  const log = newLog(1000, join(folder, 'gone'));
  for (let i = 0; i < 3; i++) {
    log.push(event(NOON));
    await log.flush();
  }
  expect([log.dropped, errors.length]).toEqual([3, 1]);
});

test('a day on which nothing matched has an empty file, a day without the program has none', async () => {
  const log = newLog(1000);
  log.attend('2026-11-24');
  log.attend('2026-11-24');
  log.push(event(NOON + 2 * 86_400_000));
  await log.close();
  expect(readFileSync(join(folder, '2026-11-24.ndjson'), 'utf8')).toBe('');
  expect(readdirSync(folder).filter((name) => name.endsWith('.ndjson'))).toEqual([
    '2026-11-24.ndjson',
    '2026-11-26.ndjson',
  ]);
});

test('a key that cannot be read is not made anew: events are lost, earlier pseudonyms are not', async () => {
  const path = join(folder, '2026-11-24.key');
  mkdirSync(path);
  const log = newLog(1000);
  log.push(event(NOON));
  await log.close();
  expect([log.dropped, errors.length]).toEqual([1, 1]);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('a forgotten day takes its key from the disk again, where there is none any more', async () => {
  let made = 0;
  const pseudonyms = new Pseudonyms(folder, () => key(++made));
  const client = parseAddress('10.1.2.3') as Uint8Array;
  const before = (await pseudonyms.ofDay('2026-11-24'))(client);
  rmSync(join(folder, '2026-11-24.key'));
  pseudonyms.forget('2026-11-23');
  expect((await pseudonyms.ofDay('2026-11-24'))(client)).toBe(before);
  pseudonyms.forget('2026-11-24');
  expect((await pseudonyms.ofDay('2026-11-24'))(client)).not.toBe(before);
});
