import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { listKept } from '../../src/control/keeper/kept-policies.ts';
import type { Override } from '../../src/policy/model.ts';
import { DIRECTIVE } from '../e2e/small-department.ts';
import { DAY_MS, Department, RULES, RunningKeeper, START } from './running-keeper.ts';
import { SteppedClock } from './stepped-clock.ts';

const OTHER = 'other.example.org';

let department: Department;
let clock: SteppedClock;
let running: RunningKeeper;

beforeEach(() => {
  department = new Department();
  clock = new SteppedClock(START);
  running = new RunningKeeper(department, clock);
});
afterEach(async () => {
  await running.keeper.close();
  department.remove();
});

/** Another instance on the same folder; the clock is one, so that the one before must hear it no more. */
async function restart(): Promise<void> {
  await running.keeper.close();
  running = new RunningKeeper(department, clock);
  await running.start(false);
}

/** A good policy, then one that blocks OTHER too. */
async function servePolicyAfterPolicy(): Promise<{ good: string; bad: string }> {
  await running.start(false);
  const good = hash();
  await clock.step(1_000);
  department.rules([...RULES, `domain: ${OTHER}`]);
  expect((await running.reload()).outcome).toBe('applied');
  return { good, bad: hash() };
}

const hash = () => running.active?.hash ?? '';
const kept = () => listKept(join(department.folder, 'state/kept'));
const codes = (problems: readonly { code: string }[]) => problems.map(({ code }) => code);

