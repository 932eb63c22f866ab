// The overrides of this instance, in memory as on disk. What opens something is on disk before it counts; what closes something counts at
// once, whatever the disk says. One writer: overrides/override-desk.ts, one thing at a time.

import { renameSync } from 'node:fs';
import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import { endOf, type Override } from '../../policy/model.ts';
import { type Ending, endedAt, endingByTime, holdsAt, type KeptOverride } from './kept-override.ts';
import { type OverrideFile, readOverrideFile, writeOverrideFile } from './override-file.ts';

/** For `override ls --all`; the journal has the rest. */
const ENDED_KEPT_MS = 30 * 86_400_000;

export class OverrideStore {
  readonly #path: string;
  #next: number;
  #kept: readonly KeptOverride[];
  #isBehind = false;

  private constructor(path: string, { next, kept }: OverrideFile) {
    this.#path = path;
    this.#next = next;
    this.#kept = kept;
  }

  /** A damaged file is put aside and told: nothing of it holds, and nothing keeps the instance from answering. */
  static open(path: string, now: Instant, log: (message: string) => void): OverrideStore | { problem: Problem } {
    try {
      const file = readOverrideFile(path);
      if (!('fault' in file)) return new OverrideStore(path, file);
      if (file.fault === 'format') return { problem: fault(path, 'override-format', file.message) };
      const aside = `${path}.damaged-${new Date(now).toISOString()}`;
      renameSync(path, aside);
      log(`${path} was damaged: no override holds; it lies in ${aside}, add again what is still needed`);
      return new OverrideStore(path, { next: file.next, kept: [] });
    } catch (error) {
      const message = `${(error as Error).message}; let this user read and write it`;
      return { problem: fault(path, 'override-unreadable', message) };
    }
  }

  /** Those that hold, in the order of their ids. */
  active(now: Instant): readonly Override[] {
    return this.#kept.filter((kept) => holdsAt(kept, now)).map(({ override }) => override);
  }

  /** Those that hold, and those that ended in the last 30 days. */
  all(): readonly KeptOverride[] {
    return this.#kept;
  }

  find(id: string): KeptOverride | undefined {
    return this.#kept.find(({ override }) => override.id === id);
  }

  get nextId(): string {
    return `OVR-${this.#next}`;
  }

  /** When `expire` has something to do: one ends, or one ended long enough ago. */
  nextDue(): number {
    const dues = this.#kept.map((one) => endedAt(one) + (one.ended === undefined ? 0 : ENDED_KEPT_MS));
    return dues.reduce((first, due) => Math.min(first, due), Number.POSITIVE_INFINITY);
  }

  /** Its id is nextId. Rejects when it is not on disk, and then it is not here either. */
  async add(kept: KeptOverride): Promise<void> {
    await this.#replace(this.#next + 1, [...this.#kept, kept], kept.override.from);
  }

  /** Likewise. */
  async confirm(id: string, by: string, at: Instant, uid: number | undefined): Promise<void> {
    const kept = this.#kept.map((one) =>
      one.override.id === id ? { ...one, override: { ...one.override, confirmedBy: by }, confirmed: { at, uid } } : one,
    );
    await this.#replace(this.#next, kept, at);
  }

  /** Counts at once. Rejects when it is not on disk: until `flush` is done it would hold again after a restart. */
  async end(id: string, ending: Ending): Promise<void> {
    this.#kept = this.#kept.map((one) => (one.override.id === id ? { ...one, ended: ending } : one));
    await this.#replace(this.#next, this.#kept, ending.at);
  }

  /**
   * Notes the end of those whose time has come, so that a clock set back opens nothing again, and gives them; what ended 30 days ago goes.
   * Counts at once, like `end`.
   */
  expire(now: Instant): { expired: readonly KeptOverride[]; written: Promise<void> } {
    const due = (one: KeptOverride) => one.ended === undefined && endOf(one.override) <= now;
    const expired = this.#kept.filter(due);
    if (now < this.nextDue()) return { expired, written: Promise.resolve() };
    const kept = this.#kept.map((one) => (due(one) ? { ...one, ended: endingByTime(one) } : one));
    this.#kept = youngOf(kept, now);
    return { expired, written: this.#replace(this.#next, this.#kept, now) };
  }

  /** What is known here may not be what is on disk. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Rejects while the disk takes nothing. */
  async flush(now: Instant): Promise<void> {
    await this.#replace(this.#next, this.#kept, now);
  }

  async #replace(next: number, kept: readonly KeptOverride[], now: Instant): Promise<void> {
    const young = youngOf(kept, now);
    this.#isBehind = true; // Also when the new file may be there and its folder could not be synced.
    await writeOverrideFile(this.#path, { next, kept: young });
    this.#next = next;
    this.#kept = young;
    this.#isBehind = false;
  }
}

function youngOf(kept: readonly KeptOverride[], now: Instant): readonly KeptOverride[] {
  return kept.filter((one) => endedAt(one) > now - ENDED_KEPT_MS);
}

function fault(file: string, code: string, message: string): Problem {
  return { code, severity: 'error', message, where: { file, line: 1, column: 1 } };
}
