// A self-probe beside a real keeper, over the very memory that the keeper serves; time is the test's.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { WireName } from '../../../src/base/brand.ts';
import { parseName } from '../../../src/base/names.ts';
import type { KeptOverride } from '../../../src/control/overrides/kept-override.ts';
import { type ProbeStatus, SelfProbe } from '../../../src/control/probe/self-probe.ts';
import { SelfQuestions } from '../../../src/dns/answer/self-questions.ts';
import { ROW_MASK, SLOT_WORDS } from '../../../src/policy/snapshot/layout.ts';
import type { Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { Department, RunningKeeper, START } from '../running-keeper.ts';
import { SteppedClock } from '../stepped-clock.ts';

const SETTINGS = {
  maxUdpSize: 1232,
  maxTtlSeconds: 3600,
  negativeMaxTtlSeconds: 300,
  allowNonRecursive: false,
  countsQueries: true,
};

export class RunningProbe {
  readonly department = new Department();
  readonly clock = new SteppedClock(START);
  readonly running = new RunningKeeper(this.department, this.clock);
  readonly logged: string[] = [];
  kept: readonly KeptOverride[] = [];
  /** What is not open of them. */
  readonly deaf = new Set<string>();
  readonly probe: SelfProbe;
  readonly #questions = new SelfQuestions({ settings: SETTINGS, forwardZones: [], seed: 1 });
  #generation = 0;

  constructor() {
    this.probe = new SelfProbe({
      clock: this.clock,
      active: () => this.running.active,
      overrides: () => this.kept,
      ask: (name, client, now) => this.#questions.ask(name, client, now),
      listeners: () => [
        { transport: 'udp', host: '127.0.0.1', port: 53 },
        { transport: 'udp', host: '::1', port: 53 },
        { transport: 'tcp', host: '127.0.0.1', port: 53 },
      ],
      answers: async ({ transport, host }) => !this.deaf.has(`${transport} ${host}`),
      log: (level, message) => this.logged.push(`${level} ${message}`),
    });
  }

  /** As the instance does after a swap. */
  async ask(): Promise<ProbeStatus> {
    const { active } = this.running;
    if (active !== undefined && active.generation !== this.#generation) this.#questions.follow(active.snapshot);
    this.#generation = active?.generation ?? 0;
    await this.probe.ask();
    return this.probe.status();
  }

  /** Also of a policy that has fewer rules than before. */
  async reload(): Promise<ProbeStatus> {
    const { hash } = await this.running.reload();
    if (hash !== this.running.active?.hash) await this.running.reload(hash);
    if (hash !== this.running.active?.hash) throw new Error(this.running.logged.at(-1));
    return this.ask();
  }

  /** Takes a file away. */
  withdraw(path: string, others: Readonly<Record<string, string>> = {}): void {
    rmSync(join(this.department.folder, path));
    this.department.write(others);
  }

  async close(): Promise<void> {
    await this.probe.close();
    await this.running.keeper.close();
    this.department.remove();
  }
}

/** `office block 1`, one for each series. */
export function seriesOf({ policy, listeners }: Pick<ProbeStatus, 'policy' | 'listeners'>): string[] {
  return [...policy, ...listeners].map(({ labels, faults }) => `${labels.join(' ')} ${faults.length === 0 ? 1 : 0}`);
}

/** Takes the rules of exactly this name out of the served memory; gives a function that puts them back. */
export function forget({ slots, labels }: Snapshot, text: string): () => void {
  const name = parseName(text) as WireName;
  const first = Buffer.from(name.subarray(0, name[0] + 1));
  for (let at = 0; at < slots.length; at += SLOT_WORDS) {
    const label = slots[at + 1];
    const row = slots[at + 2];
    if ((row & ROW_MASK) === 0 || !first.equals(labels.subarray(label, label + first.length))) continue;
    slots[at + 2] = (row & ~ROW_MASK) >>> 0;
    return () => {
      slots[at + 2] = row;
    };
  }
  throw new Error(`${text} has no rule`);
}
