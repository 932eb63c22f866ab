// STATE/events read again: one file a day, line by line, so that a day of any length fits in memory.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type EventLine, parseEvent } from './event-line.ts';

/** The lines of a day's file in the order in which they were written; undefined for each that is none. Rejects when it cannot be read. */
export async function* eventsOf(path: string): AsyncGenerator<EventLine | undefined> {
  const input = createReadStream(path, 'utf8');
  // The interface alone would hang on an input that fails.
  const failed = new Promise<never>((_, fail) => input.once('error', fail));
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) return;
    if (next.value !== '') yield parseEvent(next.value);
  }
}
