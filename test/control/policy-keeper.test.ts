import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appFile, config, DIRECTIVE, smallDepartment } from '../e2e/small-department.ts';
import { DAY_MS, Department, RULES, RunningKeeper, START } from './running-keeper.ts';
import { SteppedClock } from './stepped-clock.ts';

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

/** Stops the instance as SIGKILL would, and starts another on the same folder. */
function restart(): RunningKeeper {
  running = new RunningKeeper(department, clock);
  return running;
}

const SEGMENT =
  'segments: [{ id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/24], enforce: [order] }]\n';
const codes = (problems: readonly { code: string }[] | undefined) => problems?.map(({ code }) => code);

describe('a start', () => {
  test('takes the files and keeps them as last good', async () => {
    expect(running.ask()).toBe('SERVFAIL');
    expect(running.keeper.status().state).toBe('not ready');
    expect(await running.start(false)).toBeUndefined();
    expect(running.ask()).toBe('blocked');
    expect(running.ask('free.example.org')).toBe('free');
    expect(running.keeper.status()).toMatchObject({ state: 'ready', reasons: [], overdue: false });
  });

  describe('when no file has changed', () => {
    /** Files whose age the clock can tell: their stamps count. */
    async function startAndAge(): Promise<void> {
      await clock.step(DAY_MS);
      await running.start(false);
    }
    const jobsOf = ({ jobs }: RunningKeeper) => jobs.map(({ origin }) => origin.kind);

    test('serves before any compile, and lets the compile behind it find nothing new', async () => {
      await startAndAge();
      restart().onCompile = () => expect(running.ask()).toBe('blocked');
      expect(await running.start(false)).toBeUndefined();
      expect(running.ask()).toBe('blocked');
      expect(running.keeper.status()).toMatchObject({ state: 'ready', reasons: [] });
      expect(jobsOf(running)).toEqual([]);
      await clock.step(3_000);
      expect(jobsOf(running)).toEqual(['files']);
      expect(running.keeper.status().reloads).toMatchObject({ unchanged: 1, applied: 0 });
    });

    test.each<[string, () => void]>([
      ['a rule is another', () => department.rules(['domain: other.example.net', ...RULES])],
      ['a file is new', () => department.exempt('2027-02-01')],
      ['a file is written with the same bytes', () => department.rules(RULES)],
      ['a file is gone', () => department.mendFile()],
    ])('compiles first when %s', async (_, change) => {
      department.write({
        'blocklists/apps/other.yaml': appFile(['domain: gone.example.net']).replace('id: app', 'id: other'),
      });
      await startAndAge();
      change();
      restart().onCompile = () => expect(running.ask()).toBe('SERVFAIL');
      expect(await running.start(false)).toBeUndefined();
      expect(jobsOf(running)[0]).toBe('files'); // The shrink guard may send it on to the last good policy.
    });

    test('compiles first when something has ended meanwhile, and after a policy of files just written', async () => {
      department.exempt('2026-12-01');
      await startAndAge();
      expect(running.ask()).toBe('exempt');
      await clock.step(30 * DAY_MS);
      restart().onCompile = () => expect(running.ask()).toBe('SERVFAIL');
      await running.start(false);
      expect(running.ask()).toBe('blocked');
    });

    test('does not trust files that were written just before they were read', async () => {
      await running.start(false);
      restart().onCompile = () => expect(running.ask()).toBe('SERVFAIL');
      await running.start(false);
      expect(jobsOf(running)).toEqual(['files']);
    });
  });

  test('on broken files with no last good policy serves nothing and names every problem', async () => {
    department.breakFile();
    department.rules(['domain: com']);
    const problems = await running.start(false);
    expect(new Set(problems?.map(({ where }) => where.file.split('/').at(-1)))).toEqual(
      new Set(['other.yaml', 'app.yaml']),
    );
    expect(running.ask()).toBe('SERVFAIL');
  });

  test('after SIGKILL with a broken file in place answers as before, and says that it is degraded', async () => {
    await running.start(false);
    department.breakFile();
    department.rules(['domain: other.example.net']);
    expect(await restart().start(false)).toBeUndefined();
    expect(running.ask()).toBe('blocked');
    expect(running.ask('other.example.net')).toBe('free');
    expect(running.keeper.status()).toMatchObject({ state: 'degraded', lastReloadSuccessful: false });
    expect(running.active?.origin).toBe('last-good');
    department.mendFile();
    department.rules([...RULES, 'domain: other.example.net']);
    expect(await running.reload()).toMatchObject({ outcome: 'applied' });
    expect(running.ask('other.example.net')).toBe('blocked');
    expect(running.keeper.status().state).toBe('ready');
  });

  test('from the last good policy comes to the same rules and answers as the files did', async () => {
    await running.start(false);
    const { hash, rules } = running.active ?? {};
    department.breakFile();
    await restart().start(false);
    expect(running.active).toMatchObject({ origin: 'last-good', hash, rules });
  });

  test('that is strict does not fall back', async () => {
    await running.start(false);
    department.breakFile();
    expect(await restart().start(true)).not.toBeUndefined();
    expect(running.ask()).toBe('SERVFAIL');
  });

  test('with a damaged last good policy and broken files serves nothing', async () => {
    await running.start(false);
    const path = join(department.folder, 'state/last-good/snapshot.bin');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    department.breakFile();
    expect(codes(await restart().start(false))).toContain('last-good-unusable');
    expect(running.ask()).toBe('SERVFAIL');
  });

  test('on a list that lost most of its rules keeps the last good one', async () => {
    await running.start(false);
    department.rules(RULES.slice(0, 1));
    expect(await restart().start(false)).toBeUndefined();
    expect(running.ask('second.example.net')).toBe('blocked');
    expect(codes(running.keeper.status().problems)).toContain('shrink');
    const { hash } = await running.reload();
    expect(await running.reload(hash)).toMatchObject({ outcome: 'applied' });
    expect(running.ask('second.example.net')).toBe('free');
  });

  test.each([
    ['the present department', '{ directive: order, mode: monitor }', 'monitored'],
    ['its own department when the present one names what only the broken lists could know', 'later', 'blocked'],
  ])('with broken lists serves the last good rules under %s', async (_, entry, expected) => {
    await running.start(false);
    department.breakFile();
    const segments = `segments: [{ id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/24], enforce: [${entry}] }]\n`;
    department.write({ 'config/interdict.yaml': config({ upstreamPort: 9, rules: RULES, segments }) });
    expect(await restart().start(false)).toBeUndefined();
    expect(running.active?.origin).toBe('last-good');
    expect(running.ask(undefined, '127.0.0.1')).toBe(expected);
  });

  test('with a broken exemption file serves the last good rules under the last good department', async () => {
    department.exempt('2027-01-31');
    await running.start(false);
    department.write({ 'config/exemptions/EXM-1.yaml': 'segment: [' });
    expect(await restart().start(false)).toBeUndefined();
    expect([running.ask(), running.ask(undefined, '127.0.0.1')]).toEqual(['exempt', 'blocked']);
  });
});

