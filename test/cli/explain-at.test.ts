import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Journal } from '../../src/control/journal/journal.ts';
import { DAY_MS, Department, RULES, RunningKeeper } from '../control/running-keeper.ts';
import { SteppedClock } from '../control/stepped-clock.ts';
import { DIRECTIVE } from '../e2e/small-department.ts';
import { run } from './run.ts';

const BEGIN = Date.parse('2026-11-01T12:00:00Z');
/** When somebody asks: all days of these tests have been. */
const ASKED = Date.parse('2027-01-15T09:00:00Z');
const NAME = 'added.example.org';
/** So many that two less are no shrink. */
const WITHOUT = [...RULES, ...Array.from({ length: 9 }, (_, i) => `domain: x${i}.example.net`)];
const WITH = [...WITHOUT, `domain: ${NAME}`];

let department: Department;
let clock: SteppedClock;
let journal: Journal;
let running: RunningKeeper;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: ASKED });
  department = new Department();
  department.rules(WITHOUT);
  clock = new SteppedClock(BEGIN);
  await start();
});
afterEach(async () => {
  await stop();
  department.remove();
  vi.useRealTimers();
});

async function start(): Promise<void> {
  const folder = join(department.folder, 'state/journal');
  journal = new Journal({ folder, clock, monotonicMs: () => clock.now(), log: () => {} });
  await journal.write({ kind: 'start', version: 'test' });
  running = new RunningKeeper(department, clock, journal);
  await running.start(false);
}

async function stop(): Promise<void> {
  await running.keeper.close();
  journal.note({ kind: 'stop' });
  await journal.close();
}

/** Days later, at noon, the app's rules are these. */
async function edit(days: number, rules: readonly string[]): Promise<void> {
  await running.pass(days * DAY_MS);
  department.rules(rules);
  expect((await running.reload()).outcome).toBe('applied');
}

const noon = (day: number) => new Date(BEGIN + day * DAY_MS).toISOString();

interface Explained {
  readonly decision: { readonly kind: string; readonly because?: string };
  readonly rules: readonly { readonly place?: { readonly line: number }; readonly hasChanged?: boolean }[];
  readonly policyHash: string;
  readonly moment: { readonly at: string; readonly inForceHereSince?: string; readonly notes: readonly string[] };
}

async function explainAt(at: string, name = NAME, client = '127.0.0.9'): Promise<Explained> {
  const config = join(department.folder, 'config/interdict.yaml');
  const { out, err } = await run('explain', name, '--client', client, '--at', at, '--config', config, '--json');
  expect(err).toBe('');
  return JSON.parse(out) as Explained;
}

/** What was decided at a moment, and since when. */
async function said(at: string, name?: string, client?: string): Promise<string> {
  const { decision, moment } = await explainAt(at, name, client);
  return `${decision.because ?? decision.kind} ${moment.inForceHereSince ?? '-'}`;
}

describe('explain --at of a rule that was added, removed and added again', () => {
  /** Added on day 2, removed on day 4, added again on day 7; edits of other rules on days 3 and 8. */
  beforeEach(async () => {
    await edit(2, WITH);
    await edit(1, [...WITH, 'domain: elsewhere.example.org']);
    await edit(1, WITHOUT);
    await edit(3, WITH);
    await edit(1, [...WITH, 'domain: elsewhere.example.org']);
    await running.pass(DAY_MS);
  });

  test.each([
    [1, 'not-listed -'],
    [2, `block ${noon(2)}`],
    [2.5, `block ${noon(2)}`],
    [3.5, `block ${noon(2)}`],
    [4, 'not-listed -'],
    [6.9, 'not-listed -'],
    [7, `block ${noon(7)}`],
    [8.5, `block ${noon(7)}`],
  ])('on day %d is right, and since is the last begin', async (day, expected) => {
    expect(await said(noon(day))).toBe(expected);
  });

  test('holds whatever became of the files since, and names the line of that time', async () => {
    department.rules(['domain: first.example.org']);
    const { decision, rules } = await explainAt(noon(2.5));
    expect(decision.kind).toBe('block');
    expect(rules[0].hasChanged).toBeUndefined();
    rmSync(join(department.folder, 'blocklists'), { recursive: true });
    expect((await explainAt(noon(2.5))).rules[0].place?.line).toBeGreaterThan(1);
    expect(await said(noon(4))).toBe('not-listed -');
  });

  test('is of the policy that was served, by its hash', async () => {
    const hash = running.active?.hash;
    expect((await explainAt(noon(8.5))).policyHash).toBe(hash);
    expect((await explainAt(noon(2.5))).policyHash).not.toBe(hash);
  });

  test('before the first policy, and with no journal at all, says that it does not know', async () => {
    expect((await explainAt(noon(-1))).moment.notes[0]).toMatch(/^what was in force here then is not known/);
    rmSync(join(department.folder, 'state/journal'), { recursive: true });
    const { moment } = await explainAt(noon(2.5));
    expect(moment.notes[0]).toMatch(/^what was in force here then is not known/);
    expect(moment.inForceHereSince).toBeUndefined();
  });

  test('whose files are not kept any more says so', async () => {
    rmSync(join(department.folder, 'state/journal/sources'), { recursive: true });
    expect((await explainAt(noon(2.5))).moment.notes[0]).toMatch(
      /was served then, and its files are not kept any more/,
    );
  });
});

