import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../../src/base/brand.ts';
import { parentOf } from '../../../src/policy/snapshot/snapshot.ts';
import { appFile, DIRECTIVE } from '../../e2e/small-department.ts';
import { DAY_MS, RULES, START } from '../running-keeper.ts';
import { forget, RunningProbe, seriesOf } from './running-probe.ts';

const HOUR_MS = 3_600_000;
const LISTENERS = ['udp 1', 'tcp 1'];
const WELL = ['office block 1', 'office allow 1', 'trial allow 1', 'guests allow 1', 'sink block 1', 'sink allow 1'];

/** A second app beside the first and in front of it, blocked by the same directive; it is meant to match the first of its names. */
function anotherApp(names: readonly string[]): Record<string, string> {
  const text = appFile(names.map((name) => `domain: ${name}`));
  return {
    'blocklists/apps/another.yaml': text
      .replace('id: app', 'id: another')
      .replace('[free.example.org]', '[example.com]'),
    'blocklists/directives/order.yaml': DIRECTIVE.replace('apps: [', 'apps: [{ app: another, basis: named }, '),
  };
}

let probe: RunningProbe;
beforeEach(async () => {
  probe = new RunningProbe();
});
afterEach(() => probe.close());

const start = async () => {
  expect(await probe.running.start(false)).toBeUndefined();
  return probe.ask();
};
const served = () => {
  const { active } = probe.running;
  if (active === undefined) throw new Error('nothing is served');
  return active.snapshot;
};

describe('a policy that is served as it was written', () => {
  test('is well in every segment and says nothing', async () => {
    expect(seriesOf(await start())).toEqual([...WELL, ...LISTENERS]);
    expect(probe.logged).toEqual([]);
  });

  test('is asked every minute', async () => {
    await start();
    for (const minutes of [1, 2, 3]) {
      await probe.clock.step(60_000);
      expect(probe.probe.status().at).toBe(START + minutes * 60_000);
    }
  });

  test('does not flicker over 20 reloads that change rules, renumber apps, and give and take an exemption', async () => {
    const { department } = probe;
    await start();
    for (let i = 0; i < 20; i++) {
      department.rules([...RULES, `domain: more${i}.example.net`]);
      if (i % 4 === 0) department.write(anotherApp(['another.example.net']));
      if (i % 4 === 1) department.exempt('2026-12-01');
      if (i % 4 === 2)
        probe.withdraw('blocklists/apps/another.yaml', { 'blocklists/directives/order.yaml': DIRECTIVE });
      if (i % 4 === 3) probe.withdraw('config/exemptions/EXM-1.yaml');
      const series = seriesOf(await probe.reload());
      expect(series).toEqual(expect.arrayContaining([...WELL, ...LISTENERS]));
      expect(series.filter((line) => line.endsWith(' 0'))).toEqual([]);
    }
    expect(probe.running.active?.generation).toBeGreaterThan(20);
    expect(probe.logged).toEqual([]);
  });
});

