// Which policy is served, and how the next one takes its place: at a start, after an edit, and when time comes. All or nothing: whatever
// fails, the running snapshot stays whole.
//
//          start                      reload (edit, SIGHUP, socket)            validUntil − 60 s
//    files ──ok──▶ active          files ──ok──▶ unchanged? shrunk?          running rules and model,
//      │ bad, shrunk                 │ bad        │ yes     │ no                │ compiled for validUntil
//      ▼                             ▼            ▼         ▼                   ▼
//    last good ──▶ active          refused    unchanged,  active             prepared ──validUntil──▶ active
//                                             refused
//
// One thing at a time: tasks run in a queue, and reloads that wait are one reload. Time has no guard, and edited files have no say in it.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Override } from '../../policy/model.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { type Clock, pause, waitUntil } from '../clock.ts';
import type { ActivePolicy, Outcome, PolicyStatus, ReloadResult } from './active-policy.ts';
import type { Arena } from './arena.ts';
import type { CompileJob, CompileReport, Origin } from './compile-job.ts';
import { type Compiled, problem, problemsOf, shrinkProblems } from './keeper-problems.ts';
import type { LastGood, openUnchanged } from './last-good.ts';
import { findShrinks, type Shrink } from './shrink-guard.ts';

/** The next snapshot is ready this long before its time: longer than any compile takes. */
const AHEAD_MS = 60_000;
/** After a compile for its time failed. */
const RETRY_MS = 5_000;
/** A reader that has not moved on by then is stuck, and the reload with it. */
const MOVE_ON_MS = 1_000;
const MOVE_ON_STEP_MS = 10;

export interface KeeperOptions {
  readonly configFile: string;
  readonly lastGoodFolder: string;
  readonly maxShrink: number;
  readonly clock: Clock;
  readonly arena: Arena;
  /** Those that hold or may yet; asked for each compile. */
  readonly overrides: () => readonly Override[];
  /** Runs a job in the compiler thread, writing the arena's spare slot; rejects when the thread dies or takes too long. */
  readonly compile: (job: CompileJob) => Promise<CompileReport>;
  /** Of bytes that the compiler thread has verified. */
  readonly open: (bytes: Uint8Array) => Snapshot | { fault: string };
  /** The last good policy in the given bytes, when the files are still what it was made of. */
  readonly openUnchanged: typeof openUnchanged;
  readonly readLastGood: (folder: string) => Promise<LastGood | { fault: string }>;
  readonly writeLastGood: (folder: string, snapshot: Uint8Array, policy: LastGood) => Promise<void>;
  /** Called before the snapshot is published: no reader uses it yet, and all use the one before. */
  readonly beforeActive: (snapshot: Snapshot) => void;
  /** Hands the snapshot to the readers; those of this thread use it when the call returns. */
  readonly onActive: (policy: ActivePolicy) => void;
  /** After every look at the files, good or bad; gives what else is to be said about them. */
  readonly onRead: (report: CompileReport) => readonly Problem[];
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

type Good = CompileReport & { readonly ok: true };

export class PolicyKeeper {
  readonly #o: KeeperOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #generation = 0;
  #active: ActivePolicy | undefined;
  /** Complete in the spare slot, waiting for its time. */
  #prepared: { readonly generation: number; readonly report: Good } | undefined;
  #waiting: { readonly accepted: Set<string>; readonly result: Promise<ReloadResult> } | undefined;
  /** The active policy is on disk. */
  #kept: Promise<void> = Promise.resolve();
  #cancelWait = () => {};
  #isClosed = false;
  #problems: readonly Problem[] = [];
  #isLastReloadGood = false;
  #lastSuccessAt: Instant | undefined;
  readonly #reloads: Record<Outcome, number> = { applied: 0, unchanged: 0, refused: 0, stuck: 0 };

  constructor(options: KeeperOptions) {
    this.#o = options;
  }

  /** Every problem when no policy can be served: none in the files, and no last good one (or `strict`). Undefined when one is. */
  async start(strict: boolean): Promise<readonly Problem[] | undefined> {
    const problems = await this.#inTurn(() => this.#start(strict));
    await this.#kept; // Whoever hears that we answer may pull the plug.
    return problems;
  }

  /** `acceptShrink`: the hash of the policy that may have fewer rules. A reload that waits its turn serves everybody who asked. */
  reload(acceptShrink?: string): Promise<ReloadResult> {
    this.#waiting ??= { accepted: new Set(), result: this.#inTurn(() => this.#reload()) };
    if (acceptShrink !== undefined) this.#waiting.accepted.add(acceptShrink);
    return this.#waiting.result;
  }