describe('a reload', () => {
  beforeEach(async () => {
    await running.start(false);
  });

  test('takes a new rule in one swap', async () => {
    department.rules([...RULES, 'domain: fourth.example.net']);
    expect(running.ask('fourth.example.net')).toBe('free');
    expect(await running.reload()).toMatchObject({ outcome: 'applied', generation: 2, problems: [] });
    expect(running.ask('fourth.example.net')).toBe('blocked');
  });

  test('of a broken edit changes nothing, and the next good one is taken', async () => {
    const before = running.active;
    department.rules([...RULES, 'domain: fourth.example.net']);
    department.breakFile();
    const result = await running.reload();
    expect(result.outcome).toBe('refused');
    expect(result.problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(running.active).toBe(before);
    expect(running.ask()).toBe('blocked');
    expect(running.keeper.status()).toMatchObject({ state: 'degraded', lastReloadSuccessful: false });
    department.mendFile();
    expect((await running.reload()).outcome).toBe('applied');
    expect(running.keeper.status().state).toBe('ready');
  });

  test('of the same files is unchanged', async () => {
    expect((await running.reload()).outcome).toBe('unchanged');
    expect(running.active?.generation).toBe(1);
    expect(running.keeper.status().reloads).toMatchObject({ applied: 0, unchanged: 1, refused: 0, stuck: 0 });
  });

  test('of a later end alone is no unchanged one', async () => {
    department.exempt('2026-11-30', '2026-11-26');
    await running.reload();
    department.exempt('2026-12-31', '2026-11-26');
    expect((await running.reload()).outcome).toBe('applied');
  });

  test('that shrinks is refused until somebody names its hash, and no other hash will do', async () => {
    department.rules(RULES.slice(0, 2));
    const refused = await running.reload('0'.repeat(64));
    expect(refused).toMatchObject({ outcome: 'refused', shrinks: [{ app: 'app', before: 3, after: 2 }] });
    expect(running.ask('third.example.net')).toBe('blocked');
    expect(refused.problems.at(-1)?.message).toContain(`interdict reload --accept-shrink ${refused.hash}`);
    expect((await running.reload(refused.hash)).outcome).toBe('applied');
    expect(running.ask('third.example.net')).toBe('free');
  });

  test('while one runs is one more, however many ask', async () => {
    const asked: Promise<unknown>[] = [];
    running.onCompile = () => {
      running.onCompile = () => {};
      for (let i = 0; i < 10; i++) asked.push(running.reload());
    };
    await running.reload();
    await Promise.all(asked);
    expect(running.jobs).toHaveLength(3); // start, the first, one for ten
  });

  test('whose compiler is killed keeps the policy', async () => {
    running.compilerDies = true;
    department.rules([...RULES, 'domain: fourth.example.net']);
    const result = await running.reload();
    expect(result.outcome).toBe('refused');
    expect(codes(result.problems)).toEqual(['compiler-died']);
    expect(running.ask()).toBe('blocked');
    running.compilerDies = false;
    expect((await running.reload()).outcome).toBe('applied');
  });

  test('never writes the slot that a reader still uses: it is stuck until the reader moves on', async () => {
    const LAGGARD = 7;
    running.arena.moved(LAGGARD, 1);
    department.rules([...RULES, 'domain: fourth.example.net']);
    await running.reload(); // generation 2; the laggard stays in 1, whose slot is now the spare one
    const before = Buffer.from(running.arena.slot(running.arena.spare)).toString('base64');
    const stuck = running.reload();
    await clock.step(2_000);
    expect(await stuck).toMatchObject({ outcome: 'stuck', generation: 2 });
    expect(Buffer.from(running.arena.slot(running.arena.spare)).toString('base64')).toBe(before);
    running.arena.moved(LAGGARD, 2);
    expect((await running.reload()).outcome).toBe('unchanged');
  });
});

/** The first query behind the end is blocked, whatever else goes wrong; the last one before it is not. */
async function expectEndAt(until: number): Promise<void> {
  await running.pass(until - 1 - clock.now());
  expect(running.ask()).toBe('exempt');
  await clock.step(1); // nothing that was set off may have finished yet
  expect(running.ask()).toBe('blocked');
  await running.keeper.settled();
  expect(running.ask()).toBe('blocked');
}

describe('time', () => {
  const END = Date.parse('2026-11-26T00:00:00Z');
  const exempt = () => department.exempt('2026-11-25');

  test('ends an exemption and says so with a snapshot that was ready before', async () => {
    exempt();
    await running.start(false);
    expect(running.active?.validUntil).toBe(END);
    await running.pass(END - clock.now() - 59_000);
    expect(running.jobs.at(-1)).toMatchObject({ origin: { kind: 'running' }, now: END });
    expect(running.active?.generation).toBe(1);
    await expectEndAt(END);
    expect(running.active?.generation).toBe(2);
    expect(running.keeper.status().overdue).toBe(false);
  });

  test('ends an exemption while another file has a syntax error', async () => {
    exempt();
    await running.start(false);
    department.breakFile();
    expect((await running.reload()).outcome).toBe('refused');
    await expectEndAt(END);
    expect(running.active?.generation).toBeGreaterThan(1);
    expect(running.ask(undefined, '127.0.0.1')).toBe('blocked');
  });

  test('ends an exemption while the shrink guard refuses a reload', async () => {
    exempt();
    await running.start(false);
    await running.pass(END - clock.now() - 30_000); // the next one is prepared already, in the slot that the reload takes
    department.rules(RULES.slice(0, 1));
    expect((await running.reload()).outcome).toBe('refused');
    await expectEndAt(END);
    expect(running.keeper.status().overdue).toBe(false);
    expect(running.ask('third.example.net', '127.0.0.1')).toBe('blocked');
  });

  test('ends an exemption with the compiler killed, is overdue meanwhile, and recovers', async () => {
    exempt();
    await running.start(false);
    running.compilerDies = true;
    await expectEndAt(END);
    expect(running.keeper.status()).toMatchObject({ overdue: true, state: 'degraded' });
    await running.pass(DAY_MS / 24);
    expect(running.ask()).toBe('blocked');
    running.compilerDies = false;
    await running.pass(10_000);
    expect(running.keeper.status()).toMatchObject({ overdue: false, state: 'ready' });
    expect(running.ask()).toBe('blocked');
  });

  test('ends an exemption across a stop and a start from the last good policy', async () => {
    exempt();
    await running.start(false);
    expect(running.ask()).toBe('exempt');
    department.breakFile();
    clock.set(END + 3 * DAY_MS);
    expect(await restart().start(false)).toBeUndefined();
    expect(running.active?.origin).toBe('last-good');
    expect(running.ask()).toBe('blocked');
    expect(running.active?.validUntil).toBe(Number.POSITIVE_INFINITY);
  });

  test('an exemption that ends while a start from the last good policy serves ends in time', async () => {
    exempt();
    await running.start(false);
    department.breakFile();
    await restart().start(false);
    await expectEndAt(END);
  });

  test('begins an exemption in 30 days, not at once, and takes edits for nothing', async () => {
    department.exempt('2027-02-01', '2026-12-24');
    await running.start(false);
    department.rules(RULES.slice(0, 1)); // never read
    const begin = Date.parse('2026-12-24T00:00:00Z');
    await running.pass(begin - 61_000 - clock.now());
    expect(running.jobs).toHaveLength(1);
    expect(running.ask()).toBe('blocked');
    await running.pass(61_000);
    expect(running.ask()).toBe('exempt');
    expect(running.ask('third.example.net', '127.0.0.1')).toBe('blocked');
  });

  test('what should have begun waits while the compiler fails', async () => {
    department.exempt('2027-02-01', '2026-11-26');
    await running.start(false);
    running.compilerDies = true;
    await running.pass(END + 60_000 - clock.now());
    expect(running.ask()).toBe('blocked');
    expect(running.keeper.status().overdue).toBe(true);
    running.compilerDies = false;
    await running.pass(10_000);
    expect(running.ask()).toBe('exempt');
  });

  test('a reload within the last minute still ends the exemption in time', async () => {
    exempt();
    await running.start(false);
    await running.pass(END - clock.now() - 20_000);
    department.rules([...RULES, 'domain: fourth.example.net']);
    expect((await running.reload()).outcome).toBe('applied');
    await expectEndAt(END);
    expect(running.ask('fourth.example.net')).toBe('blocked');
    expect(running.keeper.status().overdue).toBe(false);
  });

  test('is caught up with after the machine slept through an end', async () => {
    exempt();
    await running.start(false);
    clock.set(END + DAY_MS);
    expect(running.ask()).toBe('blocked');
    await running.pass(60_000);
    expect(running.keeper.status().overdue).toBe(false);
    expect(running.active?.validUntil).toBe(Number.POSITIVE_INFINITY);
  });
});

test('a policy with more series than metrics.max_series is warned of', async () => {
  const files = smallDepartment({ upstreamPort: 9, rules: RULES, settings: ['metrics: { max_series: 100 }'] });
  department.write(files);
  expect(await running.start(false)).toBeUndefined();
  expect(codes(running.keeper.status().problems)).not.toContain('too-many-series');
  const apps = Array.from({ length: 12 }, (_, i) => [
    `blocklists/apps/app${i}.yaml`,
    appFile([`domain: a${i}.example.net`]).replace('id: app', `id: app${i}`),
  ]);
  const named = apps.map((_, i) => `{ app: app${i}, basis: named }`).join(', ');
  department.write({
    ...Object.fromEntries(apps),
    'blocklists/directives/order.yaml': DIRECTIVE.replace('apps: [', `apps: [${named}, `),
  });
  expect(codes((await running.reload()).problems)).toContain('too-many-series');
});

test("a rule's own answer sinkhole without an address is warned of", async () => {
  const files = smallDepartment({ upstreamPort: 9, rules: ['domain: banned.example.net'], segments: SEGMENT });
  const bare = files['config/interdict.yaml'].replace(/^sinkhole:.*\n/m, '');
  department.write({ ...files, 'config/interdict.yaml': bare });
  expect(await running.start(false)).toBeUndefined();
  expect(codes(running.keeper.status().problems)).not.toContain('rule-sinkhole');
  department.write({
    'blocklists/apps/app.yaml': appFile(['domain: banned.example.net']).replace(
      'role: web',
      'role: web, answer: sinkhole',
    ),
  });
  expect(codes((await running.reload()).problems)).toContain('rule-sinkhole');
  department.write({ 'config/interdict.yaml': files['config/interdict.yaml'] });
  expect(codes((await running.reload()).problems)).not.toContain('rule-sinkhole');
});
