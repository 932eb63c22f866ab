// The text of the files that policies were made of, by the hash of their bytes: what two policies share is kept once. Written by the
// compiler, read for `explain --at`, so that both work without a pause.
//
//   STATE/journal/sources/3f/a9c1….gz     a file, or a manifest of files: the journal names it

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzipSync } from 'node:zlib';
import type { Disk, OpenFile } from '../../lists/disk.ts';
import { sha256Hex } from './chain.ts';
import type { Manifest } from './recording-disk.ts';

/** Compressed piece by piece: a list of a hundred megabytes never stands in memory. */
const PIECE_BYTES = 1 << 20;
/** Text of names shrinks to a fifth at any level; this one is three times as fast as the usual. */
const LEVEL = 3;
const HASH = /^[0-9a-f]{64}$/;

export function sourcePath(folder: string, sha256: string): string {
  if (!HASH.test(sha256)) throw new Error(`${JSON.stringify(sha256)} is no hash`);
  return join(folder, sha256.slice(0, 2), `${sha256.slice(2)}.gz`);
}

/** Keeps what the manifest names and is not kept yet, and marks all of it as used today (sweep-sources.ts); gives the manifest's own hash. Throws when the disk is full, or a file changed. */
export function keepSources(folder: string, manifest: Manifest, disk: Disk): string {
  for (const [path, file] of Object.entries(manifest.files)) {
    if (typeof file === 'string' || isKept(folder, file.sha256)) continue;
    const opened = disk.open(path);
    if (opened === undefined || 'fault' in opened) throw new Error(`${path} cannot be read again`);
    try {
      keepPieces(folder, file.sha256, pieces(opened), path);
    } finally {
      opened.close();
    }
  }
  return keepText(folder, JSON.stringify(manifest));
}

function isKept(folder: string, sha256: string): boolean {
  const path = sourcePath(folder, sha256);
  if (!existsSync(path)) return false;
  utimesSync(path, new Date(), new Date());
  return true;
}

/** Gives the text's hash. */
export function keepText(folder: string, text: string): string {
  const bytes = Buffer.from(text);
  const sha256 = sha256Hex(bytes);
  if (!isKept(folder, sha256)) keepPieces(folder, sha256, [bytes], 'a text');
  return sha256;
}

function* pieces(file: OpenFile): Generator<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let count = file.read(piece); count > 0; count = file.read(piece)) yield piece.subarray(0, count);
}

/** Under another name until it is whole and is what it should be. */
function keepPieces(folder: string, sha256: string, parts: Iterable<Uint8Array>, what: string): void {
  const path = sourcePath(folder, sha256);
  const fresh = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const digest = createHash('sha256');
  const fd = openSync(fresh, 'w', 0o640);
  try {
    for (const part of parts) {
      digest.update(part);
      writeWhole(fd, gzipSync(part, { level: LEVEL }));
    }
    fsyncSync(fd);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  if (digest.digest('hex') !== sha256) {
    rmSync(fresh, { force: true });
    throw new Error(`${what} changed while it was read`);
  }
  renameSync(fresh, path);
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Undefined when it is not kept, or not what it was. */
export function readSource(folder: string, sha256: string): Uint8Array | undefined {
  const path = sourcePath(folder, sha256);
  if (!existsSync(path)) return undefined;
  try {
    const bytes = gunzipSync(readFileSync(path)); // Piece after piece: a gzip file may have many members (RFC 1952 §2.2).
    return sha256Hex(bytes) === sha256 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

export function readManifest(folder: string, sha256: string): Manifest | undefined {
  const bytes = readSource(folder, sha256);
  if (bytes === undefined) return undefined;
  return manifestOf(bytes, sha256);
}

/** As readManifest, for the thread that serves meanwhile. */
export async function loadManifest(folder: string, sha256: string): Promise<Manifest | undefined> {
  const bytes = await readFile(sourcePath(folder, sha256))
    .then(promisify(gunzip))
    .catch(() => undefined);
  return bytes === undefined ? undefined : manifestOf(bytes, sha256);
}

function manifestOf(bytes: Uint8Array, sha256: string): Manifest | undefined {
  if (sha256Hex(bytes) !== sha256) return undefined;
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest; // Written by keepSources: its hash says so.
  return manifest.format === 1 ? manifest : undefined;
}

/** The disk as it was when the manifest was made. What is not kept any more is a fault of its own. */
export function storedDisk(folder: string, manifest: Manifest): Disk {
  return {
    list(path) {
      const names = manifest.folders[path];
      if (typeof names === 'string') return names === '' ? undefined : { fault: names };
      return names;
    },
    open(path) {
      const file = manifest.files[path];
      if (file === undefined || file === '') return undefined;
      if (typeof file === 'string') return { fault: file };
      const bytes = readSource(folder, file.sha256);
      return bytes === undefined
        ? { fault: 'its text of that time is not kept any more' }
        : openBytes(bytes, file.mode);
    },
  };
}

function openBytes(bytes: Uint8Array, mode: number): OpenFile {
  let at = 0;
  return {
    sizeBytes: bytes.length,
    mode,
    read(into) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    },
    close() {},
  };
}
