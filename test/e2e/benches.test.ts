// What the benches are made of: the mix that they ask, what they read of dnsperf, and how results become a page.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseReport } from '../../bench/load/dnsperf.ts';
import { atLeast, atMost, ratios, spreadOf } from '../../bench/load/figures.ts';
import { framed, queryBytes, unframed } from '../../bench/load/messages.ts';
import { BEGIN, END, loadSection, mergeResults, type Recorded, withSection } from '../../bench/load/results.ts';
import { listedNames, makeWorkload } from '../../bench/load/workload.ts';
import { makeZone } from '../../bench/load/zone.ts';

test('what is asked from the cache is half A, and A, AAAA, HTTPS, negative; three positive answers in ten have a chain', () => {
  const zone = makeZone(2000, ['edge.example']);
  const share = (holds: (row: (typeof zone)[number]) => boolean) => zone.filter(holds).length / zone.length;
  expect(share(({ answers, type }) => answers > 0 && type === 'A')).toBe(0.5);
  expect(share(({ answers, type }) => answers > 0 && type === 'AAAA')).toBe(0.2);
  expect(share(({ answers, type }) => answers > 0 && type === 'HTTPS')).toBe(0.15);
  expect(share(({ rcode }) => rcode === 3)).toBe(0.05);
  expect(share(({ authorities }) => authorities === 1)).toBe(0.15);
  const positive = zone.filter(({ answers }) => answers > 0);
  const chains = positive.filter(({ links }) => links.length > 0).length / positive.length;
  expect(chains).toBeGreaterThan(0.27);
  expect(chains).toBeLessThan(0.33);
});

test('half of the questions are for listed names, one in ten sets DO, and all carry an OPT', () => {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-benches-'));
  try {
    const { mixed } = makeWorkload(folder, 2000, 10_000).questions;
    const listed = new Set(listedNames(2000));
    const isListed = (name: string) =>
      listed.has(name) || listed.has(name.slice(name.indexOf('.') + 1)) || name.endsWith('.example');
    expect(mixed.filter(({ name }) => isListed(name)).length / mixed.length).toBe(0.5);
    const withDo = mixed.filter(({ dnssecOk }) => dnssecOk).length / mixed.length;
    expect(Math.abs(withDo - 0.1)).toBeLessThan(0.02);
    expect(mixed.slice(0, 100).every((question) => queryBytes(question)[11] === 1)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('messages behind their lengths are read back', () => {
  const messages = [Uint8Array.of(1, 2, 3), new Uint8Array(300).fill(7), new Uint8Array(0)];
  expect(unframed(framed(messages))).toEqual(messages);
});

const REPORT = `Statistics:

  Queries sent:         20100
  Queries completed:    20000 (99.50%)
  Queries lost:         100 (0.50%)

  Response codes:       NOERROR 9000 (45.00%), NXDOMAIN 11000 (55.00%)
  Average packet size:  request 52, response 110
  Run time (s):         1.000000
  Queries per second:   20000.123000

  Average Latency (s):  0.000512 (min 0.000020, max 0.009113)
`;

test('a report of dnsperf is read in full', () => {
  expect(parseReport(REPORT)).toEqual({
    ...{ completed: 20_000, lost: 100, perSecond: 20_000, averageMs: 0.512, longestMs: 9.113 },
    rcodes: { NOERROR: 0.45, NXDOMAIN: 0.55 },
  });
});

test('a ratio is taken round by round, so that a slow minute slows both', () => {
  expect(ratios([10, 20, 40], [5, 10, 20])).toEqual({ median: 2, min: 2, max: 2 });
  expect(spreadOf([3, 1, 2, 10])).toEqual({ median: 2.5, min: 1, max: 10 });
  expect(atLeast('x', 2, spreadOf([2])).holds).toBe(true);
  expect(atMost('x', 2, spreadOf([2.01])).holds).toBe(false);
});

const MACHINE = {
  ...{ cores: 2, processor: 'CPU', memoryGiB: 24, system: 'Debian', kernel: '6', node: 'v24.0.0', commit: 'abc' },
  ...{ date: '2026-11-24', loadBefore: 0, versions: { unbound: '1.17' } },
};
const recorded = (scenario: string, ratio: number): Recorded => ({
  ...{ scenario, question: `${scenario}?`, how: ['So.'], notes: [], machine: MACHINE, command: 'npm run bench:load' },
  rows: [{ name: 'interdict', cells: { 'q/s': spreadOf([1000, 2000, 3000]) } }],
  judgements: [atLeast('rate / unbound', 2, spreadOf([ratio]))],
});

test('the page shows what was not reached in bold, and a section is replaced, not added again', () => {
  const section = loadSection([recorded('forward', 1.5), recorded('idle', 3)]);
  expect(section).toContain('| rate / unbound | at least 2 × | **1.50** |');
  expect(section).toContain('| rate / unbound | at least 2 × | 3 |');
  expect(section).toContain('| interdict | 2,000 (1,000–3,000) |');
  const page = withSection('# Results\n\nOther figures.\n', section);
  expect(withSection(page, section)).toBe(page);
  const again = withSection(`${page}\nBehind it.\n`, 'new');
  expect(again).toBe(`# Results\n\nOther figures.\n\n${BEGIN}\nnew\n${END}\n\nBehind it.\n`);
});

test('a scenario that is measured again takes the place of its earlier result', () => {
  const merged = mergeResults([recorded('a', 1), recorded('b', 1)], [recorded('a', 2)]);
  expect(merged.map(({ scenario, judgements }) => [scenario, judgements[0].measured.median])).toEqual([
    ['b', 1],
    ['a', 2],
  ]);
});
