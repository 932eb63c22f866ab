import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultLog } from '../../src/observe/fault-log.ts';

let folder: string;
let file: string;
let logged: string[];
let nowMs: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-faults-'));
  file = join(folder, 'faults.ndjson');
  logged = [];
  nowMs = Date.parse('2026-11-24T12:00:00Z');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const newLog = () =>
  new FaultLog({
    file,
    nowMs: () => nowMs,
    log: (error, message) => logged.push(`${(error as Error).message}: ${message}`),
  });

const sample = new TextEncoder().encode('\x03www\x06secret\x07example\x00');

test('the log names the error and where the sample is, and holds nothing of the packet', async () => {
  const faults = newLog();
  faults.report({ error: new RangeError('out of range'), sample });
  await faults.settled();
  expect(logged).toEqual([`out of range: a packet made us throw; please report it, with its sample in ${file}`]);
  const line = JSON.parse(readFileSync(file, 'utf8'));
  expect(line).toMatchObject({ time: '2026-11-24T12:00:00.000Z', packet: Buffer.from(sample).toString('hex') });
  expect(line.error).toContain('RangeError: out of range\n    at ');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('of a long packet the first 512 bytes are kept', async () => {
  const faults = newLog();
  const long = Uint8Array.from({ length: 513 }, (_, i) => i);
  faults.report({ error: new Error('long'), sample: long });
  await faults.settled();
  expect(JSON.parse(readFileSync(file, 'utf8')).packet).toBe(Buffer.from(long.subarray(0, 512)).toString('hex'));
});

test('a packet that is sent a thousand times makes ten lines a minute and a file of 64 KiB at most', async () => {
  const faults = newLog();
  for (let i = 0; i < 1000; i++) {
    faults.report({ error: new Error('again'), sample: new Uint8Array(512) });
    if (i % 10 === 0) await faults.settled();
  }
  await faults.settled();
  expect(logged).toHaveLength(10);
  expect(statSync(file).size).toBeLessThanOrEqual(65_536);
  expect(statSync(file).size).toBeGreaterThan(60_000);
  nowMs += 60_000;
  faults.report({ error: new Error('again'), sample });
  expect(logged).toHaveLength(11);
  await faults.settled();
});

test('a link in the place of the file is not followed', async () => {
  const target = join(folder, 'target');
  writeFileSync(target, '');
  symlinkSync(target, file);
  const faults = newLog();
  faults.report({ error: new Error('x'), sample });
  await faults.settled();
  expect(readFileSync(target, 'utf8')).toBe('');
  expect(logged[1]).toContain('could not be written');
});
