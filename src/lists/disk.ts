// The disk as the lists see it: regular files of bounded size, read synchronously (this runs in the compiler's thread). Passed in, so
// that a test can hand over another one.

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { resolve } from 'node:path';

/** Why a file could not be read, ready for a message. */
export interface DiskFault {
  readonly fault: string;
}

export interface OpenFile {
  readonly sizeBytes: number;
  /** Permission bits, such as 0o640. */
  readonly mode: number;
  /** Bytes put into `into`; 0 at the end. */
  read(into: Uint8Array): number;
  close(): void;
}

export interface Disk {
  /** Names in a folder, sorted by code unit; a fault when it cannot be listed, undefined when there is none. */
  list(folder: string): readonly string[] | DiskFault | undefined;
  /** Undefined: no such file. */
  open(file: string): OpenFile | DiskFault | undefined;
}

export const nodeDisk: Disk = { list, open };

/** The same disk, with relative names taken from `folder`. */
export function rooted(disk: Disk, folder: string): Disk {
  return { list: (name) => disk.list(resolve(folder, name)), open: (name) => disk.open(resolve(folder, name)) };
}

function list(folder: string): readonly string[] | DiskFault | undefined {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    return faultOf(error);
  }
}

function open(file: string): OpenFile | DiskFault | undefined {
  try {
    // Not blocking: opening a named pipe would otherwise wait for a writer for ever.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      closeSync(fd);
      return { fault: 'it is not a regular file' };
    }
    return {
      sizeBytes: stat.size,
      mode: stat.mode & 0o777,
      read: (into) => readSync(fd, into, 0, into.length, null),
      close: () => closeSync(fd),
    };
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): DiskFault | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT') return undefined;
  return { fault: FAULTS[code] ?? code };
}

const FAULTS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
};

export interface ReadFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** A whole file of at most `maxBytes`, also when it grows while it is read. */
export function readWhole(disk: Disk, file: string, maxBytes: number): ReadFile | DiskFault | undefined {
  const opened = disk.open(file);
  if (opened === undefined || 'fault' in opened) return opened;
  try {
    if (opened.sizeBytes > maxBytes) return { fault: `it has ${opened.sizeBytes} bytes; at most ${maxBytes} are read` };
    const bytes = new Uint8Array(opened.sizeBytes);
    let length = 0;
    while (length < bytes.length) {
      const count = opened.read(bytes.subarray(length));
      if (count === 0) break;
      length += count;
    }
    return { bytes: bytes.subarray(0, length), mode: opened.mode };
  } catch (error) {
    return faultOf(error) ?? { fault: 'it vanished while it was read' };
  } finally {
    opened.close();
  }
}
