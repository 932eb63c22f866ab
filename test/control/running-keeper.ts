// A policy keeper over a real folder of files, real compiles, a real arena and state folder; only the clock is the test's. Jobs run in
// this thread, in place of the compiler's.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAddress } from '../../src/base/addresses.ts';
import { parseName } from '../../src/base/names.ts';
import type { Journal } from '../../src/control/journal/journal.ts';
import type { JournalEntry } from '../../src/control/journal/journal-entry.ts';
import type { ActivePolicy } from '../../src/control/keeper/active-policy.ts';
import { Arena } from '../../src/control/keeper/arena.ts';
import { type CompileJob, type CompileReport, runCompileJob } from '../../src/control/keeper/compile-job.ts';
import { keepPolicy, listKept } from '../../src/control/keeper/kept-policies.ts';
import { openUnchanged, readLastGoodModel, writeLastGood } from '../../src/control/keeper/last-good.ts';
import { PolicyKeeper } from '../../src/control/keeper/policy-keeper.ts';
import { segmentOf, verdictForName } from '../../src/policy/decide/decide.ts';
import type { Override } from '../../src/policy/model.ts';
import { openVerifiedSnapshot } from '../../src/policy/snapshot/snapshot.ts';
import { actionOf } from '../../src/policy/verdict.ts';
import { appFile, smallDepartment } from '../e2e/small-department.ts';
import type { SteppedClock } from './stepped-clock.ts';

export const DAY_MS = 86_400_000;
/** A Tuesday, in UTC, the time zone of the test department. */
export const START = Date.parse('2026-11-24T12:00:00Z');
const SLOT_BYTES = 8 << 20;
const ACTIONS = ['free', 'blocked', 'monitored', 'exempt', 'released', 'protected'];

export const RULES = ['domain: banned.example.net', 'domain: second.example.net', 'domain: third.example.net'];

/** For 127.0.0.9 of segment office. */
function exemption(until: string, from = '2026-11-01'): string {
  return `segment: office
clients: [127.0.0.9/32]
under: [order]
apps: [app]
class: operational
requested_by: staff 17
approved_by: Security Officer
approved_on: 2026-10-28
ticket: SEC-1
justification: Case reference in SEC-1
mitigations: [stand-alone device]
from: ${from}
until: ${until}
`;
}

export class Department {
  readonly folder = mkdtempSync(join(tmpdir(), 'interdict-keeper-'));

  constructor() {
    const settings = ['exemptions: { folder: exemptions, timezone: UTC }'];
    this.write(smallDepartment({ upstreamPort: 9, rules: RULES, settings }));
    mkdirSync(join(this.folder, 'config/exemptions'));
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text, { mode: 0o640 });
    }
  }

  rules(rules: readonly string[]): void {
    this.write({ 'blocklists/apps/app.yaml': appFile(rules) });
  }

  exempt(until: string, from?: string): void {
    this.write({ 'config/exemptions/EXM-1.yaml': exemption(until, from) });
  }

  /** A syntax error in a file that has nothing to do with the rest. */
  breakFile(): void {
    this.write({ 'blocklists/apps/other.yaml': 'id: [\n' });
  }

  mendFile(): void {
    rmSync(join(this.folder, 'blocklists/apps/other.yaml'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class RunningKeeper {
  readonly keeper: PolicyKeeper;
  readonly arena = Arena.create(SLOT_BYTES);
  readonly clock: SteppedClock;
  readonly jobs: CompileJob[] = [];
  /** Thrown by the next jobs, as when the compiler's thread is killed. */
  compilerDies = false;
  /** As on a full disk. */
  writeFails = false;
  overrides: readonly Override[] = [];
  /** Run while a compile is under way. */
  onCompile: () => void = () => {};
  active: ActivePolicy | undefined;
  readonly logged: string[] = [];
  readonly journal: JournalEntry[] = [];

  /** `record`: where what it tells is written, beside `journal`. */
  constructor(department: Department, clock: SteppedClock, record?: Journal) {
    this.clock = clock;
    this.keeper = new PolicyKeeper({
      configFile: join(department.folder, 'config/interdict.yaml'),
      lastGoodFolder: join(department.folder, 'state/last-good'),
      keptFolder: join(department.folder, 'state/kept'),
      ...(record && { sourcesFolder: join(department.folder, 'state/journal/sources') }),
      maxShrink: 0.2,
      clock,
      arena: this.arena,
      overrides: () => this.overrides,
      compile: (job) => this.#compile(job),
      open: openVerifiedSnapshot,
      openUnchanged,
      readLastGood: readLastGoodModel,
      writeLastGood: async (folder, bytes, policy) => {
        if (this.writeFails) throw new Error('no space left on device');
        mkdirSync(dirname(folder), { recursive: true });
        await writeLastGood(folder, bytes, policy);
      },
      keep: keepPolicy,
      listKept,
      journal: (entry) => {
        this.journal.push(entry);
        record?.note(entry);
      },
      beforeActive: () => {},
      onActive: (policy) => {
        this.active = policy;
        this.arena.moved(0, policy.generation);
      },
      onRead: () => [],
      log: (_level, message) => this.logged.push(message),
    });
  }

  /** As the keeper's, and the last good policy is on disk. */
  async start(strict: boolean): ReturnType<PolicyKeeper['start']> {
    const problems = await this.keeper.start(strict);
    await this.keeper.settled();
    return problems;
  }

  /** Likewise. */
  async reload(acceptShrink?: string): ReturnType<PolicyKeeper['reload']> {
    const result = await this.keeper.reload(acceptShrink);
    await this.keeper.settled();
    return result;
  }

  /** What the query path says at this moment: free, blocked, monitored, exempt; SERVFAIL without a policy. */
  ask(name = 'www.banned.example.net', client = '127.0.0.9'): string {
    if (this.active === undefined) return 'SERVFAIL';
    const { snapshot } = this.active;
    const segment = segmentOf(snapshot, parseAddress(client) as Uint8Array, 0, this.clock.now());
    return ACTIONS[actionOf(verdictForName(snapshot, segment, parseName(name) as Uint8Array, 0))];
  }

  /** Lets time pass with all that it sets off: in one leap to where nothing is due, then minute by minute. */
  async pass(ms: number): Promise<void> {
    const quietMs = Math.min(ms, (this.active?.validUntil ?? 0) - this.clock.now() - 120_000);
    if (quietMs > 0) await this.clock.step(quietMs);
    for (let left = ms - Math.max(0, quietMs); left > 0; left -= 60_000) {
      await this.clock.step(Math.min(left, 60_000));
      await this.keeper.settled();
    }
  }

  async #compile(job: CompileJob): Promise<CompileReport> {
    this.jobs.push(job);
    this.onCompile();
    if (this.compilerDies) throw new Error('killed');
    return runCompileJob(job, this.arena.slot(this.arena.spare), (slot, length) => this.arena.slot(slot, length));
  }
}