describe('in force here since', () => {
  test('is the begin of the directive, not the day of its files', async () => {
    const later = DIRECTIVE.replace('issued: 2026-01-01\n', 'issued: 2026-01-01\neffective: 2026-11-03\n');
    department.write({ 'blocklists/directives/order.yaml': later });
    await running.reload();
    await running.pass(4 * DAY_MS);
    const name = 'banned.example.net';
    expect(await said(noon(1), name)).toBe(`monitored ${noon(0)}`);
    expect(await said(noon(3), name)).toBe('block 2026-11-03T00:00:00.000Z');
  });

  test('goes through a night without an instance, of which nothing is known', async () => {
    await edit(1, WITH);
    await running.pass(DAY_MS);
    await stop();
    await clock.step(DAY_MS);
    await start();
    await running.pass(DAY_MS);
    expect(await said(noon(3.5))).toBe(`block ${noon(1)}`);
    expect((await explainAt(noon(2.5))).moment.notes[0]).toMatch(/not known/);
  });

  test('of an exempt client is its own', async () => {
    await edit(1, WITH);
    await running.pass(DAY_MS);
    department.exempt('2026-11-05', '2026-11-01');
    await running.reload();
    await running.pass(4 * DAY_MS);
    expect(await said(noon(1.5))).toBe(`block ${noon(1)}`);
    expect(await said(noon(3))).toBe(`exempt ${noon(2)}`);
    expect(await said(noon(5))).toBe('block 2026-11-06T00:00:00.000Z');
    expect(await said(noon(5), NAME, '127.0.0.8')).toBe(`block ${noon(1)}`);
  });
});

describe('explain --at knows', () => {
  test('a rollback, and the exemptions that it left closed', async () => {
    department.exempt('2027-05-01', '2026-11-01');
    await edit(1, WITH);
    expect(await said(noon(1))).toBe(`exempt ${noon(1)}`);
    await running.pass(DAY_MS);
    rmSync(join(department.folder, 'config/exemptions/EXM-1.yaml'));
    await edit(0, [...WITH, 'domain: elsewhere.example.org']);
    await running.pass(DAY_MS);
    await running.keeper.rollback();
    await running.pass(DAY_MS);
    expect(await said(noon(3.5), 'elsewhere.example.org')).toBe('not-listed -');
    const { decision, moment } = await explainAt(noon(3.5));
    expect([decision.kind, moment.inForceHereSince]).toEqual(['block', noon(2)]);
    expect(moment.notes).toContain('it had been rolled back to');
  });

  test('the override of that moment', async () => {
    const [from, until] = [BEGIN + DAY_MS, BEGIN + 2 * DAY_MS] as never[];
    await running.pass(DAY_MS);
    running.overrides = [
      {
        ...{ kind: 'release', what: { kind: 'name', name: 'banned.example.net', match: 'exact' } },
        ...{ id: 'OVR-1', ticket: 'T-1', reason: 'test', by: 'A', confirmedBy: 'B', confirmBy: until, from, until },
      },
    ];
    await running.keeper.recompile();
    await running.pass(2 * DAY_MS);
    const name = 'banned.example.net';
    expect(await said(noon(0.5), name)).toBe(`block ${noon(0)}`);
    expect(await said(noon(1.5), name)).toBe(`released ${noon(1)}`);
    expect(await said(noon(2.5), name)).toBe(`block ${noon(2)}`);
  });

  test('a clock that was set back: of two policies at one moment, the later', async () => {
    await running.pass(DAY_MS);
    clock.set(BEGIN + DAY_MS / 2);
    await edit(0, WITH);
    await running.pass(DAY_MS);
    expect(await said(noon(0.25))).toBe('not-listed -');
    expect(await said(noon(0.75))).toBe(`block ${noon(0.5)}`);
  });
});
