// Against git itself.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isDirty } from '../../../src/control/journal/git-index.ts';
import { recordingDisk } from '../../../src/control/journal/recording-disk.ts';
import { readWhole } from '../../../src/lists/disk.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interdict-git-'));
  folder = join(root, 'blocklists');
  mkdirSync(join(folder, 'apps'), { recursive: true });
  for (const name of ['one.yaml', 'second-and-longer.yaml', 'x'])
    writeFileSync(join(folder, 'apps', name), `${name}\n`);
  writeFileSync(join(root, 'README'), 'not read\n');
  git('init', '-q');
  git('add', '-A');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'first');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });

function dirty(): boolean | undefined {
  const { disk, manifest } = recordingDisk();
  const names = disk.list(join(folder, 'apps'));
  for (const name of Array.isArray(names) ? names : []) readWhole(disk, join(folder, 'apps', name), 1 << 20);
  const made = manifest('interdict.yaml');
  return made && isDirty(folder, made);
}

describe('files that git knows', () => {
  test.each<[string, () => void]>([
    ['as committed', () => {}],
    ['with another time', () => utimesSync(join(folder, 'apps/one.yaml'), 1, 1)],
    ['while one that is not read differs', () => writeFileSync(join(root, 'README'), 'other')],
  ])('%s are clean', (_, change) => {
    change();
    expect(dirty()).toBe(false);
  });

  test.each<[string, () => void]>([
    ['one is edited', () => writeFileSync(join(folder, 'apps/one.yaml'), 'other\n')],
    ['one is edited to the same length', () => writeFileSync(join(folder, 'apps/one.yaml'), 'two.yaml\n')],
    ['one is new', () => writeFileSync(join(folder, 'apps/new.yaml'), 'new\n')],
    ['one is gone', () => rmSync(join(folder, 'apps/x'))],
  ])('are dirty when %s', (_, change) => {
    change();
    expect(git('status', '--porcelain')).not.toBe('');
    expect(dirty()).toBe(true);
  });
});

test('nobody knows without git, or with an index that is none', () => {
  writeFileSync(join(root, '.git/index'), 'DIRC');
  expect(dirty()).toBeUndefined();
  rmSync(join(root, '.git'), { recursive: true });
  expect(dirty()).toBeUndefined();
});
