// Which policy is served, and how the next one takes its place: at a start, after an edit, after an override, by a rollback, and when time
// comes (policy-time.ts). All or nothing: whatever fails, the running snapshot stays whole.
//
//          start                      reload (edit, SIGHUP, socket)            recompile, time
//    files ──ok──▶ active          files ──ok──▶ unchanged? shrunk?          running rules and model, overrides of the
//      │ bad, shrunk                 │ bad        │ yes     │ no              moment ──▶ active
//      ▼                             ▼            ▼         ▼
//    last good ──▶ active          refused    unchanged,  active             rollback: kept policy ──▶ active, pinned
//                                             refused                        pinned: reloads are checks, starts serve it again
//
// One thing at a time: tasks run in a queue, and those alike that wait are one.

import type { Problem } from '../../base/problems.ts';
import type { Outcome, PolicyStatus, ReloadResult } from './active-policy.ts';
import { refusedEntry } from './journal-entries.ts';
import type { KeeperOptions } from './keeper-options.ts';
import { type Compiled, problem, problemsOf, shrinkProblems } from './keeper-problems.ts';
import { Keeping } from './keeping.ts';
import type { LastGood } from './last-good.ts';
import { PolicyTime } from './policy-time.ts';
import { ReloadRecord } from './reload-record.ts';
import { chooseKept } from './rollback-choice.ts';
import { isSamePolicy } from './same-policy.ts';
import { type Activation, type Good, Serving } from './serving.ts';
import { findShrinks, type Shrink } from './shrink-guard.ts';

/** After a start that read no list: the threads that answer get ready first. */
const CHECK_AFTER_MS = 3_000;

export class PolicyKeeper {
  readonly #o: KeeperOptions;
  readonly #serving: Serving;
  readonly #time: PolicyTime;
  readonly #keeping: Keeping;
  readonly #record: ReloadRecord;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: { readonly accepted: Set<string>; readonly result: Promise<ReloadResult> } | undefined;
  #waitingRecompile: Promise<ReloadResult> | undefined;
  #cancelCheck = () => {};
  #isClosed = false;

