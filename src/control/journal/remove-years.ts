// Years of the journal that have been kept long enough: a line says so first, then they go, and what is left verifies from there. The year
// that is written to never goes.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RemovedEntry } from './chain.ts';
import { journalFiles, readRawLines } from './journal-files.ts';

/** Gives the names of the files that are gone. */
export async function removeYears(
  folder: string,
  isDue: (year: number) => boolean,
  write: (entry: RemovedEntry) => Promise<void>,
): Promise<readonly string[]> {
  const files = await journalFiles(folder);
  const old = files.slice(0, -1).filter((file) => isDue(Number.parseInt(file, 10)));
  if (old.length === 0) return [];
  const left = await readRawLines(folder, files[old.length]);
  const first = left.find(({ line }) => line !== undefined)?.line?.n;
  if (first === undefined)
    throw new Error(`${files[old.length]} in ${folder} has no line that can be read; look at it first`);
  await write({ kind: 'removed', first, files: old });
  for (const file of old) await rm(join(folder, file), { force: true });
  return old;
}
