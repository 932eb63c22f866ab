// One line of the journal: an entry with its number, its time, and the SHA-256 of the line before. Whoever changes, takes out or swaps a
// line breaks the one behind it; of the last line the head beside the files knows (journal.ts).
//
//   {"n":12,"at":"2026-11-24T10:00:00.000Z","kind":"activated",…,"prev":"<hex of line 11, without its line feed>"}

import { createHash } from 'node:crypto';
import type { Instant } from '../../base/brand.ts';
import type { JournalEntry } from './journal-entry.ts';

/** `prev` of the first line. */
export const NOTHING_BEFORE = '0'.repeat(64);

/** What the journal says about itself. */
export type OwnEntry =
  /** The wall clock was set, by so much beyond the time that passed; 0 where that is not known. */
  | { readonly kind: 'clock'; readonly before: string; readonly steppedMs: number }
  /** Bytes behind the last whole line, left by a crash: they stay where they are, this line says what they are. */
  | { readonly kind: 'repaired'; readonly bytes: number; readonly sha256: string }
  /** Lines that the head knows and nobody finds: `from` to `to`. */
  | { readonly kind: 'missing'; readonly from: number; readonly to: number }
  /** Entries that the disk did not take and memory had no room for. */
  | { readonly kind: 'lost'; readonly entries: number }
  | RemovedEntry;

/** Older files, taken away for their age: all lines before `first`. */
export interface RemovedEntry {
  readonly kind: 'removed';
  readonly first: number;
  readonly files: readonly string[];
}

export type AnyEntry = JournalEntry | OwnEntry;

export interface JournalLine {
  readonly n: number;
  readonly at: Instant;
  readonly entry: AnyEntry;
  readonly prev: string;
  /** Of this line: `prev` of the next. */
  readonly hash: string;
}

/** Without its line feed. */
export function formatLine(n: number, at: Instant, entry: AnyEntry, prev: string): string {
  return JSON.stringify({ n, at: new Date(at).toISOString(), ...entry, prev });
}

/** Undefined when this is no line of a journal. */
export function parseLine(bytes: Uint8Array): JournalLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { n, at, prev, ...entry } = value as Record<string, unknown>;
  if (typeof n !== 'number' || typeof at !== 'string' || typeof prev !== 'string') return undefined;
  const instant = Date.parse(at);
  if (!Number.isSafeInteger(n) || n < 1 || Number.isNaN(instant) || typeof entry.kind !== 'string') return undefined;
  // Whether this version wrote it says the chain, not its shape; readers look at the kinds that they know.
  return { n, at: instant as Instant, entry: entry as unknown as AnyEntry, prev, hash: sha256Hex(bytes) };
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
