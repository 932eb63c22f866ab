import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Instant } from '../../../src/base/brand.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { ActivatedEntry } from '../../../src/control/journal/journal-entry.ts';
import { recordingDisk } from '../../../src/control/journal/recording-disk.ts';
import { keepSources, readManifest, readSource, sourcePath, storedDisk } from '../../../src/control/journal/sources.ts';
import { seldom, sweepSources } from '../../../src/control/journal/sweep-sources.ts';
import { nodeDisk, readWhole } from '../../../src/lists/disk.ts';
import { SteppedClock } from '../stepped-clock.ts';

const DAY_MS = 86_400_000;
const ROOMY = { kept: { amount: 400, unit: 'days' }, maxBytes: 1 << 30 } as const;

let root: string;
let sources: string;
let clock: SteppedClock;
let journal: Journal;
let hashes: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interdict-sources-'));
  sources = join(root, 'journal/sources');
  mkdirSync(join(root, 'lists'));
  writeFileSync(join(root, 'lists/shared'), 'in every policy');
  clock = new SteppedClock(Date.parse('2026-01-01T00:00:00Z'));
  journal = new Journal({ folder: join(root, 'journal'), clock, monotonicMs: () => clock.now(), log: () => {} });
  hashes = [];
});
afterEach(async () => {
  await journal.close();
  rmSync(root, { recursive: true, force: true });
});

/** A policy of its own file and the shared one, served from now on; its text is last used on that day. */
async function serve(name: string, text = name): Promise<void> {
  const file = join(root, 'lists', name);
  writeFileSync(file, text);
  const { disk, manifest } = recordingDisk();
  for (const path of [join(root, 'lists/shared'), file]) readWhole(disk, path, 1 << 20);
  const made = manifest('interdict.yaml');
  if (made === undefined) throw new Error('the files changed');
  const hash = keepSources(sources, made, nodeDisk);
  hashes.push(hash);
  await journal.write({ kind: 'activated', sources: hash, hash: name, overrides: [] } as unknown as ActivatedEntry);
  for (const used of usedBy(hash)) utimesSync(used, clock.now() / 1000, clock.now() / 1000);
}

const usedBy = (hash: string) =>
  [
    hash,
    ...Object.values(readManifest(sources, hash)?.files ?? {}).map((file) => (file as { sha256: string }).sha256),
  ].map((sha256) => sourcePath(sources, sha256));
const isWhole = (hash: string) =>
  readManifest(sources, hash) !== undefined && usedBy(hash).every((path) => existsSync(path));
const sweep = (limits: Parameters<typeof sweepSources>[2]) =>
  sweepSources(join(root, 'journal'), sources, limits, clock.now());

/** With no timer between. */
const pass = (days: number) => clock.set(clock.now() + days * DAY_MS);

async function serveFour(): Promise<void> {
  for (const name of ['one', 'two', 'three', 'four']) {
    await serve(name, name.repeat(10_000));
    pass(100);
  }
}

test('the text of a policy goes so long after its end, what others share stays', async () => {
  await serveFour();
  expect(await sweep(ROOMY)).toBe(0);
  pass(101);
  expect(await sweep(ROOMY)).toBe(2);
  expect(hashes.map(isWhole)).toEqual([false, true, true, true]);
});

test('what is served stays, however long ago it began and however little room there is', async () => {
  await serveFour();
  pass(5_000);
  await sweep(ROOMY);
  expect(hashes.map(isWhole)).toEqual([false, false, false, true]);
  await sweep({ ...ROOMY, maxBytes: 1 });
  expect(isWhole(hashes[3])).toBe(true);
});

test('without room for all the oldest go', async () => {
  await serveFour();
  const lastTwo = new Set([...usedBy(hashes[2]), ...usedBy(hashes[3])]);
  expect(lastTwo.size).toBe(5);
  const maxBytes = [...lastTwo].reduce((sum, path) => sum + statSync(path).size, 0);
  await sweep({ ...ROOMY, maxBytes });
  expect(hashes.map(isWhole)).toEqual([false, false, true, true]);
});

test('text used within a day stays, in the journal or not', async () => {
  await serveFour();
  const file = join(root, 'lists/new');
  writeFileSync(file, 'not activated yet');
  const { disk, manifest } = recordingDisk();
  readWhole(disk, file, 1 << 20);
  const hash = keepSources(sources, manifest('interdict.yaml') as never, nodeDisk);
  await sweep({ ...ROOMY, maxBytes: 1 });
  expect(isWhole(hash)).toBe(true);
});

test('is looked at once in a while, also by a clock that was set back', async () => {
  let sweeps = 0;
  const look = seldom(async () => ++sweeps);
  for (const at of [0, 1, 2, DAY_MS, DAY_MS + 1, -DAY_MS]) await look(at as Instant);
  expect(sweeps).toBe(3);
});

test('a file of many pieces is read back whole, and a damaged one not at all', () => {
  const big = join(root, 'lists/big');
  const text = Buffer.alloc(2_500_000, 'line of a list\n');
  writeFileSync(big, text);
  const { disk, manifest } = recordingDisk();
  readWhole(disk, big, 1 << 30);
  const made = manifest('interdict.yaml');
  if (made === undefined) throw new Error('the file changed');
  keepSources(sources, made, nodeDisk);
  const stored = readWhole(storedDisk(sources, made), big, 1 << 30);
  expect(stored !== undefined && 'bytes' in stored && text.equals(stored.bytes)).toBe(true);
  const { sha256 } = made.files[big] as { sha256: string };
  writeFileSync(sourcePath(sources, sha256), 'nothing');
  expect(() => readSource(sources, sha256)).not.toThrow();
  expect(readSource(sources, sha256)).toBeUndefined();
});

test('a file that changed while it was read has no manifest, and one that changes before it is kept is told', () => {
  const file = join(root, 'lists/shared');
  const { disk, manifest } = recordingDisk();
  readWhole(disk, file, 100);
  const made = manifest('interdict.yaml');
  writeFileSync(file, 'other');
  expect(() => keepSources(sources, made as never, nodeDisk)).toThrow(/changed while it was read/);
  readWhole(disk, file, 100);
  expect(manifest('interdict.yaml')).toBeUndefined();
});
