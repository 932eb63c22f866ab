// STATE/overrides.json: one line with the SHA-256 of the next, then all that is kept as one line of JSON. Written whole beside itself,
// synced and renamed, so that a crash leaves the one before or this one.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KeptOverride } from './kept-override.ts';

const FORMAT = 1;

export interface OverrideFile {
  /** The number of the next id. Numbers are never used again. */
  readonly next: number;
  readonly kept: readonly KeptOverride[];
}

export type OverrideFileFault =
  /** Its bytes are not what was written; `next` is beyond every id that can still be read in it. */
  { readonly fault: 'damaged'; readonly next: number } | { readonly fault: 'format'; readonly message: string };

/** A folder of an earlier version has none, and so no overrides. Throws when it cannot be read. */
export function readOverrideFile(path: string): OverrideFile | OverrideFileFault {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { next: 1, kept: [] };
    throw error;
  }
  const body = text.slice(65, -1);
  if (text.slice(0, 64) !== sha256(body)) return { fault: 'damaged', next: numberBehind(text) };
  const file = JSON.parse(body) as OverrideFile & { format: number }; // Written below: the digest says so.
  if (file.format === FORMAT) return { next: file.next, kept: file.kept };
  const message = `overrides of format ${file.format}, this version reads ${FORMAT}; use the version that wrote them, or move the file away`;
  return { fault: 'format', message };
}

/** Rejects with the system's error, and then the file is as it was. */
export async function writeOverrideFile(path: string, { next, kept }: OverrideFile): Promise<void> {
  const body = JSON.stringify({ format: FORMAT, next, kept });
  const fresh = `${path}.new`;
  try {
    const file = await open(fresh, 'w', 0o640);
    try {
      await file.writeFile(`${sha256(body)}\n${body}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

function numberBehind(text: string): number {
  const numbers = Array.from(text.matchAll(/OVR-(\d{1,9})/g), ([, digits]) => Number(digits));
  return numbers.reduce((highest, number) => Math.max(highest, number), 0) + 1;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
