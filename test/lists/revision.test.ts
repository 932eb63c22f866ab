import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeDisk } from '../../src/lists/disk.ts';
import { revisionOf } from '../../src/lists/revision.ts';

const COMMIT = 'c975ccef'.repeat(5);
const OTHER = '0123abcd'.repeat(5);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'interdict-revision-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test.each<[string, Record<string, string>, string | undefined]>([
  ['a branch', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${COMMIT}\n` }, COMMIT],
  ['a commit of its own', { '.git/HEAD': `${COMMIT}\n` }, COMMIT],
  ['SHA-256', { '.git/HEAD': `${'ab'.repeat(32)}\n` }, 'ab'.repeat(32)],
  [
    'a packed branch',
    {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs with: peeled\n${OTHER} refs/heads/not/refs/heads/main\n${COMMIT} refs/heads/main\n^${OTHER}\n`,
    },
    COMMIT,
  ],
  ['the folder above', { '../.git/HEAD': `${COMMIT}\n` }, COMMIT],
  ['two folders above, which is not ours', { '../../.git/HEAD': `${COMMIT}\n` }, undefined],
  [
    'a worktree',
    {
      '.git': 'gitdir: ../git/worktrees/lists\n',
      '../git/worktrees/lists/HEAD': 'ref: refs/heads/lists\n',
      '../git/worktrees/lists/commondir': '../..\n',
      '../git/refs/heads/lists': `${COMMIT}\n`,
    },
    COMMIT,
  ],
  ['no repository', {}, undefined],
  ['a branch without a commit', { '.git/HEAD': 'ref: refs/heads/main\n' }, undefined],
  ['a ref that climbs out', { '.git/HEAD': 'ref: refs/../../secret\n', secret: `${COMMIT}\n` }, undefined],
  ['a HEAD of something else', { '.git/HEAD': 'client 10.0.0.1\n' }, undefined],
])('the revision of %s', (_, files, expected) => {
  const folder = join(root, 'a/b/blocklists');
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  expect(revisionOf(folder, nodeDisk)).toBe(expected);
});
