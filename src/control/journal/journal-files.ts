// Where the journal lies and how it is read: one file a year, each line as its bytes, parsed where it can be.
//
//   STATE/journal/2026.ndjson   2027.ndjson   head   sources/ (sources.ts)

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type JournalLine, parseLine } from './chain.ts';

const FILE = /^\d{4,6}\.ndjson$/;
const LINE_FEED = 0x0a;
/** Some 2 ms of parsing. */
const LINES_A_TURN = 256;

/** The last line as it was written, in a file of its own: `12 <hash>`. Behind by one line after a crash, never ahead. */
export interface Head {
  readonly n: number;
  readonly hash: string;
}

/** One line, or bytes that are none. */
export interface RawLine {
  readonly file: string;
  /** From 1 in its file. */
  readonly number: number;
  /** Where it starts in the file. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Ended by a line feed. */
  readonly isWhole: boolean;
  readonly line: JournalLine | undefined;
}

export const headPath = (folder: string) => join(folder, 'head');

/** Names, oldest first; none where there is no folder. */
export async function journalFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => FILE.test(name)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** A year of lines is a few megabytes: others have their turn meanwhile. */
export async function readRawLines(folder: string, file: string): Promise<RawLine[]> {
  const all = await readFile(join(folder, file));
  const lines: RawLine[] = [];
  for (let at = 0; at < all.length; ) {
    const feed = all.indexOf(LINE_FEED, at);
    const isWhole = feed >= 0;
    const bytes = all.subarray(at, isWhole ? feed : all.length);
    lines.push({ file, number: lines.length + 1, at, bytes, isWhole, line: parseLine(bytes) });
    at += bytes.length + 1;
    if (lines.length % LINES_A_TURN === 0) await setImmediate();
  }
  return lines;
}

/** Every line that can be read, oldest first. */
export async function* readJournal(folder: string): AsyncGenerator<JournalLine> {
  for (const file of await journalFiles(folder))
    for (const { line } of await readRawLines(folder, file)) if (line !== undefined) yield line;
}

/** Undefined when there is none; a fault when it says nothing that we understand. */
export async function readHead(folder: string): Promise<Head | { readonly fault: string } | undefined> {
  const text = await readFile(headPath(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [, n, hash] = /^(\d{1,15}) ([0-9a-f]{64})\n$/.exec(text) ?? [];
  return hash === undefined ? { fault: 'it is not a number and a hash' } : { n: Number(n), hash };
}
