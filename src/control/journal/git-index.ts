// Whether the files that a policy was made of are those that git knows, from git's own index (gitformat-index(5)): no program is run.
// As git does it: a file with the size and time that the index has is the same one, any other is hashed. What is staged and not
// committed counts as known.

import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Manifest } from './recording-disk.ts';

/** A hundred thousand files; more is no folder of blocklists. */
const MAX_INDEX_BYTES = 16 << 20;
const SIGNATURE = 0x44495243; // DIRC
const HEADER_BYTES = 12;
/** Of an entry, where its fields lie; SHA-1 only. */
const MTIME = 8;
const SIZE = 36;
const HASH = 40;
const FLAGS = 60;
const NAME = 62;
const IS_EXTENDED = 0x4000;

interface Entry {
  readonly mtime: string;
  readonly sizeBytes: number;
  readonly sha1: string;
}

/** Undefined where git's layout is not the one expected here. */
export function isDirty(folder: string, manifest: Manifest): boolean | undefined {
  try {
    const repository = repositoryOf(folder);
    const entries = repository && readIndex(repository.index);
    return repository && entries && differs(repository.root, folder, manifest, entries);
  } catch {
    return undefined;
  }
}

function differs(root: string, folder: string, manifest: Manifest, entries: ReadonlyMap<string, Entry>): boolean {
  const isInside = (path: string) => path.startsWith(`${folder}/`) && !path.includes('/.git');
  for (const [path, file] of Object.entries(manifest.files)) {
    if (typeof file === 'string' || !isInside(path)) continue;
    const entry = entries.get(relative(root, path));
    if (entry === undefined || !isSame(path, entry)) return true;
  }
  for (const name of entries.keys()) {
    const names = manifest.folders[dirname(join(root, name))];
    if (Array.isArray(names) && isInside(join(root, name)) && !names.includes(name.slice(name.lastIndexOf('/') + 1)))
      return true;
  }
  return false;
}

function isSame(path: string, { mtime, sizeBytes, sha1 }: Entry): boolean {
  const stat = lstatSync(path, { bigint: true });
  if (Number(stat.size) !== sizeBytes) return false;
  if (`${stat.mtimeNs / 1_000_000_000n}.${stat.mtimeNs % 1_000_000_000n}` === mtime) return true;
  const bytes = readFileSync(path);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === sha1;
}

/** Of the folder itself or the one it lies in, as for the revision. */
function repositoryOf(folder: string): { readonly root: string; readonly index: string } | undefined {
  for (const root of [folder, resolve(folder, '..')]) {
    const stat = lstatSync(join(root, '.git'), { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.isDirectory()) return { root, index: join(root, '.git/index') };
    const [, link] = /^gitdir: (.+)$/m.exec(readFileSync(join(root, '.git'), 'utf8')) ?? [];
    return link === undefined ? undefined : { root, index: resolve(root, link, 'index') };
  }
  return undefined;
}

/** By name from the root; undefined for versions other than 2 and 3. */
function readIndex(file: string): Map<string, Entry> | undefined {
  if (lstatSync(file).size > MAX_INDEX_BYTES) return undefined;
  const bytes = readFileSync(file);
  const version = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(0) !== SIGNATURE || version < 2 || version > 3) return undefined;
  const entries = new Map<string, Entry>();
  for (let i = bytes.readUInt32BE(8), at = HEADER_BYTES; i > 0; i--) {
    const name = at + NAME + (bytes.readUInt16BE(at + FLAGS) & IS_EXTENDED ? 2 : 0);
    const end = bytes.indexOf(0, name);
    entries.set(bytes.toString('utf8', name, end), {
      mtime: `${bytes.readUInt32BE(at + MTIME)}.${bytes.readUInt32BE(at + MTIME + 4)}`,
      sizeBytes: bytes.readUInt32BE(at + SIZE),
      sha1: bytes.toString('hex', at + HASH, at + HASH + 20),
    });
    at += (end - at + 8) & ~7; // Padded by 1 to 8 zeros.
  }
  return entries;
}
