import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStateFolder } from '../../src/control/state-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interdict-state-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function codeOf(path: string): string {
  const opened = openStateFolder(path);
  if ('problem' in opened) return opened.problem.code;
  opened.release();
  return 'opened';
}

test('one instance holds a state folder, and the next may when it lets go', () => {
  const path = join(root, 'state');
  const first = openStateFolder(path);
  expect(codeOf(path)).toBe('state-locked');
  if ('release' in first) first.release();
  expect(codeOf(path)).toBe('opened');
  expect(existsSync(join(path, 'events')) && existsSync(join(path, 'keys'))).toBe(true);
});

test('a state folder of a later layout is left alone', () => {
  codeOf(root);
  expect(readFileSync(join(root, 'LAYOUT'), 'utf8')).toBe('2\n');
  writeFileSync(join(root, 'LAYOUT'), '3\n');
  expect(codeOf(root)).toBe('state-layout');
  expect(readFileSync(join(root, 'LAYOUT'), 'utf8')).toBe('3\n');
});

test('a state folder of layout 1 is taken on, and no version that knows 1 alone opens it again', () => {
  codeOf(root);
  writeFileSync(join(root, 'LAYOUT'), '1\n');
  writeFileSync(join(root, 'events', '2026-01-01.ndjson'), 'kept\n');
  expect(codeOf(root)).toBe('opened');
  expect(readFileSync(join(root, 'LAYOUT'), 'utf8')).toBe('2\n');
  expect(readFileSync(join(root, 'events', '2026-01-01.ndjson'), 'utf8')).toBe('kept\n');
});

test('a folder of layout 1 that another version runs on keeps its layout', () => {
  const first = openStateFolder(root);
  writeFileSync(join(root, 'LAYOUT'), '1\n');
  expect(codeOf(root)).toBe('state-locked');
  expect(readFileSync(join(root, 'LAYOUT'), 'utf8')).toBe('1\n');
  if ('release' in first) first.release();
});

test('a state folder that cannot be made is a problem with a cure, not a crash', () => {
  writeFileSync(join(root, 'file'), '');
  const opened = openStateFolder(join(root, 'file', 'state'));
  expect(opened).toMatchObject({ problem: { code: 'state-unusable', severity: 'error' } });
});

test('a folder whose control socket no system would take is a problem before anything is made', () => {
  const path = `/tmp/${'x'.repeat(100)}`;
  expect(openStateFolder(path)).toMatchObject({ problem: { code: 'state-path-long', where: { file: path } } });
  expect(existsSync(path)).toBe(false);
});
