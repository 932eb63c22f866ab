// What begins and ends by date: the next snapshot is compiled a minute ahead and swapped in at its moment. Time has no guard, and edited
// files have no say in it.

import type { Instant } from '../../base/brand.ts';
import { waitUntil } from '../clock.ts';
import type { ActivePolicy } from './active-policy.ts';
import type { KeeperOptions } from './keeper-options.ts';
import { problemsOf } from './keeper-problems.ts';
import type { Good, Serving } from './serving.ts';

/** The next snapshot is ready this long before its time: longer than any compile takes. */
const AHEAD_MS = 60_000;
/** After a compile for its time failed. */
const RETRY_MS = 5_000;

export class PolicyTime {
  readonly #o: KeeperOptions;
  readonly #serving: Serving;
  /** The keeper's queue. */
  readonly #inTurn: (task: () => Promise<void>) => unknown;
  readonly #activate: (report: Good) => string | undefined;
  /** Complete in the spare slot, waiting for its time, while nothing else was compiled since. */
  #prepared: { readonly generation: number; readonly report: Good } | undefined;
  #cancelWait = () => {};
  #isClosed = false;

  constructor(
    options: KeeperOptions,
    serving: Serving,
    inTurn: (task: () => Promise<void>) => unknown,
    activate: (report: Good) => string | undefined,
  ) {
    this.#o = options;
    this.#serving = serving;
    this.#inTurn = inTurn;
    this.#activate = activate;
  }

  /** Waits for the next moment at which something is to be done about time; called when another policy is served or was compiled. */
  schedule(retryMs = 0): void {
    this.#cancelWait();
    const { active } = this.#serving;
    if (active === undefined || this.#isClosed) return;
    const at = this.#ready()
      ? active.validUntil
      : Math.max(active.validUntil - AHEAD_MS, this.#o.clock.now() + retryMs);
    this.#cancelWait = waitUntil(this.#o.clock, at, () => void this.#inTurn(() => this.#take()));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWait();
  }

  #ready(): Good | undefined {
    return this.#prepared?.generation === this.#serving.generation ? this.#prepared.report : undefined;
  }

  /** Prepares what holds from validUntil on, and swaps it in when that moment has come. */
  async #take(): Promise<void> {
    const { active } = this.#serving;
    if (active === undefined || this.#isClosed || this.#o.clock.now() < active.validUntil - AHEAD_MS) return;
    if (this.#ready() === undefined) await this.#prepare(active);
    const report = this.#ready();
    if (report === undefined) return this.schedule(RETRY_MS);
    if (this.#o.clock.now() < active.validUntil) return this.schedule();
    this.#prepared = undefined;
    const fault = this.#activate({ ...report, stamps: active.stamps, sources: active.sources });
    if (fault === undefined) return this.#o.log('info', `time: generation ${this.#serving.generation} took over`);
    this.#o.log('error', `time: ${fault}`);
    this.schedule(RETRY_MS);
  }

  async #prepare(active: ActivePolicy): Promise<void> {
    // When late, for now: what has begun meanwhile begins.
    const at = Math.max(active.validUntil, this.#o.clock.now()) as Instant;
    const compiled = await this.#serving.compileRunning(active, at);
    if (compiled !== 'stuck' && compiled.report.ok)
      this.#prepared = { generation: compiled.generation, report: compiled.report };
    else for (const { message } of problemsOf(compiled, this.#o)) this.#o.log('error', `time: ${message}`);
  }
}
