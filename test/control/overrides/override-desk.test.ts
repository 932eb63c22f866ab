// Overrides asked for, confirmed and ended over a keeper that compiles real files; only the clock is the test's.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActivePolicy } from '../../../src/control/keeper/active-policy.ts';
import { OverrideDesk, type OverrideEvent, type OverrideReply } from '../../../src/control/overrides/override-desk.ts';
import { readOverrideFile } from '../../../src/control/overrides/override-file.ts';
import { OverrideStore } from '../../../src/control/overrides/override-store.ts';
import { parseRequest, type RequestOf } from '../../../src/control/requests.ts';
import { checkOverride } from '../../../src/policy/check/check-override.ts';
import { ruleBookOf } from '../../../src/policy/explain/rule-book.ts';
import { Department, RULES, RunningKeeper, START } from '../running-keeper.ts';
import { SteppedClock } from '../stepped-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const NAME = 'www.banned.example.net';
const ALICE = { uid: 1001 };
const BOB = { uid: 1002 };

let department: Department;
let clock: SteppedClock;
beforeEach(() => {
  department = new Department();
  clock = new SteppedClock(START);
});
afterEach(() => department.remove());

function stateFile(): string {
  return join(department.folder, 'state/overrides.json');
}

/** One life of the process: keeper, store and desk. */
class Life {
  readonly running = new RunningKeeper(department, clock);
  readonly store: OverrideStore;
  readonly desk: OverrideDesk;
  readonly events: OverrideEvent[] = [];
  /** What was answered while its first compile ran. */
  readonly answers: string[] = [];

  constructor() {
    mkdirSync(join(department.folder, 'state'), { recursive: true });
    const store = OverrideStore.open(stateFile(), clock.now(), () => {});
    if ('problem' in store) throw new Error(store.problem.message);
    this.store = store;
    Object.defineProperty(this.running, 'overrides', { get: () => store.active(clock.now()) });
    this.running.onCompile = () => {
      if (this.answers.length === 0) this.answers.push(this.running.ask(NAME));
    };
    this.desk = new OverrideDesk({
      store,
      clock,
      model: () => this.running.active?.model,
      check: (override, model, now) =>
        checkOverride(override, model, now, ruleBookOf((this.running.active as ActivePolicy).snapshot)),
      recompile: () => this.running.keeper.recompile(),
      record: (event) => this.events.push(event),
      log: () => {},
    });
  }

  async start(): Promise<this> {
    expect(await this.running.start(true)).toBeUndefined();
    return this;
  }

  add(change: Partial<RequestOf<'override-add'>> = {}, caller: { uid?: number } = ALICE): Promise<OverrideReply> {
    return this.desk.add({ ...RELEASE, ...change }, caller);
  }

  confirm(id: string, by = 'Bob', caller: { uid?: number } = BOB): Promise<OverrideReply> {
    return this.desk.confirm({ verb: 'override-confirm', id, by }, caller);
  }

  end(id: string, by = 'Bob'): Promise<OverrideReply> {
    return this.desk.end({ verb: 'override-end', id, by }, BOB);
  }

  /** Lets time pass, minute by minute where something is due. */
  async pass(ms: number): Promise<void> {
    await this.running.pass(ms);
  }
}

/** Of files whose age the clock can tell: a start may serve the last good policy at once. */
function agedLife(): Promise<Life> {
  clock = new SteppedClock(Date.now() + HOUR_MS);
  return new Life().start();
}

/** Nothing is closed, nothing said. */
function killAndStart(laterMs: number): Promise<Life> {
  clock = new SteppedClock(clock.now() + laterMs);
  return new Life().start();
}

const RELEASE: RequestOf<'override-add'> = {
  verb: 'override-add',
  change: { kind: 'release', what: { kind: 'name', name: 'WWW.banned.example.NET.', match: 'exact' } },
  ticket: 'INC-1',
  reason: 'a reason',
  by: 'Alice',
};
const FALLBACK = { change: { kind: 'fallback', directive: 'order', segment: 'office' } } as const;
const EMERGENCY = {
  change: {
    kind: 'emergency-exemption',
    exemption: {
      segment: 'office',
      clients: ['127.0.0.9'],
      under: ['order'],
      apps: ['app'],
      class: 'operational',
      requested_by: 'staff 17',
      approved_by: 'Security Officer',
      approved_on: '2026-11-24',
      ticket: 'SEC-1',
      justification: 'Case reference in SEC-1',
    },
  },
} as const satisfies Partial<RequestOf<'override-add'>>;