  status(): PolicyStatus {
    const active = this.#active;
    const overdue = active !== undefined && this.#o.clock.now() >= active.validUntil;
    const reasons: string[] = [];
    if (active === undefined) reasons.push('no policy');
    if (active?.origin === 'last-good') reasons.push('serving the last good policy: the files have problems');
    else if (active !== undefined && !this.#isLastReloadGood) reasons.push('the last reload was refused');
    if (overdue)
      reasons.push('the policy of this moment could not be compiled: what ended has ended, what begins waits');
    return {
      state: active === undefined ? 'not ready' : reasons.length > 0 ? 'degraded' : 'ready',
      reasons,
      ...(active && { active }),
      overdue,
      problems: this.#problems,
      lastReloadSuccessful: this.#isLastReloadGood,
      ...(this.#lastSuccessAt !== undefined && { lastReloadSuccessAt: this.#lastSuccessAt }),
      reloads: this.#reloads,
    };
  }

  /** Settles when what was asked for up to now is done. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  /** No further policy; settles when the task in hand has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWait();
    await this.settled();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #start(strict: boolean): Promise<readonly Problem[] | undefined> {
    if (await this.#startUnchanged()) return undefined;
    const lastGood = await this.#o
      .readLastGood(this.#o.lastGoodFolder)
      .catch((error: Error) => ({ fault: error.message }));
    const fromFiles = await this.#compile({ kind: 'files', configFile: this.#o.configFile }, this.#o.clock.now());
    const problems = problemsOf(fromFiles, this.#o);
    if (fromFiles !== 'stuck' && fromFiles.report.ok) {
      const shrinks = 'fault' in lastGood ? [] : this.#shrinks(lastGood, fromFiles.report);
      if (shrinks.length === 0) return this.#settleStart(this.#activate(fromFiles.report, 'files'), problems);
      problems.push(...shrinkProblems(shrinks, fromFiles.report.hash, this.#o));
    }
    this.#problems = problems;
    if (strict || 'fault' in lastGood) return problems;
    return this.#startFromLastGood(problems);
  }

  /** Answers at once when no file has changed since; the compile that follows has the last word, as after any edit. */
  async #startUnchanged(): Promise<boolean> {
    const { lastGoodFolder, configFile, arena, clock, log } = this.#o;
    const found = await this.#o
      .openUnchanged(lastGoodFolder, configFile, clock.now(), arena.slot(arena.spare))
      .catch((error: Error) => ({ fault: error.message }));
    if ('fault' in found) return false;
    const { snapshot } = found;
    this.#generation = snapshot.generation;
    this.#serve(snapshot, found, 'files');
    this.#settleStart(undefined, []);
    log('info', `start: no file has changed since ${new Date(found.readAt).toISOString()}; checking behind`);
    void this.reload();
    return true;
  }

  async #startFromLastGood(problems: readonly Problem[]): Promise<readonly Problem[] | undefined> {
    const { configFile, lastGoodFolder: folder, clock } = this.#o;
    const compiled = await this.#compile({ kind: 'last-good', configFile, folder }, clock.now());
    if (compiled === 'stuck' || !compiled.report.ok) return [...problems, ...problemsOf(compiled, this.#o)];
    const fault = this.#activate(compiled.report, 'last-good');
    return fault && [...problems, fault];
  }

  #settleStart(fault: Problem | undefined, problems: readonly Problem[]): readonly Problem[] | undefined {
    this.#problems = problems;
    if (fault !== undefined) return [...problems, fault];
    this.#isLastReloadGood = true;
    this.#lastSuccessAt = this.#o.clock.now();
    return undefined;
  }

  async #reload(): Promise<ReloadResult> {
    const accepted = this.#waiting?.accepted ?? new Set();
    this.#waiting = undefined;
    const compiled = await this.#compile({ kind: 'files', configFile: this.#o.configFile }, this.#o.clock.now());
    const result = await this.#judge(compiled, accepted);
    this.#reloads[result.outcome]++;
    this.#problems = result.problems;
    this.#isLastReloadGood = result.outcome === 'applied' || result.outcome === 'unchanged';
    if (this.#isLastReloadGood) this.#lastSuccessAt = this.#o.clock.now();
    const level = this.#isLastReloadGood ? 'info' : 'warn';
    this.#o.log(level, `reload ${result.outcome}: generation ${result.generation}, ${result.problems.length} problems`);
    this.#schedule(); // The compile took the slot of what was prepared.
    return result;
  }

  async #judge(compiled: Compiled, accepted: ReadonlySet<string>): Promise<ReloadResult> {
    const problems = problemsOf(compiled, this.#o);
    const result = (outcome: Outcome, shrinks: readonly Shrink[] = []): ReloadResult => ({
      outcome,
      ...(compiled !== 'stuck' && compiled.report.ok && { hash: compiled.report.hash }),
      generation: this.#active?.generation ?? 0,
      problems,
      shrinks,
    });
    if (compiled === 'stuck') return result('stuck');
    const { report } = compiled;
    if (!report.ok || this.#isClosed) return result('refused');
    const active = this.#active;
    if (active !== undefined && active.origin === 'files' && isSamePolicy(active, report)) return result('unchanged');
    const shrinks = active === undefined ? [] : this.#shrinks(active, report);
    if (shrinks.length > 0 && !accepted.has(report.hash)) {
      problems.push(...shrinkProblems(shrinks, report.hash, this.#o));
      return result('refused', shrinks);
    }
    const fault = this.#activate(report, 'files');
    if (fault !== undefined) problems.push(fault);
    return result(fault === undefined ? 'applied' : 'refused', shrinks);
  }

  #shrinks(before: LastGood, after: Good): Shrink[] {
    return findShrinks(before, after, this.#o.maxShrink, this.#o.clock.now());
  }

  /** Into the spare slot, once no reader is left in it. */
  async #compile(origin: Origin, now: Instant): Promise<Compiled> {
    this.#prepared = undefined;
    if (!(await this.#spareIsFree())) return 'stuck';
    const generation = ++this.#generation;
    const report = await this.#o.compile({ origin, now, generation, overrides: this.#o.overrides() }).catch(
      (error: Error): CompileReport => ({
        ok: false,
        problems: [
          problem('compiler-died', `the compiler thread ended: ${error.message}; the running policy stays`, this.#o),
        ],
        watched: [],
      }),
    );
    if (origin.kind === 'running') return { generation, report };
    return { generation, report: { ...report, problems: [...report.problems, ...this.#o.onRead(report)] } };
  }

  async #spareIsFree(): Promise<boolean> {
    for (let waited = 0; !this.#o.arena.isSpareFree(); waited += MOVE_ON_STEP_MS) {
      if (waited >= MOVE_ON_MS) return false;
      await pause(this.#o.clock, MOVE_ON_STEP_MS);
    }
    return true;
  }

  #activate(report: Good, origin: ActivePolicy['origin']): Problem | undefined {
    const { arena } = this.#o;
    const snapshot = this.#o.open(arena.slot(arena.spare, report.length));
    if ('fault' in snapshot)
      return problem('snapshot-damaged', `the new snapshot does not open: ${snapshot.fault}`, this.#o);
    const active = this.#serve(snapshot, report, origin);
    this.#kept = this.#inTurn(() => this.#keep(active)); // Before the next compile; a reload does not wait for the disk.
    return undefined;
  }

  /** What lies complete in the spare slot is served from here on. */
  #serve(snapshot: Snapshot, policy: LastGood, origin: ActivePolicy['origin']): ActivePolicy {
    const { arena, clock } = this.#o;
    const { generation, validUntil, length } = snapshot;
    const { hash, readAt, rules, model, from, stamps } = policy;
    const { spare: slot } = arena;
    const activatedAt = clock.now();
    const served = { generation, origin, validUntil, activatedAt, slot, length, snapshot };
    const active = { ...served, hash, readAt, rules, model, from, stamps };
    this.#o.beforeActive(snapshot);
    arena.publish(generation, slot, length);
    this.#active = active;
    this.#o.onActive(active);
    this.#schedule();
    return active;
  }

  async #keep(active: ActivePolicy): Promise<void> {
    const { hash, readAt, rules, model, from, stamps } = active;
    const bytes = this.#o.arena.slot(active.slot, active.length);
    const policy = { hash, readAt, rules, model, from, stamps };
    await this.#o.writeLastGood(this.#o.lastGoodFolder, bytes, policy).catch((error: Error) => {
      this.#o.log('error', `the last good policy could not be written: ${error.message}`);
    });
  }

  /** Waits for the next moment at which something is to be done about time. */
  #schedule(retryMs = 0): void {
    this.#cancelWait();
    const active = this.#active;
    if (active === undefined || this.#isClosed) return;
    const at = this.#prepared
      ? active.validUntil
      : Math.max(active.validUntil - AHEAD_MS, this.#o.clock.now() + retryMs);
    this.#cancelWait = waitUntil(this.#o.clock, at, () => void this.#inTurn(() => this.#takeTime()));
  }

  /** Prepares what holds from validUntil on, and swaps it in when that moment has come. */
  async #takeTime(): Promise<void> {
    const active = this.#active;
    if (active === undefined || this.#isClosed || this.#o.clock.now() < active.validUntil - AHEAD_MS) return;
    if (this.#prepared === undefined) await this.#prepare(active);
    if (this.#prepared === undefined) return this.#schedule(RETRY_MS);
    if (this.#o.clock.now() < active.validUntil) return this.#schedule();
    const { generation, report } = this.#prepared;
    this.#prepared = undefined;
    const fault = this.#activate({ ...report, stamps: active.stamps }, active.origin);
    if (fault === undefined) return this.#o.log('info', `time: generation ${generation} took over`);
    this.#o.log('error', `time: ${fault.message}`);
    this.#schedule(RETRY_MS);
  }

  async #prepare(active: ActivePolicy): Promise<void> {
    const { slot, length, model, readAt } = active;
    // When late, for now: what has begun meanwhile begins.
    const at = Math.max(active.validUntil, this.#o.clock.now()) as Instant;
    const compiled = await this.#compile({ kind: 'running', slot, length, model, readAt }, at);
    if (compiled !== 'stuck' && compiled.report.ok)
      this.#prepared = { generation: compiled.generation, report: compiled.report };
    else for (const { message } of problemsOf(compiled, this.#o)) this.#o.log('error', `time: ${message}`);
  }
}

/** The hash alone is not enough: it speaks of this moment, dates to come stand in the model. */
function isSamePolicy(active: ActivePolicy, report: Good): boolean {
  return active.hash === report.hash && JSON.stringify(active.model) === JSON.stringify(report.model);
}
