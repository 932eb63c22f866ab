// Where overrides are asked for, confirmed and ended while the instance runs: checked, kept on disk, then compiled into the policy. One
// thing at a time, so that of two operators at once the second hears what the first did.
//
//   add ─▶ judge, check ─▶ disk ─▶ recompile ─▶ holds ──confirm──▶ holds until its end
//                │           │         │           └─ an hour without: ends
//                └───────────┴─────────┴─ any fault: nothing is opened

import type { Instant } from '../../base/brand.ts';
import { hasErrors, type Problem } from '../../base/problems.ts';
import { endOf, type Model, type Override } from '../../policy/model.ts';
import { type Clock, waitUntil } from '../clock.ts';
import type { ReloadResult } from '../keeper/active-policy.ts';
import type { Caller, RequestOf } from '../requests.ts';
import { adderOf, type Ending, endedAt, holdsAt, isSamePerson, type KeptOverride, timeText } from './kept-override.ts';
import { overrideOf, overrideProblem } from './override-request.ts';
import type { OverrideStore } from './override-store.ts';
import { judgeRepeat } from './repeats.ts';

/** After a compile failed, or the disk took nothing. */
const RETRY_MS = 5_000;

export interface DeskOptions {
  readonly store: OverrideStore;
  readonly clock: Clock;
  /** What is served now; undefined without a policy. */
  readonly model: () => Model | undefined;
  /** What makes an override invalid. */
  readonly check: (override: Override, model: Model, now: Instant) => Problem[];
  /** The served policy again, with the overrides of this moment. */
  readonly recompile: () => Promise<ReloadResult>;
  /** For the journal. */
  readonly record: (event: OverrideEvent) => void;
  readonly log: (level: 'info' | 'error', message: string) => void;
}

/** `by`: who did it, absent where time did. */
export interface OverrideEvent {
  readonly act: 'added' | 'confirmed' | 'ended' | 'expired';
  readonly override: Override;
  readonly by?: string;
  readonly uid?: number | undefined;
  readonly because?: Ending['because'];
}

