// STATE/journal: what became of the policy here, line by line, only ever added to. One writer, the running instance.
//
//   note ─▶ waits ─▶ file + fsync ─▶ head + rename          a disk that takes nothing: entries wait here, serving goes on
//
// The head names the last line, which no line behind it vouches for. It is written second: a crash leaves it one line behind.

import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import type { Clock } from '../clock.ts';
import { type AnyEntry, formatLine, type OwnEntry, type RemovedEntry, sha256Hex } from './chain.ts';
import { findEnd, type JournalEnd } from './journal-end.ts';
import type { JournalEntry } from './journal-entry.ts';
import { headPath } from './journal-files.ts';

/** A disk that is full for hours, with edits going on, makes fewer. */
const MAX_WAITING = 1_000;
const RETRY_MS = 5_000;
/** How often the wall clock is compared with the time that passed; and from which difference on it was set, not corrected. */
const LOOK_MS = 60_000;
const STEP_MS = 30_000;

export interface JournalOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Time that passes whatever the wall clock is set to. */
  readonly monotonicMs: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

interface Waiting {
  readonly at: Instant;
  readonly entry: AnyEntry;
}

export class Journal {
  readonly #o: JournalOptions;
  /** Unknown before the first write, and after one whose outcome is. */
  #end: JournalEnd | undefined;
  #waiting: Waiting[] = [];
  #lost = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #isFailing = false;
  /** Logged last for want of room: a retry says nothing new. */
  #told: Waiting | undefined;
  /** What the head is to say and could not be made to. */
  #headOwed: string | undefined;
  #cancelRetry = () => {};
  #cancelLook = () => {};
  /** Wall clock less monotonic time. */
  #offset: number;

  constructor(options: JournalOptions) {
    this.#o = options;
    this.#offset = options.clock.now() - options.monotonicMs();
    this.#look();
  }

  /** Settles when the entry is on disk; rejects, and forgets it, when it cannot be. */
  write(entry: JournalEntry | RemovedEntry): Promise<void> {
    const waiting = { at: this.#now(), entry };
    return this.#inTurn(() => this.#append([...this.#waiting, waiting]));
  }

  /** Never rejects: what the disk does not take waits, and stands in the log. */
  note(entry: JournalEntry): void {
    this.#add(this.#now(), entry);
    void this.#flush();
  }

  /** What waits is tried a last time. */
  async close(): Promise<void> {
    this.#cancelLook();
    await this.#flush();
    this.#cancelRetry();
  }

  #add(at: Instant, entry: AnyEntry): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ at, entry });
    else this.#lost++;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  #flush(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#waiting.length > 0) await this.#append([...this.#waiting]);
      else if (this.#headOwed !== undefined) await this.#writeHead(this.#headOwed);
    }).catch(() => this.#retry());
  }

