// Removes what has been kept long enough: event files, keys of pseudonyms, samples of faults, years of the journal, the text of past
// policies. By the date in a file's name and the wall clock, while that clock can be believed (clock-trust.ts). A clock that goes a month
// ahead is told of in the log, with what will be removed by it and when; whoever sets it back in time has lost nothing.

import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Instant } from '../base/brand.ts';
import type { Retention as Kept } from '../config/retention.ts';
import type { Span } from '../policy/model.ts';
import { ClockTrust, HOLD_MS } from './clock-trust.ts';
import { type DatedFile, datedFiles, dueOf, faultsFile } from './dated-files.ts';
import { dayOf } from './pseudonym.ts';

/** The clock is looked at so often; a step is told of within this, and removal is at most this late. */
const LOOK_MS = 600_000;
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly events: string;
  readonly keys: string;
  readonly faults: string;
  readonly kept: Kept;
  /** Wall clock, and one that is never set. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly onKeyDestroyed: (day: string) => void;
  /** Removes the journal's years that are due, and gives their files' names. */
  readonly removeYears: (isDue: (year: number) => boolean) => Promise<readonly string[]>;
  /** Removes the text of policies that ended long ago, and gives how many files went. */
  readonly sweepSources: (now: Instant) => Promise<number>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

interface Item extends DatedFile {
  readonly what: 'event file' | 'pseudonym key' | 'file of faults';
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
    await this.#removeYears(now);
    await this.#sweepSources(now as Instant);
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

  /** A year goes when its last day has been kept for the span. */
  async #removeYears(now: number): Promise<void> {
    const { removeYears, kept, log } = this.#o;
    try {
      const gone = await removeYears((year) => dueOf(`${year + 1}-01-01`, kept.journal.span) <= now);
      if (gone.length > 0) log('info', `journal of ${gone.join(', ')} removed: kept long enough`);
    } catch (error) {
      this.#once('error', 'journal', `old years of the journal cannot be removed: ${(error as Error).message}`);
    }
  }

  async #sweepSources(now: Instant): Promise<void> {
    try {
      const gone = await this.#o.sweepSources(now);
      if (gone > 0)
        this.#o.log('info', `${gone} files of the text of past policies removed: kept long enough, or no room`);
    } catch (error) {
      const message = `the text of past policies cannot be looked through or removed: ${(error as Error).message}`;
      this.#once('error', 'sources', message);
    }
  }

  #once(level: 'warn' | 'error', path: string, message: string): void {
    if (!this.#told.has(path)) this.#o.log(level, message);
    this.#told.add(path);
  }

  async #items(): Promise<Item[]> {
    const { events, keys, faults, kept } = this.#o;
    const items = (what: Item['what'], files: readonly DatedFile[], span: Span) =>
      files.map((file) => ({ what, ...file, due: dueOf(file.day, span) }));
    return [
      ...items('event file', await datedFiles(events), kept.events.span),
      ...items('pseudonym key', await datedFiles(keys), kept.pseudonymKeys.span),
      ...items('file of faults', await faultsFile(faults), kept.events.span),
    ];
  }
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
