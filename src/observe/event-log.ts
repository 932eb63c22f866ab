// STATE/events/DATE.ndjson: one JSON line for each blocked, monitored, exempt or released decision, date and time in UTC.
//
//   doors ──ring──▶ pump (main) ──push, as many as there is room for──▶ queue ──every FLUSH_MS──▶ file
//                    └ over the set rate, or the queue is full: missed        └ the disk fails: lost
//
// One second's lines may come at once; a longer burst is thinned, and the next line written says how many are missing: `"lost":12`.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecisionEvent } from '../policy/decide/decision.ts';
import { formatEvent } from './event-line.ts';
import { dayOf, type Pseudonyms } from './pseudonym.ts';

const FLUSH_MS = 250;
/** At most this many lines wait (about 5 MB): a disk that hangs costs events, not memory. */
const MAX_QUEUE = 10_000;
export interface EventLogOptions {
  readonly folder: string;
  readonly maxPerSecond: number;
  readonly pseudonyms: Pseudonyms;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** The (UTC) date. */
  readonly today: () => string;
  readonly onError: (message: string) => void;
}

interface Waiting {
  readonly event: DecisionEvent;
  readonly lostBefore: number;
}

export class EventLog {
  readonly #o: EventLogOptions;
  #queue: Waiting[] = [];
  #budget: number;
  #budgetAt: number;
  #dropped = 0;
  #lostSinceLine = 0;
  /** Told once, until a write succeeds. */
  #isFailing = false;
  #file: { readonly day: string; readonly handle: FileHandle } | undefined;
  #writing: Promise<void> = Promise.resolve();
  #attended = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EventLogOptions) {
    this.#o = options;
    this.#budget = this.#burst;
    this.#budgetAt = options.nowMs();
  }

  /** Writes what waits every FLUSH_MS until `close`. Makes a file for each day it runs: an empty one says that nothing matched. */
  start(): this {
    this.#timer = setInterval(() => {
      this.attend(this.#o.today());
      void this.flush();
    }, FLUSH_MS);
    return this;
  }

  attend(day: string): void {
    if (day === this.#attended) return;
    this.#attended = day;
    this.#writing = this.#writing.then(() => this.#append(day, []));
  }

  /** How many events it takes now. */
  room(): number {
    const now = this.#o.nowMs();
    const earned = ((now - this.#budgetAt) * this.#o.maxPerSecond) / 1000;
    this.#budget = Math.min(this.#burst, this.#budget + earned);
    this.#budgetAt = now;
    return Math.min(Math.floor(this.#budget), MAX_QUEUE - this.#queue.length);
  }

  /** Takes an event that there is room for; never waits. */
  push(event: DecisionEvent): void {
    this.#budget--;
    this.#queue.push({ event, lostBefore: this.#lostSinceLine });
    this.#lostSinceLine = 0;
  }

  /** So many events passed it by. */
  missed(count: number): void {
    this.#dropped += count;
    this.#lostSinceLine += count;
  }

  /** Events that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Settles when all that waited is written or counted as lost. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  get #burst(): number {
    return Math.max(1, this.#o.maxPerSecond);
  }

  async #write(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    for (let from = 0; from < batch.length; ) {
      const day = dayOf(batch[from].event.wallMs);
      let to = from;
      while (to < batch.length && dayOf(batch[to].event.wallMs) === day) to++;
      await this.#append(day, batch.slice(from, to));
      from = to;
    }
  }

  async #append(day: string, batch: readonly Waiting[]): Promise<void> {
    try {
      const pseudonym = await this.#o.pseudonyms.ofDay(day);
      const handle = await this.#fileOf(day);
      await handle.appendFile(batch.map(({ event, lostBefore }) => formatEvent(event, lostBefore, pseudonym)).join(''));
      this.#isFailing = false;
    } catch (error) {
      this.#dropped += batch.length;
      this.#lostSinceLine += batch.reduce((lost, { lostBefore }) => lost + 1 + lostBefore, 0);
      if (!this.#isFailing)
        this.#o.onError(`${batch.length} decision events could not be written: ${(error as Error).message}`);
      this.#isFailing = true;
    }
  }

  async #fileOf(day: string): Promise<FileHandle> {
    if (this.#file?.day === day) return this.#file.handle;
    await this.#file?.handle.close();
    this.#file = undefined;
    const handle = await open(join(this.#o.folder, `${day}.ndjson`), 'a', 0o640);
    this.#file = { day, handle };
    return handle;
  }
}
