import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { type LastGood, readLastGood, readLastGoodModel, writeLastGood } from '../../src/control/keeper/last-good.ts';
import type { Model } from '../../src/policy/model.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interdict-last-good-'));
  folder = join(root, 'last-good');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const policy = (hash: string): LastGood => ({
  hash,
  readAt: 1 as Instant,
  from: 1 as Instant,
  rules: [{ app: 'tiktok', rules: 3, roles: ['web'] }],
  model: { lists: { directives: [] } } as unknown as Model, // Kept as JSON whatever it holds.
});

/** Over a megabyte, in shared memory: written in more than one chunk. */
function snapshot(fill: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(2_500_000)).fill(fill);
}

async function hashOnDisk(): Promise<string> {
  const found = await readLastGood(folder);
  return 'fault' in found ? `fault: ${found.fault}` : `${found.hash} ${found.snapshot[0]}`;
}

test('what was written is read back, and replaces what was there', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  await writeLastGood(folder, snapshot(2), policy('two'));
  const found = await readLastGood(folder);
  expect(found).toMatchObject(policy('two'));
  expect('snapshot' in found && Buffer.from(found.snapshot).equals(Buffer.from(snapshot(2)))).toBe(true);
  expect(existsSync(`${folder}.new`) || existsSync(`${folder}.old`)).toBe(false);
});

test('a model of a version without overrides is read as one with none', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  const found = await readLastGood(folder);
  expect('model' in found && found.model.overrides).toEqual([]);
});

test('model and pin are found where a crash between the two renames left them', async () => {
  await writeLastGood(folder, snapshot(1), { ...policy('one'), pinned: { hash: 'one', at: 5 as Instant } });
  renameSync(folder, `${folder}.old`);
  expect(await readLastGoodModel(folder)).toMatchObject({ hash: 'one', pinned: { hash: 'one' } });
});

test('there is no last good policy where none was written', async () => {
  expect(await hashOnDisk()).toMatch(/^fault: .*ENOENT/);
});

test('a crash between the two renames leaves the one before', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  renameSync(folder, `${folder}.old`);
  expect(await hashOnDisk()).toBe('one 1');
  await writeLastGood(folder, snapshot(2), policy('two'));
  expect(await hashOnDisk()).toBe('two 2');
});

test('a crash while the new pair is written leaves the one before', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  cpSync(folder, `${folder}.new`, { recursive: true });
  writeFileSync(join(`${folder}.new`, 'snapshot.bin'), 'half');
  expect(await hashOnDisk()).toBe('one 1');
  await writeLastGood(folder, snapshot(2), policy('two'));
  expect(await hashOnDisk()).toBe('two 2');
});

const damages: [string, (folder: string) => void][] = [
  ['one bit of the snapshot', (at) => flip(join(at, 'snapshot.bin'), 1_234_567)],
  ['one bit of the model', (at) => flip(join(at, 'model.json'), 100)],
  ['one bit of the model’s digest', (at) => flip(join(at, 'model.json'), 3)],
  [
    'a snapshot cut short',
    (at) => writeFileSync(join(at, 'snapshot.bin'), readFileSync(join(at, 'snapshot.bin')).subarray(0, 99)),
  ],
  ['an empty model', (at) => writeFileSync(join(at, 'model.json'), '')],
  ['no snapshot', (at) => rmSync(join(at, 'snapshot.bin'))],
];

test.each(damages)('%s damaged: it is not used', async (_name, damage) => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  damage(folder);
  expect(await hashOnDisk()).toMatch(/^fault: /);
});

test('halves of two policies do not pass for one', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  const older = readFileSync(join(folder, 'model.json'));
  await writeLastGood(folder, snapshot(2), policy('two'));
  writeFileSync(join(folder, 'model.json'), older);
  expect(await hashOnDisk()).toMatch(/^fault: .*not the one/);
});

test('model and counts can be had without the snapshot', async () => {
  await writeLastGood(folder, snapshot(1), policy('one'));
  expect(await readLastGoodModel(folder)).toMatchObject(policy('one'));
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] ^= 1;
  writeFileSync(path, bytes);
}