describe('a rollback', () => {
  test('serves the policy before the present one at once, and says that it is pinned', async () => {
    const { good } = await servePolicyAfterPolicy();
    expect(running.ask(OTHER)).toBe('blocked');
    expect((await running.keeper.rollback(undefined, 1000)).outcome).toBe('applied');
    expect(running.ask(OTHER)).toBe('free');
    expect(running.ask()).toBe('blocked');
    expect(hash()).toBe(good);
    const { state, reasons, active } = running.keeper.status();
    expect(state).toBe('degraded');
    expect(reasons.join()).toMatch(/^pinned to policy [0-9a-f]{16} since 2026-11-24T12:00:01.000Z/);
    expect(active).toMatchObject({ origin: 'rollback', pinned: { hash: good, uid: 1000 } });
    expect(running.journal.at(-1)).toMatchObject({
      kind: 'activated',
      cause: 'rollback',
      origin: 'rollback',
      uid: 1000,
    });
  });

  test('goes one policy further back each time, and to any kept one by its hash', async () => {
    const { good, bad } = await servePolicyAfterPolicy();
    await clock.step(1_000);
    department.rules([...RULES, `domain: ${OTHER}`, 'domain: third.example.org']);
    await running.reload();
    await running.keeper.rollback();
    expect(hash()).toBe(bad);
    await running.keeper.rollback();
    expect(hash()).toBe(good);
    expect(codes((await running.keeper.rollback()).problems)).toEqual(['not-kept']);
    expect((await running.keeper.rollback(bad.slice(0, 12))).outcome).toBe('applied');
    expect(hash()).toBe(bad);
  });

  test.each([['12345678'], ['']])(
    'to %j, which no kept policy has, changes nothing and lists those there are',
    async (wanted) => {
      const { good, bad } = await servePolicyAfterPolicy();
      const { outcome, problems } = await running.keeper.rollback(wanted);
      expect([outcome, hash(), codes(problems)]).toEqual(['refused', bad, ['not-kept']]);
      if (wanted !== '') expect(problems[0].message).toContain(good.slice(0, 16));
    },
  );

  test('checks edits and applies none, until its end', async () => {
    await servePolicyAfterPolicy();
    await running.keeper.rollback();
    const { generation } = running.keeper.status().active ?? {};
    expect((await running.reload()).outcome).toBe('pinned');
    department.breakFile();
    const broken = await running.reload();
    expect(broken.outcome).toBe('refused');
    expect(broken.problems.length).toBeGreaterThan(0);
    expect(running.keeper.status()).toMatchObject({ active: { generation }, lastReloadSuccessful: false });
    expect((await running.keeper.unpin()).outcome).toBe('refused');
    expect(running.keeper.status().active).toMatchObject({ generation, origin: 'rollback' });
    department.mendFile();
    expect((await running.keeper.unpin(undefined, 7)).outcome).toBe('applied');
    expect(running.ask(OTHER)).toBe('blocked');
    expect(running.keeper.status()).toMatchObject({ state: 'ready', reasons: [] });
    expect(running.journal.at(-1)).toMatchObject({ kind: 'unpinned', uid: 7 });
    expect(codes((await running.keeper.unpin()).problems)).toEqual(['not-pinned']);
  });

  test('survives a restart, and so does its end', async () => {
    const { good, bad } = await servePolicyAfterPolicy();
    await running.keeper.rollback();
    await restart();
    expect([hash(), running.keeper.status().active?.origin, running.ask(OTHER)]).toEqual([good, 'rollback', 'free']);
    expect(running.keeper.status().reasons.join()).toContain('pinned');
    await running.keeper.unpin();
    await running.keeper.settled();
    await restart();
    expect([hash(), running.keeper.status().active?.origin]).toEqual([bad, 'files']);
  });

  test('survives a restart with broken files, and one after a time swap', async () => {
    department.exempt('2026-11-26');
    await running.start(false);
    await clock.step(1_000);
    department.rules([...RULES, `domain: ${OTHER}`]);
    await running.reload();
    await running.keeper.rollback();
    expect(running.ask()).toBe('exempt');
    await running.pass(3 * DAY_MS);
    expect(running.ask()).toBe('blocked');
    department.breakFile();
    await restart();
    expect([running.ask(), running.ask(OTHER)]).toEqual(['blocked', 'free']);
    expect(running.keeper.status().active).toMatchObject({ origin: 'rollback' });
  });

  test('is served under the overrides of the moment', async () => {
    await servePolicyAfterPolicy();
    await running.keeper.rollback();
    running.overrides = [release(clock.now())];
    expect((await running.keeper.recompile()).outcome).toBe('applied');
    expect(running.ask()).toBe('released');
    expect(running.keeper.status().active).toMatchObject({ origin: 'rollback' });
    expect(running.journal.at(-1)).toMatchObject({
      cause: 'override',
      origin: 'rollback',
      overrides: [{ id: 'OVR-1' }],
    });
  });

  test('that cannot be written is served, and says that a restart will not know it', async () => {
    await servePolicyAfterPolicy();
    running.writeFails = true;
    const { outcome, problems } = await running.keeper.rollback();
    expect(outcome).toBe('applied');
    expect(codes(problems)).toContain('not-written');
    expect(running.ask(OTHER)).toBe('free');
    running.writeFails = false;
    await clock.step(30_000);
    await running.keeper.settled();
    await restart();
    expect(running.ask(OTHER)).toBe('free');
  });
});

