// A file of any size as lines of bytes, one buffer for all of them: no line ever becomes a string.

import { createHash } from 'node:crypto';
import type { OpenFile } from '../disk.ts';

/** One read; large enough that the call costs nothing beside the lines. */
const CHUNK = 256 * 1024;
/** The longest line that is looked at; names have at most 253 characters, and a hosts line may hold several. */
const MAX_FEED_LINE = 8192;
const LF = 0x0a;
const CR = 0x0d;

/** `isTooLong`: only the first MAX_FEED_LINE bytes are there. Gives true to stop. */
export type LineTaker = (bytes: Uint8Array, start: number, end: number, isTooLong: boolean) => boolean;

/** Calls `take` for each line, without LF, CR and a leading byte order mark. Gives the SHA-256 (hex) of the bytes read. */
export function scanLines(file: OpenFile, take: LineTaker): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK + MAX_FEED_LINE);
  let kept = 0;
  let isSkipping = false;
  let isFirst = true;
  /** Gives true to stop. */
  const give = (start: number, end: number): boolean => {
    const from = isFirst && hasMark(buffer, start, end) ? start + 3 : start;
    isFirst = false;
    return giveLine(buffer, from, end, take);
  };
  for (;;) {
    const count = file.read(buffer.subarray(kept, kept + CHUNK));
    hash.update(buffer.subarray(kept, kept + count));
    const filled = kept + count;
    // Its own view, so that no search runs on into what an earlier read has left behind.
    const text = buffer.subarray(0, filled);
    let start = 0;
    for (let next = text.indexOf(LF); next >= 0; next = text.indexOf(LF, start)) {
      if (!isSkipping && give(start, next)) return hash.digest('hex');
      isSkipping = false;
      start = next + 1;
    }
    if (count === 0) {
      if (!isSkipping && start < filled) give(start, filled);
      return hash.digest('hex');
    }
    kept = isSkipping ? 0 : filled - start;
    if (kept > MAX_FEED_LINE) {
      if (give(start, filled)) return hash.digest('hex');
      isSkipping = true;
      kept = 0;
    }
    buffer.copyWithin(0, start, start + kept);
  }
}

function giveLine(buffer: Uint8Array, start: number, next: number, take: LineTaker): boolean {
  const end = next > start && buffer[next - 1] === CR ? next - 1 : next;
  const isTooLong = end - start > MAX_FEED_LINE;
  return take(buffer, start, isTooLong ? start + MAX_FEED_LINE : end, isTooLong);
}

function hasMark(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && buffer[start] === 0xef && buffer[start + 1] === 0xbb && buffer[start + 2] === 0xbf;
}

/** SHA-256 (hex) of a file, and its first `headBytes` bytes. */
export function digestOf(file: OpenFile, headBytes: number): { sha256: string; head: Uint8Array } {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK);
  let head: Uint8Array = new Uint8Array(0);
  for (let count = file.read(buffer); count > 0; count = file.read(buffer)) {
    if (head.length === 0) head = buffer.slice(0, Math.min(count, headBytes));
    hash.update(buffer.subarray(0, count));
  }
  return { sha256: hash.digest('hex'), head };
}
