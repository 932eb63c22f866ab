import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from '../../../src/control/journal/journal.ts';
import { removeYears } from '../../../src/control/journal/remove-years.ts';
import { verifyJournal } from '../../../src/control/journal/verify-journal.ts';
import { SteppedClock } from '../stepped-clock.ts';

let folder: string;
let journal: Journal;
let clock: SteppedClock;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-years-'));
  clock = new SteppedClock(Date.parse('2019-06-01T00:00:00Z'));
  journal = new Journal({ folder, clock, monotonicMs: () => clock.now(), log: () => {} });
  for (let year = 2019; year <= 2022; year++) {
    clock.set(Date.parse(`${year}-06-01T00:00:00Z`));
    for (const version of ['1', '2']) await journal.write({ kind: 'start', version });
  }
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

const files = () => readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
const remove = (before: number) =>
  removeYears(
    folder,
    (year) => year < before,
    (entry) => journal.write(entry),
  );

test('old years go, a line says so, and what is left verifies', async () => {
  expect(await remove(2021)).toEqual(['2019.ndjson', '2020.ndjson']);
  expect(files()).toEqual(['2021.ndjson', '2022.ndjson']);
  expect(await verifyJournal(folder)).toMatchObject({
    lines: 5,
    faults: [],
    notes: ['lines 1 to 4 were removed for their age'],
  });
});

test('years taken away by hand are missing', async () => {
  rmSync(join(folder, '2019.ndjson'));
  expect((await verifyJournal(folder)).faults).toEqual(['lines 1 to 2 are missing']);
});

test('the year that is written to stays, however old it is', async () => {
  await remove(9999);
  expect(files()).toEqual(['2022.ndjson']);
  expect(await remove(9999)).toEqual([]);
});

test('without the line nothing goes: a disk that takes none', async () => {
  const refusing = () => Promise.reject(new Error('no space left on device'));
  await expect(removeYears(folder, () => true, refusing)).rejects.toThrow('no space');
  expect(files()).toHaveLength(4);
});