const codeOf = (reply: OverrideReply) => (reply.ok ? 'ok' : reply.problems[0].code);

describe('from a false positive to free', () => {
  test('one request frees the name at once, and unconfirmed it is blocked again after an hour', async () => {
    const life = await new Life().start();
    expect(life.running.ask(NAME)).toBe('blocked');
    expect(await life.add()).toMatchObject({ ok: true, kept: { override: { id: 'OVR-1' }, uid: 1001 } });
    expect(life.running.ask(NAME)).toBe('released');
    await life.pass(HOUR_MS - MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('released');
    await life.pass(2 * MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
    expect(life.events.map(({ act, because }) => [act, because])).toEqual([
      ['added', undefined],
      ['expired', 'unconfirmed'],
    ]);
  });

  test('confirmed by another person it holds to its end and not beyond', async () => {
    const life = await new Life().start();
    await life.add({ lengthMs: 5 * HOUR_MS });
    expect(codeOf(await life.confirm('OVR-1'))).toBe('ok');
    await life.pass(5 * HOUR_MS - MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('released');
    await life.pass(2 * MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
    expect(life.events.at(-1)).toMatchObject({ act: 'expired', because: 'time' });
  });

  test.each<[string, (life: Life) => Promise<unknown>]>([
    ['no file has changed', async () => {}],
    [
      'a rule was added',
      (life) => {
        department.rules([...RULES, 'domain: new.example.net']);
        return life.running.reload();
      },
    ],
  ])('after a kill and a start it holds from the first answer on, and still ends: %s', async (_, meanwhile) => {
    const first = await agedLife();
    await first.add({ lengthMs: 5 * HOUR_MS });
    await first.confirm('OVR-1');
    await meanwhile(first);
    await first.running.keeper.settled();
    const second = await killAndStart(HOUR_MS);
    expect(second.answers).not.toContain('SERVFAIL'); // No compile was waited for.
    expect(second.running.ask(NAME)).toBe('released');
    await clock.step(10_000); // The files are read behind it.
    await second.running.keeper.settled();
    expect(second.answers).toEqual(['released']);
    expect(second.running.ask(NAME)).toBe('released');
    await second.pass(4 * HOUR_MS + MINUTE_MS);
    expect(second.running.ask(NAME)).toBe('blocked');
  });

  test('one that was on disk and not compiled when the process died holds from the first answer on', async () => {
    const first = await agedLife();
    first.running.compilerDies = true;
    const lost = first.add(); // The process dies before it is taken back.
    while (first.store.all().length === 0) await new Promise(setImmediate);
    cpSync(stateFile(), `${stateFile()}.kept`);
    await lost;
    cpSync(`${stateFile()}.kept`, stateFile());
    const second = await killAndStart(MINUTE_MS);
    expect(second.answers).toEqual(['SERVFAIL']);
    expect(second.running.ask(NAME)).toBe('released');
  });

  test('one that ended while the process was down does not hold at the first answer', async () => {
    const first = await agedLife();
    await first.add();
    await first.running.keeper.settled();
    const second = await killAndStart(2 * HOUR_MS);
    expect(second.answers).toEqual(['SERVFAIL']);
    expect(second.running.ask(NAME)).toBe('blocked');
  });

  test('no reload drops it', async () => {
    const life = await new Life().start();
    await life.add();
    for (let i = 0; i < 5; i++) {
      department.rules([...RULES, `domain: new${i}.example.net`]);
      expect((await life.running.reload()).outcome).toBe('applied');
      expect(life.running.ask(NAME)).toBe('released');
      expect(life.running.ask(`new${i}.example.net`)).toBe('blocked');
    }
    department.breakFile();
    expect((await life.running.reload()).outcome).toBe('refused');
    expect(life.running.ask(NAME)).toBe('released');
  });

  test('ended by hand it is blocked again at once', async () => {
    const life = await new Life().start();
    await life.add();
    expect(await life.end('OVR-1')).toMatchObject({
      ok: true,
      kept: { ended: { because: 'person', by: 'Bob', uid: 1002 } },
    });
    expect(life.running.ask(NAME)).toBe('blocked');
  });
});

test('a fallback monitors one directive in one segment for four hours', async () => {
  const life = await new Life().start();
  await life.add(FALLBACK);
  await life.confirm('OVR-1');
  expect([life.running.ask(NAME, '127.0.0.9'), life.running.ask(NAME, '127.0.3.9')]).toEqual(['monitored', 'blocked']);
  await life.pass(4 * HOUR_MS + MINUTE_MS);
  expect(life.running.ask(NAME)).toBe('blocked');
});

test('an emergency exemption frees its clients for a day', async () => {
  const life = await new Life().start();
  await life.add(EMERGENCY);
  await life.confirm('OVR-1');
  expect([life.running.ask(NAME, '127.0.0.9'), life.running.ask(NAME, '127.0.0.8')]).toEqual(['exempt', 'blocked']);
  await life.pass(24 * HOUR_MS + MINUTE_MS);
  expect(life.running.ask(NAME)).toBe('blocked');
});

describe('two people', () => {
  test.each([
    ['the same name', ' alice ', BOB, 'override-confirmer'],
    ['the same account', 'Bob', ALICE, 'override-confirmer'],
    ['another person as root, as the one who added', 'Bob', { uid: 0 }, 'ok'],
    ['another person whose account is not known', 'Bob', {}, 'ok'],
  ])('%s: %s', async (_, by, caller: { uid?: number }, code) => {
    const life = await new Life().start();
    await life.add({}, caller.uid === 0 ? { uid: 0 } : ALICE);
    expect(codeOf(await life.confirm('OVR-1', by, caller))).toBe(code);
  });

  test('at once: both are kept, and the second to confirm or end is told of the first', async () => {
    const life = await new Life().start();
    const other = { kind: 'release', what: { kind: 'name', name: 'second.example.net', match: 'domain' } } as const;
    const added = await Promise.all([life.add(), life.add({ change: other, by: 'Bob' }, BOB)]);
    expect(added.map(codeOf)).toEqual(['ok', 'ok']);
    expect([life.running.ask(NAME), life.running.ask('a.second.example.net')]).toEqual(['released', 'released']);
    const confirmed = await Promise.all([life.confirm('OVR-1', 'Bob'), life.confirm('OVR-1', 'Carol', { uid: 1003 })]);
    expect(confirmed.map(codeOf)).toEqual(['ok', 'override-confirmed']);
    const ended = await Promise.all([life.end('OVR-2', 'Bob'), life.end('OVR-2', 'Carol')]);
    expect(ended.map(codeOf)).toEqual(['ok', 'override-ended']);
  });

  test('the same twice is one; the second hears of the first', async () => {
    const life = await new Life().start();
    const replies = await Promise.all([life.add(), life.add({ by: 'Bob' }, BOB)]);
    expect(replies.map(codeOf)).toEqual(['ok', 'override-duplicate']);
  });

  test('one person alone has one hour, however often it is asked for', async () => {
    const life = await new Life().start();
    await life.add();
    await life.pass(40 * MINUTE_MS);
    await life.end('OVR-1', 'Alice');
    expect(codeOf(await life.add())).toBe('ok');
    await life.pass(21 * MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
    expect(codeOf(await life.add())).toBe('override-unconfirmed');
    expect(codeOf(await life.add({ by: 'Bob' }, BOB))).toBe('ok');
  });

  test('a fallback is renewed by another person, for four hours again', async () => {
    const life = await new Life().start();
    await life.add(FALLBACK);
    await life.confirm('OVR-1');
    await life.pass(3 * HOUR_MS);
    expect(codeOf(await life.add(FALLBACK))).toBe('override-renewal');
    expect(codeOf(await life.add({ ...FALLBACK, by: 'Bob' }, BOB))).toBe('ok');
    expect(codeOf(await life.confirm('OVR-2', 'Alice', ALICE))).toBe('ok');
    await life.pass(4 * HOUR_MS - MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('monitored');
    await life.pass(2 * MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
  });

  test('nobody confirms what has ended', async () => {
    const life = await new Life().start();
    await life.add();
    await life.pass(HOUR_MS + MINUTE_MS);
    expect(codeOf(await life.confirm('OVR-1'))).toBe('override-ended');
    expect(codeOf(await life.confirm('OVR-9'))).toBe('override-unknown');
  });
});

describe('what fails opens nothing', () => {
  test('a compiler that dies: the override is taken back, and no later compile meets it', async () => {
    const life = await new Life().start();
    life.running.compilerDies = true;
    expect(codeOf(await life.add())).toBe('override-refused');
    life.running.compilerDies = false;
    await life.pass(MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
    expect(life.store.find('OVR-1')?.ended?.because).toBe('refused');
  });

  test('an end that could not be compiled is tried again by itself', async () => {
    const life = await new Life().start();
    await life.add();
    life.running.compilerDies = true;
    expect(codeOf(await life.end('OVR-1'))).toBe('override-late');
    expect(life.running.ask(NAME)).toBe('released');
    life.running.compilerDies = false;
    await clock.step(6_000);
    await life.running.keeper.settled();
    expect(life.running.ask(NAME)).toBe('blocked');
  });

  test('a disk that takes nothing: it is said, and nothing has changed', async () => {
    const life = await new Life().start();
    const obstacle = `${stateFile()}.new`;
    mkdirSync(obstacle);
    expect(codeOf(await life.add())).toBe('override-disk');
    expect(life.running.ask(NAME)).toBe('blocked');
    rmSync(obstacle, { recursive: true });
    await life.add();
    mkdirSync(obstacle);
    expect(codeOf(await life.confirm('OVR-1'))).toBe('override-disk');
    expect(codeOf(await life.end('OVR-1'))).toBe('override-disk');
    expect(life.running.ask(NAME)).toBe('blocked');
    rmSync(obstacle, { recursive: true });
    await clock.step(6_000);
    while (life.store.isBehind) await new Promise(setImmediate);
    const found = readOverrideFile(stateFile());
    expect('kept' in found && found.kept.at(-1)?.ended?.because).toBe('person');
  });

  test.each([
    ['a single label', { kind: 'release', what: { kind: 'name', name: 'net', match: 'domain' } }, 'single-label'],
    ['a public suffix', { kind: 'release', what: { kind: 'name', name: 'co.uk', match: 'domain' } }, 'public-suffix'],
    ['no name', { kind: 'release', what: { kind: 'name', name: 'a b', match: 'exact' } }, 'name-invalid'],
    [
      'a client that is no prefix',
      { ...EMERGENCY.change, exemption: { ...EMERGENCY.change.exemption, clients: ['office'] } },
      'address-invalid',
    ],
    ['longer than allowed', { ...FALLBACK.change }, 'override-too-long'],
    [
      'an approval of tomorrow',
      { ...EMERGENCY.change, exemption: { ...EMERGENCY.change.exemption, approved_on: '2026-11-25' } },
      'approved-future',
    ],
  ] as const)('%s is refused in words', async (_, change, code) => {
    const life = await new Life().start();
    const asked = { change, lengthMs: 23 * HOUR_MS } as Partial<RequestOf<'override-add'>>;
    expect(codeOf(await life.add(asked))).toBe(code);
    expect(life.store.all()).toEqual([]);
  });
});

describe('a clock that is set', () => {
  test('back by a day: what ended stays ended, what holds does not outlast its end', async () => {
    const life = await new Life().start();
    await life.add();
    await life.pass(HOUR_MS + MINUTE_MS);
    clock.set(START);
    await life.running.reload();
    expect(life.running.ask(NAME)).toBe('blocked');
  });

  test('a month ahead: all end at once, and none comes back with the right time', async () => {
    const life = await new Life().start();
    await life.add();
    await life.confirm('OVR-1');
    clock.set(START + 31 * 24 * HOUR_MS);
    await clock.step(MINUTE_MS);
    await life.running.keeper.settled();
    expect(life.running.ask(NAME)).toBe('blocked');
    clock.set(START + HOUR_MS);
    await life.running.reload();
    await clock.step(MINUTE_MS);
    expect(life.running.ask(NAME)).toBe('blocked');
  });
});

test.each([
  ['a reason of two lines', { reason: 'a\nb' }, 'reason: must be one line'],
  ['a name that colours a terminal', { by: '\u001b[31mroot' }, 'by: must be one line'],
  ['no ticket', { ticket: ' ' }, 'ticket: must not be empty'],
  ['a key that nobody knows', { confirmedBy: 'Bob' }, 'Unrecognized key'],
])('%s never reaches the desk', (_, keys, message) => {
  const found = parseRequest(JSON.stringify({ ...RELEASE, ...keys }));
  expect('fault' in found && found.fault).toContain(message);
});
