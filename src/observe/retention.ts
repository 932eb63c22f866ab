// Removes what has been kept long enough: event files, keys of pseudonyms, samples of faults. By the date in a file's name and the wall
// clock, while that clock can be believed (clock-trust.ts). A clock that goes a month ahead is told of in the log, with what will be
// removed by it and when; whoever sets it back in time has lost nothing.
//
// `due` is the first moment at which a day's file may be gone, and it is counted from the day's beginning: "7 days" is never eight.

import { open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Instant } from '../base/brand.ts';
import { addSpan, isDate } from '../base/dates.ts';
import type { Retention as Kept } from '../config/retention.ts';
import type { Span } from '../policy/model.ts';
import { ClockTrust, HOLD_MS } from './clock-trust.ts';
import { dayOf } from './pseudonym.ts';

/** The clock is looked at so often; a step is told of within this, and removal is at most this late. */
const LOOK_MS = 600_000;
const DAY_MS = 86_400_000;
const DATED = /^(\d{4}-\d{2}-\d{2})\.(?:ndjson|key)$/;
/** Of faults.ndjson, whose lines begin with their time. */
const FIRST_TIME = /^\{"time":"(\d{4}-\d{2}-\d{2})T/;

export interface RetentionOptions {
  readonly events: string;
  readonly keys: string;
  readonly faults: string;
  readonly kept: Kept;
  /** Wall clock, and one that is never set. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly onKeyDestroyed: (day: string) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

interface Item {
  readonly what: 'event file' | 'pseudonym key' | 'samples of faults';
  readonly path: string;
  readonly day: string;
  readonly due: number;
}

export class Retention {
  readonly #o: RetentionOptions;
  readonly #trust = new ClockTrust();
  /** What was told once: files that cannot be removed, files from the future. */
  readonly #told = new Set<string>();
  #sweeping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RetentionOptions) {
    this.#o = options;
  }

  /** Looks now and every LOOK_MS until `close`. */
  start(): this {
    this.#timer = setInterval(() => void this.sweep(), LOOK_MS);
    void this.sweep();
    return this;
  }

  /** One look: removes what is due, if the clock has held. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep());
    return this.#sweeping;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { nowMs, monotonicMs } = this.#o;
    const now = nowMs();
    const set = this.#trust.look(now, monotonicMs());
    const items = await this.#items();
    const due = items.filter((item) => item.due <= now);
    if (set !== 0) this.#tellOfStep(set, due);
    this.#tellOfFuture(items, now);
    if (!this.#trust.holds) return;
    for (const item of due) await this.#remove(item);
  }

  #tellOfStep(setMs: number, due: readonly Item[]): void {
    const ends = due.length === 0 ? 'nothing ends by it' : `by it ${listOf(due)} end`;
    this.#o.log(
      'warn',
      `the clock went ${setMs > 0 ? 'ahead' : 'back'} by ${spell(Math.abs(setMs))}; ${ends}, and nothing is removed until it has held for ${spell(HOLD_MS)}: if it is wrong, set it now`,
    );
  }

  /** Written while the clock stood ahead: kept until their date has passed, for nothing tells how old they are. */
  #tellOfFuture(items: readonly Item[], now: number): void {
    const tomorrow = dayOf(now + DAY_MS);
    for (const { what, path, day } of items)
      if (day > tomorrow)
        this.#once('warn', path, `${what} ${path} is dated later than today and is kept so much longer`);
  }

  async #remove(item: Item): Promise<void> {
    const { what, path, day } = item;
    try {
      if (what === 'pseudonym key') {
        await destroyKey(path);
        this.#o.onKeyDestroyed(day);
      } else await rm(path, { force: true });
      this.#o.log('info', `${what} of ${day} ${what === 'pseudonym key' ? 'destroyed' : 'removed'}: kept long enough`);
    } catch (error) {
      const cure = 'remove it, and give the folder to the user that runs interdict';
      this.#once('error', path, `${what} ${path} is due and cannot be removed: ${(error as Error).message}; ${cure}`);
    }
  }

  #once(level: 'warn' | 'error', path: string, message: string): void {
    if (!this.#told.has(path)) this.#o.log(level, message);
    this.#told.add(path);
  }

  async #items(): Promise<Item[]> {
    const { events, keys, faults, kept } = this.#o;
    const firstFault = await dayOfFaults(faults);
    return [
      ...(await datedFiles(events)).map((file) => ({
        what: 'event file' as const,
        ...file,
        due: dueOf(file.day, kept.events.span),
      })),
      ...(await datedFiles(keys)).map((file) => ({
        what: 'pseudonym key' as const,
        ...file,
        due: dueOf(file.day, kept.pseudonymKeys.span),
      })),
      ...(firstFault === undefined
        ? []
        : [
            {
              what: 'samples of faults' as const,
              path: faults,
              day: firstFault,
              due: dueOf(firstFault, kept.events.span),
            },
          ]),
    ];
  }
}

/** First moment at which what was written on that day (UTC) may be gone. */
export function dueOf(day: string, span: Span): number {
  return addSpan(Date.parse(`${day}T00:00:00Z`) as Instant, span, 'UTC');
}

/** Files of a folder that a day names, the oldest first; none when there is no such folder. */
export async function datedFiles(folder: string): Promise<{ readonly path: string; readonly day: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().flatMap((name) => {
    const day = DATED.exec(name)?.[1];
    return day === undefined || !isDate(day) ? [] : [{ path: join(folder, name), day }];
  });
}

/** The day of the oldest sample; undefined when there is none. */
export async function dayOfFaults(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return FIRST_TIME.exec(text)?.[1];
}

/**
 * Overwritten first, for file systems that write in place. On journaled and copy-on-write ones, on flash, in snapshots and backups older
 * bytes may outlive this; docs/privacy.md says so.
 */
async function destroyKey(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    await file.write(new Uint8Array(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

function listOf(items: readonly Item[]): string {
  const counts = Map.groupBy(items, ({ what }) => what);
  return [...counts].map(([what, { length }]) => `${length} ${what}${length === 1 ? '' : 's'}`).join(' and ');
}

/** `31 days`, `1 hour`, `5 minutes`. */
function spell(ms: number): string {
  const [amount, unit] =
    ms >= 2 * DAY_MS ? [ms / DAY_MS, 'day'] : ms >= 3_600_000 ? [ms / 3_600_000, 'hour'] : [ms / 60_000, 'minute'];
  const whole = Math.round(amount as number);
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`;
}
