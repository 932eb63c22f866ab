// What a compile reads, so that the same can be read again in a year: a disk that notes of each file the hash of its bytes, of each folder
// its names, and what was not there.

import { createHash } from 'node:crypto';
import { type Disk, type DiskFault, nodeDisk, type OpenFile } from '../../lists/disk.ts';

/** By absolute path. */
export interface Manifest {
  readonly format: 1;
  readonly configFile: string;
  /** Hash, size and permission bits; or why it could not be read, `''` when it was not there. */
  readonly files: Record<string, { sha256: string; sizeBytes: number; mode: number } | string>;
  readonly folders: Record<string, readonly string[] | string>;
}

export interface Recording {
  readonly disk: Disk;
  /** Undefined when some file changed while it was read. */
  manifest(configFile: string): Manifest | undefined;
}

export function recordingDisk(disk: Disk = nodeDisk): Recording {
  const files: Manifest['files'] = {};
  const folders: Manifest['folders'] = {};
  const unsure = new Set<string>();
  const noteFile = (path: string, file: Noted) => {
    const before = files[path];
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(file)) unsure.add(path);
    files[path] = file;
  };
  return {
    disk: {
      list(folder) {
        const names = disk.list(folder);
        folders[folder] = isFault(names) ? names.fault : (names ?? '');
        return names;
      },
      open(path) {
        const file = disk.open(path);
        if (file !== undefined && !isFault(file)) return hashing(file, (noted) => noteFile(path, noted));
        noteFile(path, file === undefined ? '' : file.fault);
        return file;
      },
    },
    manifest: (configFile) =>
      unsure.size > 0 ? undefined : { format: 1, configFile, files: sorted(files), folders: sorted(folders) },
  };
}

type Noted = Manifest['files'][string];

/** A file that its reader leaves unread is one that it takes for a fault. */
function hashing(file: OpenFile, note: (noted: Noted) => void): OpenFile {
  const digest = createHash('sha256');
  const { sizeBytes, mode } = file;
  let length = 0;
  return {
    ...file,
    read(into) {
      const count = file.read(into);
      digest.update(into.subarray(0, count));
      length += count;
      return count;
    },
    close() {
      file.close();
      if (length < sizeBytes) note('it is too large');
      else note({ sha256: digest.digest('hex'), sizeBytes: length, mode });
    },
  };
}

function isFault(value: unknown): value is DiskFault {
  return typeof value === 'object' && value !== null && 'fault' in value;
}

/** So that the same sources have the same manifest. */
function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
