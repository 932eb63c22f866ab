import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../../src/base/brand.ts';
import type { KeptOverride } from '../../../src/control/overrides/kept-override.ts';
import { readOverrideFile } from '../../../src/control/overrides/override-file.ts';
import { OverrideStore } from '../../../src/control/overrides/override-store.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;
const HOUR_MS = 3_600_000;

let folder: string;
let path: string;
const told: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-overrides-'));
  path = join(folder, 'overrides.json');
  told.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(now: number = NOW): OverrideStore {
  const store = OverrideStore.open(path, now as Instant, (message) => told.push(message));
  if ('problem' in store) throw new Error(store.problem.message);
  return store;
}

function release(id: string, from: number = NOW): KeptOverride {
  return {
    override: {
      kind: 'release',
      what: { kind: 'name', name: 'free.example', match: 'exact' },
      id,
      ticket: 'INC-1',
      reason: 'a reason',
      by: 'A',
      confirmBy: (from + HOUR_MS) as Instant,
      from: from as Instant,
      until: (from + 72 * HOUR_MS) as Instant,
    },
    uid: 1000,
  };
}

test('what was added is there again after the process died, and its number is never used again', async () => {
  const store = open();
  await store.add(release(store.nextId));
  await store.confirm('OVR-1', 'B', (NOW + 1) as Instant, 1001);
  const again = open();
  expect(again.all()).toEqual(store.all());
  expect(again.active(NOW)).toHaveLength(1);
  expect(again.nextId).toBe('OVR-2');
});

test('a state folder of an earlier version has no overrides and takes some', () => {
  expect(open().all()).toEqual([]);
  expect(open().nextId).toBe('OVR-1');
});

describe('a file that is not what was written', () => {
  const cut = (text: string) => text.slice(0, text.length - 20);
  const flipped = (text: string) => text.replace('free.example', 'evil.example');
  test.each([
    ['cut short', cut],
    ['changed', flipped],
    ['empty', () => ''],
  ])('%s: nothing of it holds, nothing of it is lost', async (_, spoil) => {
    const store = open();
    await store.add(release('OVR-1'));
    const spoiled = spoil(readFileSync(path, 'utf8'));
    writeFileSync(path, spoiled);
    const again = open();
    expect(again.active(NOW)).toEqual([]);
    const aside = `overrides.json.damaged-2026-11-24T12:00:00.000Z`;
    expect(readFileSync(join(folder, aside), 'utf8')).toBe(spoiled);
    expect(told.join()).toContain(aside);
    if (spoiled !== '') expect(again.nextId).toBe('OVR-2');
  });

  test('of another version: it keeps the instance from starting and stays as it is', async () => {
    const store = open();
    await store.add(release('OVR-1'));
    const body = readFileSync(path, 'utf8').split('\n')[1].replace('"format":1', '"format":9');
    const { createHash } = await import('node:crypto');
    const text = `${createHash('sha256').update(body).digest('hex')}\n${body}\n`;
    writeFileSync(path, text);
    expect(OverrideStore.open(path, NOW, () => {})).toMatchObject({ problem: { code: 'override-format' } });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

test('what is not on disk does not hold: a folder that takes no file', async () => {
  const store = open();
  await store.add(release('OVR-1'));
  const before = readFileSync(path, 'utf8');
  mkdirSync(`${path}.new`); // Whatever stands in the way: the new file cannot be written.
  await expect(store.add(release('OVR-2'))).rejects.toThrow();
  await expect(store.confirm('OVR-1', 'B', NOW, undefined)).rejects.toThrow();
  expect(store.active(NOW).map(({ id, confirmedBy }) => [id, confirmedBy])).toEqual([['OVR-1', undefined]]);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('an end counts at once, also when it is not on disk', async () => {
  const store = open();
  await store.add(release('OVR-1'));
  mkdirSync(`${path}.new`);
  await expect(store.end('OVR-1', { at: NOW, because: 'person', by: 'B' })).rejects.toThrow();
  expect(store.active(NOW)).toEqual([]);
});

test('an end that was noted stays one when the clock is set back', async () => {
  const store = open();
  await store.add(release('OVR-1'));
  const { expired, written } = store.expire((NOW + HOUR_MS) as Instant);
  await written;
  expect(expired.map(({ override }) => override.id)).toEqual(['OVR-1']);
  expect(store.active(NOW)).toEqual([]);
  expect(open().active(NOW)).toEqual([]);
  expect(open().find('OVR-1')?.ended).toEqual({ at: NOW + HOUR_MS, because: 'unconfirmed' });
});

test('what ended 30 days ago goes by itself; no left-over of a write stays', async () => {
  const store = open();
  await store.add(release('OVR-1'));
  await store.expire((NOW + HOUR_MS) as Instant).written;
  const later = NOW + HOUR_MS + 30 * 24 * HOUR_MS;
  expect(store.nextDue()).toBe(later);
  await store.add(release('OVR-2', later - 1));
  expect(store.all().map(({ override }) => override.id)).toEqual(['OVR-1', 'OVR-2']);
  await store.expire(later as Instant).written;
  expect(
    open()
      .all()
      .map(({ override }) => override.id),
  ).toEqual(['OVR-2']);
  expect(readdirSync(folder)).toEqual(['overrides.json']);
  expect(readOverrideFile(path)).toMatchObject({ next: 3 });
});
