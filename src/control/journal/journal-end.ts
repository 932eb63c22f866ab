// Where a journal ends on disk, and what a crash or a hand has left there. Looked at when a process starts to write, and after a write of
// its own that failed.

import type { Instant } from '../../base/brand.ts';
import { NOTHING_BEFORE, type OwnEntry, sha256Hex } from './chain.ts';
import { journalFiles, type RawLine, readHead, readRawLines } from './journal-files.ts';

export interface JournalEnd {
  /** The file that goes on; undefined when there is none. */
  readonly file: string | undefined;
  /** Number and hash of the last line: what the next builds on. */
  readonly n: number;
  readonly hash: string;
  readonly at: Instant | undefined;
  /** The file's last byte is no line feed. */
  readonly isTorn: boolean;
  /** To be said before anything else. */
  readonly notes: readonly OwnEntry[];
}

export async function findEnd(folder: string): Promise<JournalEnd> {
  const tail = await tailOf(folder);
  const last = tail.findLast(({ line }) => line !== undefined)?.line;
  const behind = tail.slice(tail.findLastIndex(({ line }) => line !== undefined) + 1);
  const head = await readHead(folder);
  const known = head === undefined || 'fault' in head ? 0 : head.n;
  const n = last?.n ?? 0;
  const isTorn = tail.at(-1)?.isWhole === false;
  return {
    file: tail.at(-1)?.file ?? (await journalFiles(folder)).at(-1),
    n: Math.max(n, known),
    hash: last?.hash ?? NOTHING_BEFORE,
    at: last?.at,
    isTorn,
    notes: [
      ...(behind.length > 0 || isTorn ? [repaired(behind)] : []),
      ...(known > n ? [{ kind: 'missing', from: n + 1, to: known } as const] : []),
    ],
  };
}

/** The last line that can be read, and all behind it; files of nothing but rubbish are looked through. */
async function tailOf(folder: string): Promise<RawLine[]> {
  const tail: RawLine[] = [];
  for (const file of (await journalFiles(folder)).reverse()) {
    tail.unshift(...(await readRawLines(folder, file)));
    if (tail.some(({ line }) => line !== undefined)) break;
  }
  return tail;
}

/** Of nothing when a line feed alone was missing. */
function repaired(behind: readonly RawLine[]): OwnEntry {
  const bytes = unreadable(behind);
  return { kind: 'repaired', bytes: bytes.length, sha256: sha256Hex(bytes) };
}

/** As they stand in the file, without the last line feed. */
export function unreadable(lines: readonly RawLine[]): Uint8Array {
  return Buffer.concat(lines.flatMap(({ bytes }, i) => (i === 0 ? [bytes] : [Buffer.from('\n'), bytes])));
}
