import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JournalLine } from '../../../src/control/journal/chain.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { JournalEntry } from '../../../src/control/journal/journal-entry.ts';
import { readJournal } from '../../../src/control/journal/journal-files.ts';
import { verifyJournal } from '../../../src/control/journal/verify-journal.ts';
import { SteppedClock } from '../stepped-clock.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const FILE = '2026.ndjson';

let state: string;
let folder: string;
let clock: SteppedClock;
/** By how much the wall clock was set. */
let setByMs: number;
let journal: Journal;
let logged: string[];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'interdict-journal-'));
  folder = join(state, 'journal');
  clock = new SteppedClock(START);
  setByMs = 0;
  logged = [];
  journal = open();
});
afterEach(async () => {
  await journal.close();
  rmSync(state, { recursive: true, force: true });
});

function open(): Journal {
  return new Journal({
    folder,
    clock,
    monotonicMs: () => clock.now() - setByMs,
    log: (level, message) => logged.push(`${level} ${message}`),
  });
}

function set(wall: number): void {
  setByMs += wall - clock.now();
  clock.set(wall);
}

const start = (version: string): JournalEntry => ({ kind: 'start', version });

/** Lines 1 to 5, a minute apart. */
async function writeFive(): Promise<void> {
  for (const version of ['1', '2', '3', '4', '5']) {
    await journal.write(start(version));
    await clock.step(60_000);
  }
}

async function lines(): Promise<JournalLine[]> {
  const found: JournalLine[] = [];
  for await (const line of readJournal(folder)) found.push(line);
  return found;
}

const kinds = async () => (await lines()).map(({ entry }) => entry.kind);
const text = () => readFileSync(join(folder, FILE), 'utf8').split('\n').slice(0, -1);
const rewrite = (edit: (lines: string[]) => string[]) =>
  writeFileSync(
    join(folder, FILE),
    edit(text())
      .map((line) => `${line}\n`)
      .join(''),
  );

describe('what was written', () => {
  test('verifies, numbered from 1, over the turn of a year and a restart', async () => {
    await writeFive();
    await journal.close();
    await clock.step(366 * 86_400_000);
    journal = open();
    await journal.write(start('6'));
    expect(readdirSync(folder)).toEqual([FILE, '2027.ndjson', 'head']);
    expect((await lines()).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await verifyJournal(folder)).toMatchObject({ lines: 6, faults: [], notes: [], last: { n: 6 } });
  });

  test('has the hash that was logged, and no other', async () => {
    await writeFive();
    const [, hash] = /line 3: ([0-9a-f]{64})/.exec(logged.join('\n')) ?? [];
    expect((await verifyJournal(folder, hash)).faults).toEqual([]);
    expect((await verifyJournal(folder, 'ff'.repeat(32))).faults).toHaveLength(1);
  });
});

describe('verify finds', () => {
  const swap = (a: number) => (all: string[]) => [...all.slice(0, a), all[a + 1], all[a], ...all.slice(a + 2)];
  const change = (i: number) => (all: string[]) =>
    all.map((line, at) => (at === i ? line.replace('"start"', '"stop"') : line));
  const drop = (i: number) => (all: string[]) => all.filter((_, at) => at !== i);

  test.each<[string, (all: string[]) => string[], RegExp]>([
    ['a changed first line', change(0), /2026.ndjson:1 is not the line that was written/],
    ['a changed line', change(2), /2026.ndjson:3 is not the line that was written/],
    ['a changed last line', change(4), /2026.ndjson:5 is not the last line that was written/],
    ['a deleted first line', drop(0), /lines 1 to 1 are missing/],
    ['a deleted line', drop(2), /line 3 is missing/],
    ['a deleted last line', drop(4), /the last line is 4, and line 5 was written/],
    ['two swapped lines', swap(1), /stands behind line 3: swapped/],
    ['the last two lines swapped', swap(3), /stands behind line 5: swapped/],
    ['all lines gone', () => [], /line 5 was written/],
    ['a line that is none', (all) => all.with(2, 'nothing'), /2026.ndjson:3 7 bytes are no line/],
    ['a copied line', (all) => [...all, all[4]], /has number 5 and stands behind line 5/],
  ])('%s', async (_, edit, fault) => {
    await writeFive();
    expect((await verifyJournal(folder)).faults).toEqual([]);
    rewrite(edit);
    expect((await verifyJournal(folder)).faults.join('\n')).toMatch(fault);
  });

  test('a removed head', async () => {
    await writeFive();
    rmSync(join(folder, 'head'));
    expect((await verifyJournal(folder)).faults).toEqual(['the file head is missing, which knows the last line']);
  });

  test('lines cut off before a restart, also after it', async () => {
    await writeFive();
    rewrite((all) => all.slice(0, 3));
    journal = open();
    await journal.write(start('6'));
    expect(await kinds()).toEqual(['start', 'start', 'start', 'missing', 'start']);
    expect((await verifyJournal(folder)).faults).toEqual([
      '2026.ndjson:4 lines 4 to 5 are missing before it, as was noted then',
    ]);
  });
});

