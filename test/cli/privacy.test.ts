// `interdict privacy` on a state folder that this test fills.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type SmallDepartment, smallDepartment } from '../e2e/small-department.ts';
import { run } from './run.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-privacy-'));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

async function privacy(settings: readonly string[] = [], more: Partial<SmallDepartment> = {}) {
  write(smallDepartment({ upstreamPort: 9, rules: ['domain: banned.example'], settings, ...more }));
  const verb = ['privacy', '--config', join(folder, 'config/interdict.yaml')];
  const { out, code } = await run(...verb);
  const answer = JSON.parse((await run(...verb, '--json')).out);
  const row = (id: string) => answer.stored.find((one: { id: string }) => one.id === id);
  return { text: out, code: code ?? 0, answer, row };
}

const STATE = {
  'state/LAYOUT': '1\n',
  'state/lock': '',
  'state/events/2026-10-20.ndjson': '{}\n',
  'state/events/2026-11-23.ndjson': '{}\n{}\n',
  'state/keys/2026-11-16.key': 'x'.repeat(16),
  'state/keys/2026-11-18.key': 'x'.repeat(16),
  'state/last-good/model.json': '{}',
  'state/journal/2026.ndjson': '{}\n',
  'state/overrides.json': '{}',
};

test('each kind of data has its own days, size and number of files past their time', async () => {
  write(STATE);
  const { row, code } = await privacy();
  expect(code).toBe(0);
  expect(row('events').now).toEqual({ files: 2, bytes: 9, from: '2026-10-20', to: '2026-11-23', due: 1 });
  expect(row('keys').now).toEqual({ files: 2, bytes: 32, from: '2026-11-16', to: '2026-11-18', due: 1 });
  expect(row('faults').now).toEqual({ files: 0, bytes: 0, due: 0 });
});

test('no file of the state folder goes unmentioned, whoever put it there', async () => {
  write({ ...STATE, 'state/dump.pcap': 'abc', 'state/sub/notes.txt': '' });
  const { answer, row } = await privacy();
  const all = readdirSync(join(folder, 'state'), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const counted = answer.stored.reduce((sum: number, one: { now: { files: number } }) => sum + one.now.files, 0);
  expect(counted).toBe(all.length);
  expect(row('other').now.files).toBe(2);
});

test('networks are named with what applies there, and those where nothing is recorded', async () => {
  const { text } = await privacy();
  expect(text).toContain('  office\n    - order of Test Authority (Order of the test)\n');
  expect(text).toContain('No instrument applies, and nothing is recorded, on: guests\n');
  expect(text).toContain('about   people and devices on: office; trial; sink\n');
});

test('numbers come from the profile with their source, and from the file where it sets them', async () => {
  const { row, answer } = await privacy(['privacy: { profile: us-federal, pseudonym_keys: 2 days }']);
  expect(answer.profile).toBe('us-federal');
  expect(row('events').kept).toBe('30 months at most');
  expect(row('events').source).toMatch(/General Records Schedule 3\.2 item 036/);
  expect(row('keys').kept).toMatch(/^2 days at most, then destroyed/);
  expect(row('keys').source).toBe('set by the department in its configuration');
});

test('it says when nothing is recorded anew, and works before the first start', async () => {
  const { row, text } = await privacy(['events: { file: false }']);
  expect(row('events').what).toContain('recording is switched off');
  expect(text).toContain('now     nothing');
});

test('no word of it accuses anybody', async () => {
  write(STATE);
  expect((await privacy()).text).not.toMatch(/violat|offend|attempt|malicious|extract|banned app|sinkhole|suspect/i);
});