export type OverrideReply =
  | { readonly ok: true; readonly kept: KeptOverride }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export class OverrideDesk {
  readonly #o: DeskOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #cancelWait = () => {};
  #cancelRetry = () => {};
  #isClosed = false;
  /** What is served is not what the overrides say. */
  #isLate = false;

  constructor(options: DeskOptions) {
    this.#o = options;
    this.#wait();
  }

  add(request: RequestOf<'override-add'>, caller: Caller): Promise<OverrideReply> {
    return this.#inTurn((now) => this.#add(request, caller, now));
  }

  confirm(request: RequestOf<'override-confirm'>, caller: Caller): Promise<OverrideReply> {
    return this.#inTurn((now) => this.#confirm(request, caller, now));
  }

  end(request: RequestOf<'override-end'>, caller: Caller): Promise<OverrideReply> {
    return this.#inTurn((now) => this.#end(request, caller, now));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWait();
    this.#cancelRetry();
    await this.#queue;
  }

  #inTurn<T>(task: (now: Instant) => Promise<T>): Promise<T> {
    const result = this.#queue.then(async () => {
      const now = this.#o.clock.now();
      await this.#expire(now);
      return task(now).finally(() => this.#wait());
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  async #add(request: RequestOf<'override-add'>, { uid }: Caller, now: Instant): Promise<OverrideReply> {
    const { store, check } = this.#o;
    const model = this.#o.model();
    if (model === undefined) return refuse('no-policy', 'no policy is served, so nothing is to be overridden');
    const asked = overrideOf(store.nextId, request, { now, timeZone: model.department.timeZone });
    if ('problems' in asked) return { ok: false, problems: asked.problems };
    const repeat = judgeRepeat(asked, { name: asked.by, uid }, store.all(), now);
    if ('problem' in repeat) return { ok: false, problems: [repeat.problem] };
    const override = { ...asked, confirmBy: repeat.confirmBy };
    const problems = check(override, model, now);
    if (hasErrors(problems)) return { ok: false, problems };
    const fault = await store.add({ override, uid }).then(() => undefined, diskFault);
    if (fault !== undefined) return refuse('override-disk', `${fault}; nothing has changed`);
    this.#o.record({ act: 'added', override, by: override.by, uid });
    const faults = await this.#apply();
    return faults.length === 0 ? this.#reply(override.id) : this.#takeBack(override.id, faults);
  }

  /** Without it the policy compiles as before: it never held, and no later compile meets it. */
  async #takeBack(id: string, faults: readonly Problem[]): Promise<OverrideReply> {
    await this.#close(id, { at: this.#o.clock.now(), because: 'refused' });
    const message = `${id} could not be put in force, so it was taken back; nothing has changed`;
    return { ok: false, problems: [overrideProblem('override-refused', message), ...faults] };
  }

  async #confirm(request: RequestOf<'override-confirm'>, { uid }: Caller, now: Instant): Promise<OverrideReply> {
    const { store, check } = this.#o;
    const model = this.#o.model();
    const found = this.#find(request.id, now);
    if ('ok' in found) return found;
    const { override } = found;
    const by = request.by.trim();
    if (override.confirmedBy !== undefined)
      return refuse('override-confirmed', `${override.id} was confirmed already, by ${override.confirmedBy}`);
    if (isSamePerson(adderOf(found), { name: by, uid })) return refuse('override-confirmer', sameConfirmer(found, by));
    const problems = model === undefined ? [] : check({ ...override, confirmedBy: by }, model, now);
    if (hasErrors(problems)) return { ok: false, problems };
    const fault = await store.confirm(override.id, by, now, uid).then(() => undefined, diskFault);
    if (fault !== undefined) return refuse('override-disk', `${fault}; ${override.id} is still unconfirmed`);
    this.#o.record({ act: 'confirmed', override: this.#kept(override.id).override, by, uid });
    const faults = await this.#apply();
    if (faults.length === 0) return this.#reply(override.id);
    const message = `${override.id} is confirmed, but the policy for it could not be compiled; ${AGAIN}`;
    return { ok: false, problems: [overrideProblem('override-late', message), ...faults] };
  }

  async #end(request: RequestOf<'override-end'>, { uid }: Caller, now: Instant): Promise<OverrideReply> {
    const found = this.#find(request.id, now);
    if ('ok' in found) return found;
    const { id } = found.override;
    const fault = await this.#close(id, { at: now, because: 'person', by: request.by.trim(), uid });
    const faults = await this.#apply();
    const problems = [...faults];
    if (faults.length > 0)
      problems.unshift(
        overrideProblem('override-late', `${id} is ended, but still in the policy that is served; ${AGAIN}`),
      );
    if (fault !== undefined)
      problems.unshift(
        overrideProblem('override-disk', `${fault}; ${id} is ended, but would hold again after a restart; ${AGAIN}`),
      );
    return problems.length === 0 ? this.#reply(id) : { ok: false, problems };
  }

  /** That holds; otherwise why there is nothing to do about it. */
  #find(id: string, now: Instant): KeptOverride | (OverrideReply & { ok: false }) {
    const found = this.#o.store.find(id);
    if (found === undefined)
      return refuse('override-unknown', `there is no override ${id}; interdict override ls --all lists them`);
    if (holdsAt(found, now)) return found;
    return refuse(
      'override-ended',
      `${id} ended at ${timeText(endedAt(found))}: ${ENDED[found.ended?.because ?? 'time']}`,
    );
  }

  async #close(id: string, ending: Ending): Promise<string | undefined> {
    const fault = await this.#o.store.end(id, ending).then(() => undefined, diskFault);
    if (fault !== undefined) this.#o.log('error', `overrides: ${id} is ended, but not on disk: ${fault}`);
    const { because, by, uid } = ending;
    this.#o.record({ act: 'ended', override: this.#kept(id).override, because, ...(by !== undefined && { by, uid }) });
    return fault;
  }

  /** Problems: why the served policy is still the one before; it is tried again until it is not. */
  async #apply(): Promise<readonly Problem[]> {
    const result = await this.#o.recompile().catch((error: Error) => error.message);
    const isDone = typeof result !== 'string' && (result.outcome === 'applied' || result.outcome === 'unchanged');
    this.#isLate = !isDone;
    if (isDone) return [];
    if (typeof result === 'string') return [overrideProblem('recompile-failed', result)];
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    return errors.length > 0 ? errors : [overrideProblem('recompile-failed', `the compile was ${result.outcome}`)];
  }

  async #expire(now: Instant): Promise<void> {
    const { expired, written } = this.#o.store.expire(now);
    for (const { override } of expired) {
      const because = override.confirmedBy === undefined ? 'unconfirmed' : 'time';
      this.#o.record({ act: 'expired', override, because });
      this.#o.log('info', `overrides: ${override.id} ended, ${ENDED[because]}`);
    }
    await written.catch((error: Error) => this.#o.log('error', `overrides: ${error.message}`));
  }

  /** For the next end, and to try again what could not be done. */
  #wait(): void {
    this.#cancelWait();
    this.#cancelRetry();
    if (this.#isClosed) return;
    if (this.#isLate || this.#o.store.isBehind)
      this.#cancelRetry = this.#o.clock.setTimer(RETRY_MS, () => void this.#inTurn((now) => this.#retry(now)));
    this.#cancelWait = waitUntil(this.#o.clock, this.#o.store.nextDue(), () => void this.#inTurn(async () => {}));
  }

  async #retry(now: Instant): Promise<void> {
    const { store } = this.#o;
    if (store.isBehind) await store.flush(now).catch(() => {}); // Told when it failed first.
    if (this.#isLate) await this.#apply();
  }

  #reply(id: string): OverrideReply {
    return { ok: true, kept: this.#kept(id) };
  }

  #kept(id: string): KeptOverride {
    return this.#o.store.find(id) as KeptOverride; // In turn: it was found or added just now, and what holds is never pruned.
  }
}

const AGAIN = 'it is tried again by itself';

const ENDED: Record<Ending['because'], string> = {
  time: 'its time was over',
  unconfirmed: 'nobody confirmed it in time',
  person: 'somebody ended it',
  refused: 'it could not be put in force',
};

function sameConfirmer(found: KeptOverride, by: string): string {
  const who = `${found.override.id} was added by ${found.override.by}`;
  const same = isSamePerson({ name: found.override.by }, { name: by })
    ? ''
    : ` from the same account (user id ${found.uid})`;
  return `${who}${same}; another person must confirm it, from an account of her own, by ${timeText(endOf(found.override))}`;
}

function refuse(code: string, message: string): { ok: false; problems: readonly Problem[] } {
  return { ok: false, problems: [overrideProblem(code, message)] };
}

function diskFault(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOSPC' ? 'the disk that holds the state folder is full' : error.message;
}
