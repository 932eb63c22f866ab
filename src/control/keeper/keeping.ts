// The active policy on disk: for the next start, and to go back to. Nobody who is served waits for it.

import type { Instant } from '../../base/brand.ts';
import type { ActivePolicy } from './active-policy.ts';
import type { KeeperOptions } from './keeper-options.ts';
import type { Serving } from './serving.ts';

/** After a disk took nothing. */
const RETRY_MS = 30_000;

type InTurn = (task: () => Promise<string | undefined>) => Promise<string | undefined>;

export class Keeping {
  readonly #o: KeeperOptions;
  readonly #serving: Serving;
  /** The keeper's queue. */
  readonly #inTurn: InTurn;
  /** What was asked for last is on disk, or why it is not. */
  done: Promise<string | undefined> = Promise.resolve(undefined);
  #cancelRetry = () => {};

  constructor(options: KeeperOptions, serving: Serving, inTurn: InTurn) {
    this.#o = options;
    this.#serving = serving;
    this.#inTurn = inTurn;
  }

  /** Before the next compile, and again until it is written or rules that were read at another time are served. */
  keep(readAt: Instant, isForRollback: boolean): void {
    this.#cancelRetry();
    this.done = this.#inTurn(async () => {
      const { active } = this.#serving;
      if (active?.readAt !== readAt) return undefined;
      const fault = await this.#write(active, isForRollback);
      const again = () => this.keep(readAt, isForRollback);
      if (fault !== undefined) this.#cancelRetry = this.#o.clock.setTimer(RETRY_MS, again);
      return fault;
    });
  }

  close(): void {
    this.#cancelRetry();
  }

  async #write(active: ActivePolicy, isForRollback: boolean): Promise<string | undefined> {
    const { lastGoodFolder, keptFolder, arena, log } = this.#o;
    const { hash, readAt, rules, model, from, stamps, sources, pinned } = active;
    const policy = { hash, readAt, rules, model, from, stamps, sources, pinned };
    try {
      await this.#o.writeLastGood(lastGoodFolder, arena.slot(active.slot, active.length), policy);
      if (isForRollback) await this.#o.keep(keptFolder, lastGoodFolder);
    } catch (error) {
      const { message } = error as Error;
      log('error', `the active policy could not be written to ${lastGoodFolder}: ${message}`);
      return message;
    }
    return undefined;
  }
}
