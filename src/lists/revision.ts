// The git commit that a folder is checked out at, from git's own files: no program is run. What was edited since does not show; the
// policy's hash says that. Undefined wherever git's layout is not the one expected here (gitrepository-layout(5)).
//
//   .git/HEAD   `ref: refs/heads/main` ─▶ .git/refs/heads/main, else its line in .git/packed-refs; or the commit itself
//   .git        a file in a worktree or submodule: `gitdir: FOLDER`, whose `commondir` holds the refs

import { isAbsolute, join } from 'node:path';
import { type Disk, readWhole } from './disk.ts';

/** packed-refs of 40,000 tags; the others are a line. */
const MAX_BYTES = 4 << 20;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const REF = /^ref: (refs\/(?!.*\.\.)[\w./+@-]+)$/;

/** Of the folder itself or the one it lies in: further up is somebody else's repository, such as that of a project we are installed in. */
export function revisionOf(folder: string, disk: Disk): string | undefined {
  return headOf(join(folder, '.git'), disk) ?? headOf(join(folder, '../.git'), disk);
}

function headOf(dotGit: string, disk: Disk): string | undefined {
  const link = /^gitdir: (.+)$/.exec(lineOf(dotGit, disk))?.[1];
  const git = link === undefined ? dotGit : from(join(dotGit, '..'), link);
  const head = lineOf(join(git, 'HEAD'), disk);
  if (COMMIT.test(head)) return head;
  const ref = REF.exec(head)?.[1];
  if (ref === undefined) return undefined;
  const common = from(git, lineOf(join(git, 'commondir'), disk) || '.');
  const loose = lineOf(join(common, ref), disk);
  if (COMMIT.test(loose)) return loose;
  const packed = textOf(join(common, 'packed-refs'), disk).split('\n');
  const commit = packed.find((line) => line.endsWith(` ${ref}`))?.slice(0, -ref.length - 1);
  return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
}

function from(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function lineOf(file: string, disk: Disk): string {
  return textOf(file, disk).trim();
}

/** Empty when it cannot be read. */
function textOf(file: string, disk: Disk): string {
  const read = readWhole(disk, file, MAX_BYTES);
  return read === undefined || 'fault' in read ? '' : new TextDecoder().decode(read.bytes);
}
