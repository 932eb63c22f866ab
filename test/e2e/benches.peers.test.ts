// The benches of the whole program, run small, so that they cannot rot. Times are printed by them, never judged here.

import { expect, test } from 'vitest';
import { measureKills } from '../../bench/kill-worker.ts';
import type { Spread } from '../../bench/load/figures.ts';
import { readOptions } from '../../bench/load/options.ts';
import { terminalText } from '../../bench/load/table.ts';
import { runScenario } from '../../bench/load.ts';
import { measureMicro } from '../../bench/micro.ts';
import { madeHosts, measureMillion } from '../../bench/million.ts';
import { missingPeers } from '../peers/peer.ts';

test('bench/million.ts reads, serves, opens and locates a list of its own', async () => {
  const figures = await measureMillion([madeHosts(5_000, 1), madeHosts(5_000, 2)], lastNameOf(madeHosts(5_000, 1)));
  expect(figures.names).toBe(5_000);
  expect(figures.bytesPerName).toBeGreaterThan(20);
  expect(figures.servedMs.every((ms) => ms > 0)).toBe(true);
  expect(figures.peakMegabytes).toBeGreaterThan(20);
  expect(figures.place).toBe('blocklists/lists/bulk.hosts:5000');
});

function lastNameOf(lines: Iterable<string>): string {
  return [...lines].at(-1)?.split(' ')[1] ?? '';
}

test('bench/micro.ts does the work of every step that it times', () => {
  const figures = measureMicro(2000, 2000);
  expect(figures.length).toBeGreaterThan(10);
  for (const { name, checksum, nanoseconds } of figures) {
    expect(checksum, name).not.toBe(0);
    expect(nanoseconds.median, name).toBeGreaterThan(0);
  }
});

test('bench/kill-worker.ts kills a worker under load, and every client is answered again', async () => {
  const { asked, waitsMs, workers, restarts, sockets } = await measureKills(1, 0.1);
  expect(asked).toBeGreaterThan(64);
  expect(waitsMs.min).toBeGreaterThan(0);
  expect([workers, restarts]).toEqual([2, 1]);
  expect(sockets[1]).toBeLessThanOrEqual(sockets[0]);
});

const missing = missingPeers('dnsperf');

test.skipIf(missing !== undefined)('bench:load measures ourselves and a peer that is there in one run', async () => {
  const peer = ['unbound', 'pdns_recursor', 'named'].find((program) => missingPeers(program) === undefined);
  const name = { unbound: 'unbound', pdns_recursor: 'recursor', named: 'bind' }[peer ?? ''] ?? 'none';
  const { options } = readOptions(['--seconds', '1', '--runs', '1', '--names', '2000', '--peers', name]);
  const result = await runScenario('all-features', options);
  if (result === undefined) throw new Error('no result');
  expect(result.rows.map((row) => row.name)).toEqual(name === 'none' ? ['interdict'] : ['interdict', name]);
  expect(result.notes.filter((note) => note.includes('is left out'))).toEqual([]);
  for (const { cells } of result.rows) {
    const median = (column: string) => (cells[column] as Spread).median;
    expect(median('CPU µs/query')).toBeGreaterThan(0);
    expect(median('RSS MB')).toBeGreaterThan(1);
    // Half of the questions are blocked, and one in forty is for a name that does not exist.
    expect(median('refused %')).toBeGreaterThan(48);
    expect(median('refused %')).toBeLessThan(57);
  }
  expect(terminalText(result)).toContain('answers/CPU s');
});