  #retry(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#o.clock.setTimer(RETRY_MS, () => void this.#flush());
  }

  /** `entries` begins with all that waits. */
  async #append(entries: readonly Waiting[]): Promise<void> {
    const held = this.#waiting.length;
    const lost = this.#lost;
    try {
      await mkdir(this.#o.folder, { recursive: true, mode: 0o750 });
      const end = this.#end ?? (await findEnd(this.#o.folder));
      this.#end = undefined;
      const own = lost === 0 ? [] : [{ at: entries[0].at, entry: { kind: 'lost', entries: lost } as const }];
      this.#end = await this.#put(end, [...own, ...entries]);
    } catch (error) {
      this.#complain((error as Error).message, entries);
      throw new Error(`the journal in ${this.#o.folder} cannot be written: ${(error as Error).message}`);
    }
    this.#waiting = this.#waiting.slice(held);
    this.#lost -= lost;
    if (this.#isFailing) this.#o.log('info', 'the journal is written again');
    this.#isFailing = false;
  }

  async #put(end: JournalEnd, entries: readonly Waiting[]): Promise<JournalEnd> {
    for (const note of end.notes) this.#o.log('warn', `journal: ${JSON.stringify(note)}`);
    const first = entries[0].at;
    const all = [...end.notes.map((entry): Waiting => ({ at: first, entry })), ...entries];
    let [n, hash, at] = [end.n, end.hash, end.at];
    let text = end.isTorn ? '\n' : '';
    const line = (entry: AnyEntry, when: Instant) => {
      const formatted = formatLine(++n, when, entry, hash);
      [hash, at] = [sha256Hex(formatted), when];
      text += `${formatted}\n`;
    };
    for (const { at: when, entry } of all) {
      if (at !== undefined && when < at - STEP_MS && entry.kind !== 'clock') line(setBack(at), when);
      line(entry, when);
    }
    const file = fileFor(first, end.file);
    await appendTo(join(this.#o.folder, file), text);
    await this.#writeHead(`${n} ${hash}\n`);
    this.#o.log('info', `journal line ${n}: ${hash}`); // Wherever logs are collected this is known, whatever becomes of the folder.
    return { file, n, hash, at, isTorn: false, notes: [] };
  }

  /** Behind, and tried again, when it fails: the line itself is written. */
  async #writeHead(text: string): Promise<void> {
    const path = headPath(this.#o.folder);
    try {
      const file = await open(`${path}.new`, 'w', 0o640);
      await file
        .writeFile(text)
        .then(() => file.sync())
        .finally(() => file.close());
      await rename(`${path}.new`, path);
      this.#headOwed = undefined;
    } catch (error) {
      if (this.#headOwed === undefined)
        this.#o.log('error', `the journal's head cannot be written: ${(error as Error).message}; make room`);
      this.#headOwed = text;
      this.#retry();
    }
  }

  /** What the disk does not hold the log does. */
  #complain(message: string, entries: readonly Waiting[]): void {
    if (!this.#isFailing) {
      const what = 'serving goes on, entries wait in memory and stand in this log; make room';
      this.#o.log('error', `the journal in ${this.#o.folder} cannot be written: ${message}; ${what}`);
    }
    this.#isFailing = true;
    const last = entries.at(-1);
    if (last === undefined || last === this.#told) return;
    this.#told = last;
    this.#o.log('warn', `journal entry not on disk: ${JSON.stringify(last.entry, withoutClients)}`);
  }

  #look(): void {
    this.#now();
    this.#cancelLook = this.#o.clock.setTimer(LOOK_MS, () => this.#look());
  }

  /** The wall clock; that it was set is noted first. */
  #now(): Instant {
    const now = this.#o.clock.now();
    const passed = this.#o.monotonicMs();
    const steppedMs = Math.round(now - passed - this.#offset);
    this.#offset = now - passed;
    if (Math.abs(steppedMs) < STEP_MS) return now;
    const before = new Date(now - steppedMs).toISOString();
    this.#add(now, { kind: 'clock', before, steppedMs });
    void this.#flush();
    return now;
  }
}

/** An emergency exemption names addresses, and the log holds none (docs/privacy.md). */
function withoutClients(key: string, value: unknown): unknown {
  return key === 'clients' ? undefined : value;
}

/** Seen from the lines alone: the clock was set while nobody looked. */
function setBack(last: Instant): OwnEntry {
  return { kind: 'clock', before: new Date(last).toISOString(), steppedMs: 0 };
}

/** A clock that was set back a year goes on in the file it finds: names stay in the order of lines. */
function fileFor(at: Instant, last: string | undefined): string {
  const year = Math.max(new Date(at).getUTCFullYear(), last === undefined ? 0 : Number.parseInt(last, 10));
  return `${year}.ndjson`;
}

/** All of it, or the file as it was. */
async function appendTo(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o640);
  try {
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      await file.truncate(size).catch(() => {}); // Where that fails too, the next write finds a torn line.
      throw error;
    }
  } finally {
    await file.close();
  }
}