describe('an exemption that ended meanwhile', () => {
  test.each<[string, () => void]>([
    ['by an edit of its end', () => department.exempt('2026-11-23')],
    ['by its removal', () => rmSync(join(department.folder, 'config/exemptions/EXM-1.yaml'))],
    [
      'for this client alone',
      () => {
        const file = join(department.folder, 'config/exemptions/EXM-1.yaml');
        const text = readFileSync(file, 'utf8').replace('127.0.0.9/32', '127.0.0.10/32');
        department.write({ 'config/exemptions/EXM-1.yaml': text });
      },
    ],
  ])('%s is not reopened by a rollback, nor by a restart behind it', async (_, end) => {
    department.exempt('2027-02-01');
    await running.start(false);
    expect(running.ask()).toBe('exempt');
    await clock.step(1_000);
    end();
    await running.reload();
    expect(running.ask()).toBe('blocked');
    expect((await running.keeper.rollback()).outcome).toBe('applied');
    expect(running.ask()).toBe('blocked');
    await restart();
    expect(running.ask()).toBe('blocked');
  });

  test('by its date is not reopened, and one that was shortened ends when the present one does', async () => {
    department.exempt('2027-02-01');
    await running.start(false);
    await clock.step(1_000);
    department.exempt('2026-11-26');
    await running.reload();
    await running.keeper.rollback();
    expect(running.ask()).toBe('exempt');
    await running.pass(3 * DAY_MS);
    expect(running.ask()).toBe('blocked');
  });

  test('in one rollback stays closed in the next one', async () => {
    await running.start(false);
    await clock.step(1_000);
    department.exempt('2027-02-01');
    await running.reload();
    const open = hash();
    expect(running.ask()).toBe('exempt');
    await running.keeper.rollback();
    expect(running.ask()).toBe('blocked');
    await running.keeper.rollback(open);
    expect(running.ask()).toBe('blocked');
  });
});

describe('kept policies', () => {
  test('are the last ten that were made of files, the newest last, as links to what is last good', async () => {
    await running.start(false);
    for (let i = 0; i < 12; i++) {
      await clock.step(1_000);
      department.rules([...RULES, ...Array.from({ length: i + 1 }, (_, n) => `domain: x${n}.example.org`)]);
      await running.reload();
    }
    const policies = await kept();
    expect(policies).toHaveLength(10);
    expect(policies.at(-1)?.hash).toBe(hash());
    expect(policies.map(({ readAt }) => readAt)).toEqual(policies.map(({ readAt }) => readAt).sort());
    expect(statSync(join(department.folder, 'state/last-good/snapshot.bin')).nlink).toBe(2);
  });

  test('hold one of those that are the same, and none made by time or by a rollback', async () => {
    department.exempt('2026-11-26');
    await running.start(false);
    await restart();
    await running.pass(3 * DAY_MS);
    expect(await kept()).toHaveLength(1);
    department.rules([...RULES, `domain: ${OTHER}`]);
    await running.reload();
    await running.keeper.rollback();
    expect(await kept()).toHaveLength(2);
  });
});

describe('the journal', () => {
  test('is told of starts, reloads, refusals and what time ended', async () => {
    department.exempt('2026-11-26');
    await running.start(false);
    department.breakFile();
    await running.reload();
    department.mendFile();
    await running.pass(3 * DAY_MS);
    expect(running.journal.map((entry) => ('cause' in entry ? `${entry.kind} ${entry.cause}` : entry.kind))).toEqual([
      'activated start',
      'refused reload',
      'activated time',
      'expiry',
    ]);
    expect(running.journal.at(-1)).toEqual({ kind: 'expiry', ended: ['EXM-1'], began: [] });
    expect(running.journal[1]).toMatchObject({ outcome: 'refused', errors: 1 });
  });

  test('is told when a directive begins', async () => {
    const later = DIRECTIVE.replace('issued: 2026-01-01\n', 'issued: 2026-01-01\neffective: 2026-11-25\n');
    department.write({ 'blocklists/directives/order.yaml': later });
    await running.start(false);
    expect(running.ask()).toBe('monitored');
    await running.pass(DAY_MS);
    expect(running.ask()).toBe('blocked');
    expect(running.journal.at(-1)).toEqual({ kind: 'expiry', ended: [], began: ['order'] });
  });
});

function release(from: Instant): Override {
  const until = (from + 3_600_000) as Instant;
  return {
    ...{ kind: 'release', what: { kind: 'name', name: 'banned.example.net', match: 'domain' } },
    ...{ id: 'OVR-1', ticket: 'T-1', reason: 'test', by: 'A', confirmedBy: 'B' },
    ...{ confirmBy: until, from, until },
  };
}
