// From a job to a served snapshot: compiled into the spare slot, published, kept on disk. What to compile and when, others say.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { pause } from '../clock.ts';
import type { Cause } from '../journal/journal-entry.ts';
import type { ActivePolicy, Pin } from './active-policy.ts';
import type { CompileReport, Origin } from './compile-job.ts';
import { activatedEntry, expiryEntry } from './journal-entries.ts';
import type { KeeperOptions } from './keeper-options.ts';
import { type Compiled, problem } from './keeper-problems.ts';
import type { LastGood } from './last-good.ts';

/** A reader that has not moved on by then is stuck, and the reload with it. */
const MOVE_ON_MS = 1_000;
const MOVE_ON_STEP_MS = 10;

export type Good = CompileReport & { readonly ok: true };

export interface Activation {
  readonly origin: ActivePolicy['origin'];
  readonly cause: Cause;
  readonly pinned?: Pin | undefined;
}

export class Serving {
  readonly #o: KeeperOptions;
  active: ActivePolicy | undefined;
  /** The generation last compiled. */
  generation = 0;

  constructor(options: KeeperOptions) {
    this.#o = options;
  }

  /** Into the spare slot, once no reader is left in it. */
  async compile(origin: Origin, now: Instant): Promise<Compiled> {
    if (!(await this.#spareIsFree())) return 'stuck';
    const generation = ++this.generation;
    const { overrides, sourcesFolder } = this.#o;
    const report = await this.#o.compile({ origin, now, generation, overrides: overrides(), sourcesFolder }).catch(
      (error: Error): CompileReport => ({
        ok: false,
        problems: [problem('compiler-died', `the compiler ended: ${error.message}; the running policy stays`, this.#o)],
        watched: [],
      }),
    );
    if (origin.kind === 'running' || origin.kind === 'kept') return { generation, report };
    return { generation, report: { ...report, problems: [...report.problems, ...this.#o.onRead(report)] } };
  }

  /** The running rules and model, with the overrides of the moment. */
  compileRunning({ slot, length, model, readAt }: ActivePolicy, at: Instant): Promise<Compiled> {
    return this.compile({ kind: 'running', slot, length, model, readAt }, at);
  }

  /** The active rules once more: they stay those of where they came from. */
  again(cause: Cause): Activation {
    return { origin: this.active?.origin ?? 'files', cause, pinned: this.active?.pinned };
  }

  async #spareIsFree(): Promise<boolean> {
    for (let waited = 0; !this.#o.arena.isSpareFree(); waited += MOVE_ON_STEP_MS) {
      if (waited >= MOVE_ON_MS) return false;
      await pause(this.#o.clock, MOVE_ON_STEP_MS);
    }
    return true;
  }

  /** What was compiled last is served from here on; a problem when it does not open. */
  activate(report: Good, activation: Activation): Problem | undefined {
    const { arena } = this.#o;
    const snapshot = this.#o.open(arena.slot(arena.spare, report.length));
    if ('fault' in snapshot)
      return problem('snapshot-damaged', `the new snapshot does not open: ${snapshot.fault}`, this.#o);
    this.serve(snapshot, report, activation);
    return undefined;
  }

  /** What lies complete in the spare slot is served from here on. */
  serve(snapshot: Snapshot, policy: LastGood, { origin, cause, pinned }: Activation): void {
    const { arena, clock, journal } = this.#o;
    const { generation, validUntil, length } = snapshot;
    const { hash, readAt, rules, model, from, stamps, sources } = policy;
    const { spare: slot } = arena;
    const served = { generation, origin, pinned, validUntil, activatedAt: clock.now(), slot, length, snapshot };
    const before = this.active;
    const active = { ...served, hash, readAt, rules, model, from, stamps, sources };
    this.#o.beforeActive(snapshot);
    arena.publish(generation, slot, length);
    this.active = active;
    this.#o.onActive(active);
    journal(activatedEntry(active, cause));
    const expiry = before && expiryEntry(before, active);
    if (expiry !== undefined) journal(expiry);
  }
}