describe('what has gone wrong shows at the next probe', () => {
  test('a rule that is gone from the served memory turns block to 0, and back when it is there again, with a line each', async () => {
    await start();
    const putBack = forget(served(), 'banned.example.net');
    for (let i = 0; i < 3; i++) {
      await probe.clock.step(60_000);
      expect(seriesOf(probe.probe.status())).toEqual([
        ...WELL.map((line) => line.replace('block 1', 'block 0')),
        ...LISTENERS,
      ]);
    }
    expect(probe.probe.status().failing).toEqual([
      'probe office block fails: banned.example.net is not blocked (app app)',
      'probe sink block fails: banned.example.net is not blocked (app app)',
    ]);
    putBack();
    await probe.clock.step(60_000);
    expect(seriesOf(probe.probe.status())).toEqual([...WELL, ...LISTENERS]);
    expect(probe.logged).toEqual([
      'error probe office block fails: banned.example.net is not blocked (app app)',
      'error probe sink block fails: banned.example.net is not blocked (app app)',
      'info probe office block is well again',
      'info probe sink block is well again',
    ]);
  });

  test('a segment whose app is free in the served memory turns its own block to 0 and no other', async () => {
    await start();
    const { outcomes, segmentNames } = served();
    outcomes[segmentNames.indexOf('sink')] = 0;
    expect(seriesOf(await probe.ask())).toEqual([
      ...WELL.map((line) => (line === 'sink block 1' ? 'sink block 0' : line)),
      ...LISTENERS,
    ]);
  });

  test('clients that no segment holds any more turn everything of theirs to 0', async () => {
    await start();
    served().clients4.fill(0);
    const series = seriesOf(await probe.ask());
    expect(series).toEqual([...WELL.map((line) => line.replace(/1$/, '0')), ...LISTENERS]);
    expect(probe.logged[0]).toBe(
      'error probe office block fails: banned.example.net: its client is taken for one of no segment',
    );
  });

  test('memory that makes the judge throw is a failing probe, not a dead instance', async () => {
    await start();
    Object.defineProperty(served(), 'outcomes', {
      get: () => {
        throw new Error('no such memory');
      },
    });
    expect(seriesOf(await probe.ask()).filter((line) => line.includes('block'))).toEqual([
      'office block 0',
      'sink block 0',
    ]);
    expect(probe.logged[0]).toContain('banned.example.net cannot be judged: no such memory');
  });

  test('an innocent name under a bad rule of another app turns allow to 0 where that app is blocked', async () => {
    await start();
    probe.department.write(anotherApp(['another.example.net', 'example.org']));
    const series = seriesOf(await probe.reload());
    const isHit = (line: string) => line === 'office allow 1' || line === 'sink allow 1';
    expect(series).toEqual([...WELL.map((line) => (isHit(line) ? line.replace('1', '0') : line)), ...LISTENERS]);
    const fault = 'free.example.org is blocked by order/another/example.org (no app is to match it)';
    expect(probe.logged).toEqual([
      `error probe office allow fails: ${fault}`,
      `error probe sink allow fails: ${fault}`,
    ]);
  });

  test('a name that one app frees and another is meant to block there is no innocent', async () => {
    await start();
    probe.department.write(anotherApp(['example.org', 'another.example.net']));
    expect(seriesOf(await probe.reload())).toEqual([...WELL, ...LISTENERS]);
    // It is one elsewhere.
    const { outcomes, segmentNames, apps, appIds } = served();
    const guests = segmentNames.indexOf('guests') * apps;
    outcomes[guests + appIds.indexOf('another')] = outcomes[segmentNames.indexOf('office') * apps];
    expect(seriesOf(await probe.ask())).toContain('guests allow 0');
  });

  test.each([
    ['udp', '127.0.0.1'],
    ['udp', '::1'],
    ['tcp', '127.0.0.1'],
  ])('a listener of %s on %s that gives no answer turns its transport to 0', async (transport, host) => {
    await start();
    probe.deaf.add(`${transport} ${host}`);
    const { listeners } = await probe.ask();
    expect(seriesOf({ policy: [], listeners })).toEqual(
      LISTENERS.map((line) => (line.startsWith(transport) ? `${transport} 0` : line)),
    );
    probe.deaf.clear();
    await probe.ask();
    expect(probe.logged).toEqual([
      `error probe ${transport} fails: ${host} port 53 gives no answer`,
      `info probe ${transport} is well again`,
    ]);
  });
});

describe('an exemption', () => {
  test('lets one of its clients through while it holds, and for seven days after its end has it blocked', async () => {
    probe.department.exempt('2026-11-24');
    expect(seriesOf(await start())).toEqual([...WELL, 'office exempt 1', ...LISTENERS]);
    await probe.running.pass(13 * HOUR_MS);
    expect(seriesOf(await probe.ask())).toEqual([...WELL, 'office ended 1', ...LISTENERS]);
    const end = START + 12 * HOUR_MS;
    probe.clock.set(end + 7 * DAY_MS - 1);
    expect(seriesOf(await probe.ask())).toContain('office ended 1');
    probe.clock.set(end + 7 * DAY_MS);
    expect(seriesOf(await probe.ask())).toEqual([...WELL, ...LISTENERS]);
    expect(probe.logged).toEqual([]);
  });

  test('that does not work turns exempt to 0, and one that does not end turns ended to 0', async () => {
    probe.department.exempt('2026-11-24');
    await start();
    const snapshot = served();
    const derived = Array.from(snapshot.until, (_, i) => i).find((i) => i !== parentOf(snapshot, i)) as number;
    const outcome = snapshot.outcomes[derived];
    snapshot.outcomes[derived] = snapshot.outcomes[parentOf(snapshot, derived)];
    expect(seriesOf(await probe.ask())).toContain('office exempt 0');
    snapshot.outcomes[derived] = outcome;
    expect(seriesOf(await probe.ask())).toContain('office exempt 1');

    // The end passes, the next policy does not come, and the memory that should end it by the clock is damaged.
    probe.running.compilerDies = true;
    await probe.running.pass(13 * HOUR_MS);
    expect(seriesOf(await probe.ask())).toContain('office ended 1');
    snapshot.until[derived] = Number.POSITIVE_INFINITY;
    expect(seriesOf(await probe.ask())).toEqual([...WELL, 'office ended 0', ...LISTENERS]);
    expect(probe.logged.at(-1)).toBe(
      'error probe office ended fails: banned.example.net is not blocked (app app, exemption EXM-1)',
    );
  });

  test('that is taken back before its end has its client asked for all the same', async () => {
    probe.department.exempt('2026-12-24');
    await start();
    probe.withdraw('config/exemptions/EXM-1.yaml');
    expect(seriesOf(await probe.reload())).toEqual([...WELL, 'office ended 1', ...LISTENERS]);
  });
});