describe('after a crash', () => {
  test.each([
    ['half a line', (last: string) => last.slice(0, 40)],
    ['zeros', () => '\0'.repeat(512)],
  ])('%s stays, is noted, and nothing is lost', async (_, torn) => {
    await writeFive();
    const whole = text();
    appendFileSync(join(folder, FILE), torn('{"n":6,"at":"2026-03-01T12:06:00.000Z","kind":"stop","prev":"00"}'));
    expect((await verifyJournal(folder)).faults).toEqual([]);
    journal = open();
    await journal.write(start('6'));
    expect(text().slice(0, 5)).toEqual(whole);
    const { faults, notes } = await verifyJournal(folder);
    expect(faults).toEqual([]);
    expect(notes.join()).toMatch(/noted in 2026.ndjson:7: a crash/);
    expect((await kinds()).slice(-2)).toEqual(['repaired', 'start']);
  });

  test('a line without its line feed counts, and is told of', async () => {
    await writeFive();
    writeFileSync(join(folder, FILE), text().join('\n'));
    expect((await verifyJournal(folder)).faults).toEqual([]);
    journal = open();
    await journal.write(start('6'));
    expect(await verifyJournal(folder)).toMatchObject({
      lines: 7,
      faults: [],
      notes: [expect.stringMatching('line feed')],
    });
  });

  test('a line that the head does not know yet counts, and is told of', async () => {
    await writeFive();
    const head = readFileSync(join(folder, 'head'));
    await journal.write(start('6'));
    writeFileSync(join(folder, 'head'), head);
    const { faults, notes } = await verifyJournal(folder);
    expect(faults).toEqual([]);
    expect(notes).toHaveLength(1);
    journal = open();
    await journal.write(start('7'));
    expect(await verifyJournal(folder)).toMatchObject({ lines: 7, faults: [], notes: [] });
  });
});

describe('a clock', () => {
  test.each([
    ['back an hour', -3_600_000],
    ['a month ahead', 30 * 86_400_000],
  ])('that steps %s is noted before the next entry', async (_, stepMs) => {
    await writeFive();
    set(clock.now() + stepMs);
    await journal.write(start('6'));
    const last = (await lines()).at(-2)?.entry;
    expect(last).toMatchObject({ kind: 'clock', steppedMs: stepMs });
    expect((await verifyJournal(folder)).faults).toEqual([]);
  });

  test('that was set back between two runs is noted', async () => {
    await writeFive();
    await journal.close();
    set(START);
    journal = open();
    await journal.write(start('6'));
    expect((await kinds()).slice(-2)).toEqual(['clock', 'start']);
  });

  test('that steps while nothing happens is noted within a minute', async () => {
    await writeFive();
    set(clock.now() + 86_400_000);
    await clock.step(60_000);
    await journal.write(start('6'));
    expect((await kinds()).slice(-2)).toEqual(['clock', 'start']);
  });
});

describe('a disk that takes nothing', () => {
  /** In place of the folder, so that nothing can be made in it whoever runs this test. */
  const block = () => writeFileSync(folder, '');

  test('keeps entries waiting, says so once and each entry in the log, and writes them in order when there is room', async () => {
    block();
    journal.note(start('1'));
    journal.note(start('2'));
    await expect(journal.write(start('3'))).rejects.toThrow(/cannot be written/);
    expect(logged.filter((line) => line.includes('serving goes on'))).toHaveLength(1);
    expect(logged.join('\n')).toContain('"version":"2"');
    rmSync(folder);
    await clock.step(5_000);
    await journal.write(start('4'));
    expect((await lines()).map(({ entry }) => 'version' in entry && entry.version)).toEqual(['1', '2', '4']);
    expect((await verifyJournal(folder)).faults).toEqual([]);
  });

  test('for the head alone writes it later', async () => {
    await journal.write(start('1'));
    rmSync(join(folder, 'head'));
    mkdirSync(join(folder, 'head.new'));
    await journal.write(start('2'));
    expect((await verifyJournal(folder)).faults).toHaveLength(1);
    rmSync(join(folder, 'head.new'), { recursive: true });
    await clock.step(5_000);
    await journal.close();
    expect(await verifyJournal(folder)).toMatchObject({ lines: 2, faults: [], notes: [] });
  });

  test('for longer than memory lasts loses a number of entries that it names', async () => {
    block();
    for (let i = 0; i < 1_003; i++) journal.note(start(String(i)));
    await expect(journal.write(start('x'))).rejects.toThrow();
    rmSync(folder);
    await journal.write(start('y'));
    const all = await lines();
    expect(all).toHaveLength(1_002);
    expect(all[0].entry).toEqual({ kind: 'lost', entries: 3 });
    expect((await verifyJournal(folder)).faults).toHaveLength(1);
  });
});

test('a journal that is not there has no lines and no faults', async () => {
  mkdirSync(folder);
  expect(await verifyJournal(folder)).toEqual({ lines: 0, faults: [], notes: [] });
});
