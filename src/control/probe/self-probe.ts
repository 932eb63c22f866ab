// Whether the running instance does what its policy says, asked of itself: every minute, and after each swap. It sees what no test of the
// files can: memory that went wrong, a rule of one app on a name of another, a client in the wrong segment, a listener that is gone.
//
//   model, tests of the apps ─▶ expectations ─▶ answerQuery, as a client of each segment ─┐
//                                      listeners ─▶ a query through each socket ──────────┴▶ metrics, log, /readyz

import type { Address, Instant, WireName } from '../../base/brand.ts';
import type { Model } from '../../policy/model.ts';
import { withEmergencies } from '../../policy/overrides.ts';
import { type Clock, pause } from '../clock.ts';
import type { ActivePolicy } from '../keeper/active-policy.ts';
import type { KeptOverride } from '../overrides/kept-override.ts';
import type { ListenerAddress } from './ask-listener.ts';
import { EndedExemptions } from './ended-exemptions.ts';
import { type Expect, type Expectation, expectationsOf, momentOf } from './expectations.ts';
import { TestNames } from './test-names.ts';
import { type Finding, Tidings } from './tidings.ts';

const EVERY_MS = 60_000;
/** Questions in one go: a millisecond or two of the main thread. */
const SLICE = 1_000;

/** What answerQuery does with a client's query. */
export interface SelfAnswer {
  /** Undefined: the client is in none. */
  readonly segment?: string;
  readonly isBlocked: boolean;
  /** Id of a block. */
  readonly decision?: string;
}

export interface ProbeOptions {
  readonly clock: Clock;
  /** What is served at this moment. */
  readonly active: () => ActivePolicy | undefined;
  /** Those that hold, and those that ended in the last days. */
  readonly overrides: () => readonly KeptOverride[];
  readonly ask: (name: WireName, client: Address, now: Instant) => SelfAnswer;
  /** All that are meant to be open at this moment. */
  readonly listeners: () => readonly ListenerAddress[];
  readonly answers: (listener: ListenerAddress) => Promise<boolean>;
  readonly log: (level: 'info' | 'error', message: string) => void;
}

export interface ProbeStatus {
  /** When the last round ended. */
  readonly at?: Instant;
  /** By segment and what was expected. */
  readonly policy: readonly Finding<PolicyLabels>[];
  /** By transport. */
  readonly listeners: readonly Finding<ListenerLabels>[];
  /** In words. */
  readonly failing: readonly string[];
}

type PolicyLabels = readonly [segment: string, expect: Expect];
type ListenerLabels = readonly [transport: ListenerAddress['transport']];

export class SelfProbe {
  readonly #o: ProbeOptions;
  readonly #ended = new EndedExemptions();
  readonly #policy: Tidings<PolicyLabels>;
  readonly #listeners: Tidings<ListenerLabels>;
  #names: { readonly model: Model; readonly names: TestNames } | undefined;
  #rounds: Promise<void> | undefined;
  #isAskedFor = false;
  #isClosed = false;
  #cancelWait = () => {};
  #at: Instant | undefined;

  constructor(options: ProbeOptions) {
    this.#o = options;
    this.#policy = new Tidings(options.log);
    this.#listeners = new Tidings(options.log);
  }

  /** One round now, or one more when a round is under way; then every minute. Settles when no round is under way. */
  ask(): Promise<void> {
    this.#isAskedFor = true;
    this.#rounds ??= this.#askAll();
    return this.#rounds;
  }

  status(): ProbeStatus {
    return {
      ...(this.#at !== undefined && { at: this.#at }),
      policy: this.#policy.all(),
      listeners: this.#listeners.all(),
      failing: [...this.#policy.failing(), ...this.#listeners.failing()],
    };
  }

  /** No further question; settles when the round in hand has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWait();
    await this.#rounds;
  }

  async #askAll(): Promise<void> {
    const { clock } = this.#o;
    this.#cancelWait();
    while (this.#isAskedFor && !this.#isClosed) {
      this.#isAskedFor = false;
      await this.#round().catch((error: Error) => this.#o.log('error', `the probe itself failed: ${error.stack}`));
    }
    this.#rounds = undefined;
    if (!this.#isClosed) this.#cancelWait = clock.setTimer(EVERY_MS, () => void this.ask());
  }

  async #round(): Promise<void> {
    await Promise.all([this.#askPolicy(), this.#askListeners()]);
    this.#at = this.#o.clock.now();
  }

  /** All of one policy: when another one takes over meanwhile, what was found is of no use, and whoever swapped it asks again. */
  async #askPolicy(): Promise<void> {
    const { active, clock } = this.#o;
    const policy = active();
    if (policy === undefined) return;
    const now = clock.now();
    const expectations = this.#expect(policy, now);
    const found: { labels: PolicyLabels; fault: string | undefined }[] = [];
    for (const expectation of expectations) {
      if (found.length % SLICE === SLICE - 1) {
        await pause(clock, 0);
        if (active() !== policy) return;
      }
      found.push({ labels: [expectation.segment, expectation.expect], fault: this.#faultOf(expectation, now) });
    }
    this.#policy.tell(found);
  }

  #expect(policy: ActivePolicy, now: Instant): Expectation[] {
    const model = withEmergencies(policy.model);
    const moment = momentOf(policy, now);
    if (this.#names?.model !== policy.model) this.#names = { model: policy.model, names: new TestNames(policy.model) };
    const ended = this.#ended.look(model.department.exemptions, this.#o.overrides(), moment.ended);
    return expectationsOf(model, this.#names.names, moment, ended);
  }

  #faultOf({ segment, expect, client, name, about }: Expectation, now: Instant): string | undefined {
    const answer = this.#ask(name.wire, client, now);
    if (typeof answer === 'string') return `${name.text} cannot be judged: ${answer}`;
    if (answer.segment !== segment)
      return `${name.text}: its client is taken for one of ${answer.segment ?? 'no segment'}`;
    const isToBeBlocked = expect === 'block' || expect === 'ended';
    if (answer.isBlocked === isToBeBlocked) return undefined;
    return `${name.text} ${answer.isBlocked ? `is blocked by ${answer.decision}` : 'is not blocked'} (${about})`;
  }

  /** Damaged memory may make it throw. */
  #ask(name: WireName, client: Address, now: Instant): SelfAnswer | string {
    try {
      return this.#o.ask(name, client, now);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #askListeners(): Promise<void> {
    const listeners = this.#o.listeners();
    const found = await Promise.all(listeners.map(this.#o.answers));
    this.#listeners.tell(
      listeners.map(({ transport, host, port }, i) => ({
        labels: [transport],
        fault: found[i] ? undefined : `${host} port ${port} gives no answer`,
      })),
    );
  }
}
