// How starts and reloads went: what the status, the metrics and the journal say about them.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { ActivePolicy, Outcome, PolicyStatus, ReloadResult } from './active-policy.ts';
import { refusedEntry } from './journal-entries.ts';
import type { KeeperOptions } from './keeper-options.ts';
import { statusOf } from './keeper-status.ts';

export class ReloadRecord {
  readonly #o: KeeperOptions;
  #problems: readonly Problem[] = [];
  #isLastGood = false;
  #lastSuccessAt: Instant | undefined;
  readonly #reloads: Record<Outcome, number> = { applied: 0, unchanged: 0, refused: 0, stuck: 0, pinned: 0 };

  constructor(options: KeeperOptions) {
    this.#o = options;
  }

  /** The files were read and are not what is served. */
  startRefused(result: ReloadResult): void {
    this.#problems = result.problems;
    this.#o.journal(refusedEntry(result, 'start'));
  }

  started(problems: readonly Problem[]): void {
    this.#problems = problems;
    this.#succeed();
  }

  reloaded(result: ReloadResult): void {
    const { outcome, generation, problems } = result;
    this.#reloads[outcome]++;
    this.#problems = problems;
    this.#isLastGood = outcome !== 'refused' && outcome !== 'stuck';
    if (this.#isLastGood) this.#succeed();
    else this.#o.journal(refusedEntry(result, 'reload'));
    const level = this.#isLastGood ? 'info' : 'warn';
    this.#o.log(level, `reload ${outcome}: generation ${generation}, ${problems.length} problems`);
  }

  status(active: ActivePolicy | undefined): PolicyStatus {
    return statusOf({
      active,
      now: this.#o.clock.now(),
      problems: this.#problems,
      isLastReloadGood: this.#isLastGood,
      lastSuccessAt: this.#lastSuccessAt,
      reloads: this.#reloads,
    });
  }

  #succeed(): void {
    this.#isLastGood = true;
    this.#lastSuccessAt = this.#o.clock.now();
  }
}
