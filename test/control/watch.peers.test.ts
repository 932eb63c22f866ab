// Real files under a real watcher: takes the disk's own time, so not in the unit suite.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/control/clock.ts';
import { watchSources } from '../../src/control/watch.ts';

const WAIT_MS = 10_000;

test('a folder below a dot folder is watched, new files too; .git inside and what was dropped are not', async () => {
  const root = mkdtempSync(join(tmpdir(), 'interdict-watch-'));
  const lists = join(root, '.config/lists');
  const other = join(root, 'other.yaml');
  mkdirSync(join(lists, '.git'), { recursive: true });
  writeFileSync(other, '');
  let changes = 0;
  const watcher = watchSources(
    systemClock,
    () => changes++,
    (message) => expect.fail(message),
  );
  watcher.set([other]);
  watcher.set([lists]);
  const next = async (touch: () => void) => {
    const before = changes;
    const end = Date.now() + WAIT_MS;
    while (changes === before && Date.now() < end) {
      touch();
      await new Promise((done) => setTimeout(done, 300));
    }
    return changes - before;
  };
  let i = 0;
  expect(await next(() => writeFileSync(join(lists, 'new.yaml'), String(i++)))).toBeGreaterThan(0);
  await new Promise((done) => setTimeout(done, 500));
  const quiet = changes;
  writeFileSync(join(lists, '.git/index'), 'x');
  writeFileSync(other, 'x');
  await new Promise((done) => setTimeout(done, 700));
  expect(changes).toBe(quiet);
  await watcher.close();
  rmSync(root, { recursive: true, force: true });
});
