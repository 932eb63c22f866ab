// What the files looked like when a policy was made of them. A start that finds every stamp as it was serves the last good policy at once,
// without reading a list; the usual compile follows and has the last word.

import { lstatSync, readdirSync, statSync } from 'node:fs';
import { type Disk, nodeDisk } from '../../lists/disk.ts';

/** By absolute path: inode, size and change time of a file, the names in a folder, or that there was none. */
export type Stamps = Readonly<Record<string, string>>;

/**
 * A file system's clock ticks every few milliseconds, and a network's may be off: what was changed so shortly before it was read might
 * be changed again under the same stamp.
 */
const TOO_FRESH_MS = 2_000;

export interface Stamping {
  readonly disk: Disk;
  /** Of all that was read so far; undefined when some file is too fresh to be told apart from a later one. */
  stamps(): Stamps | undefined;
}

/** A disk that notes a stamp of everything it opens, before it does. */
export function stampingDisk(nowMs: number, disk: Disk = nodeDisk): Stamping {
  const stamps: Record<string, string> = {};
  let isFresh = false;
  const note = (path: string, isFolder: boolean) => {
    const { stamp, changedMs } = isFolder ? folderStamp(path) : fileStamp(path);
    isFresh ||= changedMs > nowMs - TOO_FRESH_MS || (stamps[path] ?? stamp) !== stamp;
    stamps[path] = stamp;
  };
  return {
    disk: {
      list(folder) {
        note(folder, true);
        return disk.list(folder);
      },
      open(file) {
        note(file, false);
        return disk.open(file);
      },
    },
    stamps: () => (isFresh ? undefined : stamps),
  };
}

export function areUnchanged(stamps: Stamps): boolean {
  return Object.entries(stamps).every(
    ([path, stamp]) => stamp === (stamp.startsWith(FOLDER) ? folderStamp(path) : fileStamp(path)).stamp,
  );
}

const FOLDER = 'folder ';

function folderStamp(path: string): { stamp: string; changedMs: number } {
  try {
    return { stamp: `${FOLDER}${readdirSync(path).sort().join('/')}`, changedMs: 0 };
  } catch (error) {
    return { stamp: `${FOLDER}${(error as NodeJS.ErrnoException).code}`, changedMs: 0 };
  }
}

/** Of the file behind links, and of the last link itself. */
function fileStamp(path: string): { stamp: string; changedMs: number } {
  try {
    const stats = [lstatSync(path, { bigint: true }), statSync(path, { bigint: true })];
    const stamp = stats.map(({ dev, ino, size, ctimeNs }) => `${dev}:${ino}:${size}:${ctimeNs}`).join(' ');
    return { stamp, changedMs: Math.max(...stats.map(({ ctimeMs }) => Number(ctimeMs))) };
  } catch (error) {
    return { stamp: `none ${(error as NodeJS.ErrnoException).code}`, changedMs: 0 };
  }
}