describe('what the moment changes is expected, not reported', () => {
  const terms = {
    id: 'OVR-1',
    ticket: 'SEC-2',
    reason: 'test',
    by: 'a',
    confirmedBy: 'b',
    confirmBy: (START + HOUR_MS) as Instant,
    from: START as Instant,
    until: (START + HOUR_MS) as Instant,
  };

  test('a released name is not asked for as blocked, but the next test of its app is', async () => {
    const tests = appFile(RULES).replace('blocked: [', 'blocked: [banned.example.net, second.example.net, ');
    probe.department.write({ 'blocklists/apps/app.yaml': tests.replace(', banned.example.net]', ']') });
    await start();
    const what = { kind: 'name', name: 'banned.example.net', match: 'domain' } as const;
    probe.running.overrides = [{ ...terms, kind: 'release', what }];
    await probe.running.keeper.recompile();
    expect(seriesOf(await probe.ask())).toEqual([...WELL, ...LISTENERS]);
    forget(served(), 'second.example.net');
    expect(seriesOf(await probe.ask())).toContain('office block 0');
    expect(probe.logged[0]).toContain('second.example.net is not blocked');
  });

  test('without another test the app is not asked for', async () => {
    await start();
    const what = { kind: 'rule', app: 'app', rule: 'banned.example.net' } as const;
    probe.running.overrides = [{ ...terms, kind: 'release', what }];
    await probe.running.keeper.recompile();
    expect(seriesOf(await probe.ask())).toEqual([...WELL.filter((line) => !line.includes('block')), ...LISTENERS]);
  });

  test('an emergency exemption is one more, and afterwards one that ended, also after a restart', async () => {
    await start();
    const { id, from, until } = terms;
    const exemption = {
      ...{ id, from, until, segment: 'office', clients: ['127.0.0.9/32'], under: ['order'], apps: ['app'] },
      ...{ class: 'operational', requestedBy: 'a', approvedBy: 'b', approvedOn: '2026-11-24', ticket: 'SEC-2' },
      ...{ justification: 'test', mitigations: [], dates: { from: '', until: '' }, places: {} },
    } as const;
    probe.running.overrides = [{ ...terms, kind: 'emergency-exemption', exemption }];
    await probe.running.keeper.recompile();
    expect(seriesOf(await probe.ask())).toEqual([...WELL, 'office exempt 1', ...LISTENERS]);
    await probe.running.pass(HOUR_MS + 60_000);
    expect(seriesOf(await probe.ask())).toEqual([...WELL, 'office ended 1', ...LISTENERS]);
    expect(probe.logged).toEqual([]);

    const restarted = new RunningProbe();
    restarted.kept = [{ override: { ...terms, kind: 'emergency-exemption', exemption } }];
    await restarted.running.start(false);
    restarted.clock.set(until - 1);
    expect(seriesOf(await restarted.ask())).toEqual([...WELL, ...LISTENERS]);
    restarted.clock.set(until);
    expect(seriesOf(await restarted.ask())).toEqual([...WELL, 'office ended 1', ...LISTENERS]);
    await restarted.close();
  });

  test('a directive that falls back to monitor in a segment is expected to block there again when that ends', async () => {
    await start();
    probe.running.overrides = [{ ...terms, kind: 'fallback', directive: 'order', segment: 'office' }];
    await probe.running.keeper.recompile();
    expect(seriesOf(await probe.ask())).toEqual([...WELL.filter((line) => line !== 'office block 1'), ...LISTENERS]);
    await probe.running.pass(HOUR_MS + 60_000);
    expect(seriesOf(await probe.ask())).toEqual([...WELL, ...LISTENERS]);
    expect(probe.logged).toEqual([]);
  });

  test('a clock that steps back a month raises no alarm', async () => {
    probe.department.exempt('2026-11-24');
    await start();
    await probe.running.pass(13 * HOUR_MS);
    probe.clock.set(START - 30 * DAY_MS);
    expect(seriesOf(await probe.ask())).toEqual([...WELL, 'office ended 1', ...LISTENERS]);
    expect(probe.logged).toEqual([]);
  });
});