  constructor(options: KeeperOptions) {
    this.#o = options;
    this.#serving = new Serving(options);
    this.#keeping = new Keeping(options, this.#serving, (task) => this.#inTurn(task));
    this.#record = new ReloadRecord(options);
    this.#time = new PolicyTime(
      options,
      this.#serving,
      (task) => this.#inTurn(task),
      (report) => this.#activate(report, this.#serving.again('time'))?.message,
    );
  }

  /** Every problem when no policy can be served: none in the files, and no last good one (or `strict`). Undefined when one is. */
  async start(strict: boolean): Promise<readonly Problem[] | undefined> {
    const problems = await this.#inTurn(() => this.#start(strict));
    await this.#keeping.done; // Whoever hears that we answer may pull the plug.
    return problems;
  }

  /** `acceptShrink`: the hash of the policy that may have fewer rules. A reload that waits its turn serves everybody who asked. */
  reload(acceptShrink?: string): Promise<ReloadResult> {
    this.#waiting ??= { accepted: new Set(), result: this.#inTurn(() => this.#reload()) };
    if (acceptShrink !== undefined) this.#waiting.accepted.add(acceptShrink);
    return this.#waiting.result;
  }

  /** What is served, with the overrides of this moment: no look at the files, no guard. */
  recompile(): Promise<ReloadResult> {
    this.#waitingRecompile ??= this.#inTurn(() => this.#recompile());
    return this.#waitingRecompile;
  }

  /**
   * Serves a policy of before at once, the one before the present one unless `hash` names another, and pins it: until `unpin` edits are
   * checked and not applied. Settles when that is on disk; a `refused` says why nothing has changed.
   */
  async rollback(hash?: string, uid?: number): Promise<ReloadResult> {
    const result = await this.#inTurn(() => this.#rollback(hash, uid));
    const fault = result.outcome === 'applied' ? await this.#keeping.done : undefined;
    if (fault === undefined) return result;
    const message = `it is served, but a restart will not know of it until there is room on the disk: ${fault}`;
    return { ...result, problems: [...result.problems, problem('not-written', message, this.#o)] };
  }

  /** Ends a rollback: the files are served again. While they cannot be, the pinned policy stays, pinned. */
  unpin(acceptShrink?: string, uid?: number): Promise<ReloadResult> {
    return this.#inTurn(() => this.#unpin(acceptShrink, uid));
  }

  status(): PolicyStatus {
    return this.#record.status(this.#serving.active);
  }

  /** Settles when what was asked for up to now is done. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  /** No further policy; settles when the task in hand has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelCheck();
    this.#time.close();
    await this.settled();
    this.#keeping.close();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #start(strict: boolean): Promise<readonly Problem[] | undefined> {
    const lastGood = await this.#o
      .readLastGood(this.#o.lastGoodFolder)
      .catch((error: Error) => ({ fault: error.message }));
    if (!('fault' in lastGood) && (await this.#startPinned(lastGood))) return undefined;
    if (await this.#startUnchanged()) return undefined;
    const fromFiles = await this.#compileFiles();
    const problems = problemsOf(fromFiles, this.#o);
    if (fromFiles !== 'stuck' && fromFiles.report.ok) {
      const shrinks = 'fault' in lastGood ? [] : this.#shrinks(lastGood, fromFiles.report);
      if (shrinks.length === 0) {
        const fault = this.#activate(fromFiles.report, { origin: 'files', cause: 'start' });
        if (fault !== undefined) return [...problems, fault];
        this.#record.started(problems);
        return undefined;
      }
      problems.push(...shrinkProblems(shrinks, fromFiles.report.hash, this.#o));
    }
    this.#record.startRefused(this.#result('refused', fromFiles, problems));
    if (strict || 'fault' in lastGood) return problems;
    return this.#startFromLastGood(problems);
  }

  /** A rollback survives a restart; the files are checked behind it. */
  async #startPinned({ pinned, model }: LastGood): Promise<boolean> {
    if (pinned === undefined) return false;
    const { exemptions } = model.department;
    const origin = { kind: 'kept', folder: this.#o.lastGoodFolder, exemptions } as const;
    const compiled = await this.#serving.compile(origin, this.#o.clock.now());
    const isGood = compiled !== 'stuck' && compiled.report.ok;
    if (isGood && !this.#activate(compiled.report, { origin: 'rollback', cause: 'start', pinned })) {
      this.#record.started([]);
      void this.reload();
      return true;
    }
    for (const { message } of problemsOf(compiled, this.#o))
      this.#o.log('error', `start: the policy pinned by a rollback is lost, the files are read instead: ${message}`);
    return false;
  }

  /** Answers at once when no file has changed since; the compile that follows has the last word, as after any edit. */
  async #startUnchanged(): Promise<boolean> {
    const { lastGoodFolder, configFile, arena, clock, log } = this.#o;
    const found = await this.#o
      .openUnchanged(lastGoodFolder, configFile, clock.now(), arena.slot(arena.spare))
      .catch((error: Error) => ({ fault: error.message }));
    // An override that was kept and not yet compiled when the process died counts.
    if ('fault' in found || JSON.stringify(found.model.overrides) !== JSON.stringify(this.#o.overrides())) return false;
    const { snapshot } = found;
    this.#serving.generation = snapshot.generation;
    this.#serving.serve(snapshot, found, { origin: 'files', cause: 'start' });
    this.#time.schedule();
    this.#record.started([]);
    log('info', `start: no file has changed since ${new Date(found.readAt).toISOString()}; they are read in a moment`);
    this.#cancelCheck = clock.setTimer(CHECK_AFTER_MS, () => void this.reload());
    return true;
  }

  async #startFromLastGood(problems: readonly Problem[]): Promise<readonly Problem[] | undefined> {
    const { configFile, lastGoodFolder: folder, clock } = this.#o;
    const compiled = await this.#serving.compile({ kind: 'last-good', configFile, folder }, clock.now());
    if (compiled === 'stuck' || !compiled.report.ok) return [...problems, ...problemsOf(compiled, this.#o)];
    const fault = this.#activate(compiled.report, { origin: 'last-good', cause: 'start' });
    return fault && [...problems, fault];
  }

  async #reload(): Promise<ReloadResult> {
    const accepted = this.#waiting?.accepted ?? new Set();
    this.#waiting = undefined;
    const isPinned = this.#serving.active?.pinned !== undefined;
    const compiled = await this.#compileFiles();
    return this.#settleReload(isPinned ? this.#check(compiled) : this.#judge(compiled, accepted));
  }

  #settleReload(result: ReloadResult): ReloadResult {
    this.#record.reloaded(result);
    this.#time.schedule(); // The compile took the slot of what was prepared.
    return result;
  }

  #judge(compiled: Compiled, accepted: ReadonlySet<string>): ReloadResult {
    const problems = problemsOf(compiled, this.#o);
    const result = (outcome: Outcome, shrinks: readonly Shrink[] = []) =>
      this.#result(outcome, compiled, problems, shrinks);
    if (compiled === 'stuck') return result('stuck');
    const { report } = compiled;
    if (!report.ok || this.#isClosed) return result('refused');
    const { active } = this.#serving;
    if (active?.origin === 'files' && isSamePolicy(active, report, this.#o.clock.now())) return result('unchanged');
    const shrinks = active === undefined ? [] : this.#shrinks(active, report);
    if (shrinks.length > 0 && !accepted.has(report.hash)) {
      problems.push(...shrinkProblems(shrinks, report.hash, this.#o));
      return result('refused', shrinks);
    }
    const fault = this.#activate(report, { origin: 'files', cause: 'reload' });
    if (fault !== undefined) problems.push(fault);
    return result(fault === undefined ? 'applied' : 'refused', shrinks);
  }

  /** While a policy is pinned nothing else is served: what would become of the files is told. */
  #check(compiled: Compiled): ReloadResult {
    const problems = problemsOf(compiled, this.#o);
    if (compiled === 'stuck') return this.#result('stuck', compiled, problems);
    const { report } = compiled;
    if (!report.ok) return this.#result('refused', compiled, problems);
    const { active } = this.#serving;
    return this.#result('pinned', compiled, problems, active === undefined ? [] : this.#shrinks(active, report));
  }

  async #recompile(): Promise<ReloadResult> {
    this.#waitingRecompile = undefined;
    const { active } = this.#serving;
    if (active === undefined || this.#isClosed) return this.#refusal('no-policy', 'no policy is served');
    const compiled = await this.#serving.compileRunning(active, this.#o.clock.now());
    const { stamps, sources } = active;
    return this.#take(compiled, { stamps, sources }, this.#serving.again('override'));
  }

  async #rollback(hash: string | undefined, uid: number | undefined): Promise<ReloadResult> {
    const { active } = this.#serving;
    if (active === undefined || this.#isClosed) return this.#refusal('no-policy', 'no policy is served');
    const kept = await this.#o.listKept(this.#o.keptFolder).catch(() => []);
    const chosen = chooseKept(kept, active, hash);
    if ('fault' in chosen) return this.#refusal('not-kept', chosen.fault);
    const { exemptions } = active.model.department;
    const now = this.#o.clock.now();
    const compiled = await this.#serving.compile({ kind: 'kept', folder: chosen.folder, exemptions }, now);
    const pinned = { hash: chosen.hash, at: now, uid };
    return this.#take(compiled, {}, { origin: 'rollback', cause: 'rollback', pinned });
  }

  async #unpin(acceptShrink: string | undefined, uid: number | undefined): Promise<ReloadResult> {
    const pinned = this.#serving.active?.pinned;
    if (pinned === undefined) return this.#refusal('not-pinned', 'no rollback is in force');
    const compiled = await this.#compileFiles();
    const result = this.#settleReload(this.#judge(compiled, new Set(acceptShrink === undefined ? [] : [acceptShrink])));
    if (result.outcome === 'applied') this.#o.journal({ kind: 'unpinned', hash: pinned.hash, uid });
    return result;
  }

  /** What needs no guard is served, when it could be compiled. */
  #take(compiled: Compiled, more: Partial<LastGood>, activation: Activation): ReloadResult {
    const problems = problemsOf(compiled, this.#o);
    const report = compiled !== 'stuck' && compiled.report.ok ? compiled.report : undefined;
    const fault = report && this.#activate({ ...report, ...more }, activation);
    if (fault !== undefined) problems.push(fault);
    const failed = compiled === 'stuck' ? 'stuck' : 'refused';
    const isTaken = report !== undefined && fault === undefined;
    const result = this.#result(isTaken ? 'applied' : failed, compiled, problems);
    if (!isTaken) this.#o.journal(refusedEntry(result, activation.cause));
    this.#time.schedule();
    return result;
  }

  #result(
    outcome: Outcome,
    compiled: Compiled,
    problems: readonly Problem[],
    shrinks: readonly Shrink[] = [],
  ): ReloadResult {
    return {
      outcome,
      ...(compiled !== 'stuck' && compiled.report.ok && { hash: compiled.report.hash }),
      generation: this.#serving.active?.generation ?? 0,
      problems,
      shrinks,
    };
  }

  /** Of what needs no compile to be refused. */
  #refusal(code: string, message: string): ReloadResult {
    return this.#result('refused', 'stuck', [problem(code, message, this.#o)]);
  }

  #shrinks(before: LastGood, after: Good): Shrink[] {
    return findShrinks(before, after, this.#o.maxShrink, this.#o.clock.now());
  }

  #compileFiles(): Promise<Compiled> {
    return this.#serving.compile({ kind: 'files', configFile: this.#o.configFile }, this.#o.clock.now());
  }

  #activate(report: Good, activation: Activation): Problem | undefined {
    const fault = this.#serving.activate(report, activation);
    if (fault !== undefined) return fault;
    this.#time.schedule();
    const isRead = activation.cause === 'start' || activation.cause === 'reload';
    this.#keeping.keep(report.readAt, isRead && activation.origin === 'files');
    return undefined;
  }
}
