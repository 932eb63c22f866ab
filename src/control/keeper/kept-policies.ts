// The policies that were made of files and served, newest last: what a rollback goes back to. Each is a folder of hard links to what stood
// in the last good folder, so that it costs no second copy while it is the last good one.
//
//   STATE/kept/000017-3fa9c1…/{snapshot.bin, model.json}

import { link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import { readLastGoodModel } from './last-good.ts';

/** Ten edits back is further than anybody remembers; git has the rest. */
const MAX_KEPT = 10;
const NAME = /^(\d{6,})-([0-9a-f]{64})$/;

export interface KeptPolicy {
  readonly folder: string;
  readonly hash: string;
  /** When its files were read. */
  readonly readAt: Instant;
}

/** The same policy read again takes the place of itself. */
export async function keepPolicy(keptFolder: string, lastGoodFolder: string): Promise<void> {
  await mkdir(keptFolder, { recursive: true, mode: 0o750 });
  const { hash } = await mustRead(lastGoodFolder);
  const names = await namesIn(keptFolder);
  const newest = names.at(-1);
  const number = newest === undefined ? 1 : Number(newest.split('-')[0]) + 1;
  const fresh = join(keptFolder, 'new');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o750 });
  for (const file of ['snapshot.bin', 'model.json']) await link(join(lastGoodFolder, file), join(fresh, file));
  await rename(fresh, join(keptFolder, `${String(number).padStart(6, '0')}-${hash}`));
  const replaced = names.filter((name) => name === newest && name.endsWith(hash));
  const tooOld = names.slice(0, Math.max(0, names.length - replaced.length + 1 - MAX_KEPT));
  for (const name of [...replaced, ...tooOld]) await rm(join(keptFolder, name), { recursive: true });
}

/** Oldest first; what cannot be read is left out. */
export async function listKept(keptFolder: string): Promise<KeptPolicy[]> {
  const kept: KeptPolicy[] = [];
  for (const name of await namesIn(keptFolder)) {
    const folder = join(keptFolder, name);
    const file = await readLastGoodModel(folder).catch((error: Error) => ({ fault: error.message }));
    if (!('fault' in file)) kept.push({ folder, hash: file.hash, readAt: file.readAt });
  }
  return kept;
}

async function namesIn(keptFolder: string): Promise<string[]> {
  const names = await readdir(keptFolder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => NAME.test(name)).sort();
}

async function mustRead(folder: string): Promise<{ hash: string }> {
  const file = await readLastGoodModel(folder);
  if ('fault' in file) throw new Error(file.fault);
  return file;
}
