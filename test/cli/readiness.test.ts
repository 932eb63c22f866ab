// `interdict readiness` over event files that this test writes.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { smallDepartment } from '../e2e/small-department.ts';
import { run } from './run.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-readiness-'));
  const files = smallDepartment({ upstreamPort: 9, rules: ['domain: banned.example', 'exact: own.example'] });
  for (const [path, text] of Object.entries({ ...files, 'state/events/notes.txt': '' })) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const readiness = (...args: string[]) => run('readiness', ...args, '--config', join(folder, 'config/interdict.yaml'));

interface Asked {
  readonly client: number;
  readonly qname?: string;
  readonly action?: string;
  readonly segment?: string;
  readonly rule?: string;
  readonly role?: string;
  readonly directive?: string;
  readonly lost?: number;
}

function line({ client, rule = 'banned.example', action = 'monitored', directive = 'order', ...more }: Asked): string {
  return JSON.stringify({
    time: '2026-11-20T10:00:00.000Z',
    door: 'dns',
    action,
    id: `${action === 'monitored' ? 'monitored:' : ''}${directive}/app/${rule}`,
    segment: 'trial',
    directive,
    app: 'app',
    role: 'web',
    qname: 'www.banned.example',
    qtype: 'A',
    transport: 'udp',
    generation: 1,
    ...more,
    client: client.toString(16).padStart(32, '0'),
  });
}

function day(date: string, ...lines: string[]): void {
  writeFileSync(join(folder, 'state/events', `${date}.ndjson`), lines.map((text) => `${text}\n`).join(''));
}

test('requests are counted by app and role, clients within a day, and groups below five have no number', async () => {
  day('2026-11-20', ...[1, 2, 3, 4, 5, 6, 1, 2].map((client) => line({ client })), line({ client: 1, role: 'cdn' }));
  day('2026-11-22', ...[7, 8, 9].map((client) => line({ client })));
  day('2026-11-24');
  const { code, out } = await readiness('order', '--segment', 'trial', '--json');
  expect(code ?? 0).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    from: '2026-11-20',
    to: '2026-11-24',
    observed: ['2026-11-20', '2026-11-22', '2026-11-24'],
    unobserved: ['2026-11-21', '2026-11-23'],
    mode: 'monitor',
    clients: 6,
    wouldBlock: [
      { app: 'app', role: 'web', requests: 11, days: 2, clients: 6 },
      { app: 'app', role: 'cdn', requests: 1, days: 1, clients: null },
    ],
  });
});

test('no number of clients below the smallest group and no pseudonym is printed', async () => {
  day('2026-11-24', ...[1, 2, 3, 4].map((client) => line({ client: client + 0xabcdef00 })));
  const text = (await readiness('order', '--segment', 'trial')).out;
  expect(text).toContain('Would be blocked: 4 requests; on the busiest day by fewer than 5 clients');
  const { out } = await readiness('order', '--segment', 'trial', '--json');
  expect(text + out).not.toContain('abcdef');
});

test('names that a rule or a test holds are seen, all others are listed, most asked for first', async () => {
  const names = [
    'banned.example',
    'free.example.org',
    'own.example',
    'a.banned.example',
    'b.banned.example',
    'b.banned.example',
  ];
  const rule = (qname: string) => (qname === 'own.example' ? '=own.example' : 'banned.example');
  day('2026-11-24', ...names.map((qname, client) => line({ client, qname, rule: rule(qname) })));
  const { unseen } = JSON.parse((await readiness('order', '--segment', 'trial', '--json')).out);
  expect(unseen).toEqual([
    { name: 'b.banned.example', requests: 2, days: 1, id: 'monitored:order/app/banned.example' },
    { name: 'a.banned.example', requests: 1, days: 1, id: 'monitored:order/app/banned.example' },
  ]);
});

test('what is blocked, exempt or released, and other segments, would not be blocked anew', async () => {
  day(
    '2026-11-24',
    line({ client: 1, action: 'blocked' }),
    line({ client: 1, action: 'exempt' }),
    line({ client: 1, action: 'released' }),
    line({ client: 1, segment: 'office' }),
  );
  const answer = JSON.parse((await readiness('order', '--segment', 'trial', '--json')).out);
  expect(answer).toMatchObject({ wouldBlock: [], otherwise: { blocked: 1, exempt: 1, released: 1 } });
});

test('an app of the directive counts although the line names the directive that came first', async () => {
  day('2026-11-24', line({ client: 1, directive: 'local-policy' }));
  const answer = JSON.parse((await readiness('order', '--segment', 'trial', '--json')).out);
  expect(answer.wouldBlock).toHaveLength(1);
});

test('lost events and torn lines are told of, and the rest is counted', async () => {
  day('2026-11-24', line({ client: 1, lost: 12 }), line({ client: 2 }), '{"time":"2026-11-24T1');
  const { out } = await readiness('order', '--segment', 'trial');
  expect(out).toContain('12 events of all segments came faster than events.max_per_second');
  expect(out).toContain('1 line cannot be read: torn by a crash, or edited');
  expect(out).toContain('Would be blocked: 2 requests');
});

test('--since leaves earlier days out, and days before the first file are unobserved', async () => {
  day('2026-11-20', line({ client: 1 }));
  day('2026-11-24', line({ client: 1 }));
  const { out } = await readiness('order', '--segment', 'trial', '--since', '2026-11-22');
  expect(out).toContain(
    'Observed on 1 of 3 days, 2026-11-22 to 2026-11-24 (UTC); no event file of 2026-11-22, 2026-11-23',
  );
  expect(out).toContain('Would be blocked: 1 request;');
});

test('a segment that does not name the directive is told so', async () => {
  expect((await readiness('order', '--segment', 'guests')).out).toContain('not named there');
});

test.each([
  [['order'], 'give --segment: readiness is a matter of one network\n'],
  [['order', '--segment', 'trail'], 'no segment is called trail; did you mean trial?\n'],
  [['ordr', '--segment', 'trial'], 'no directive is called ordr; did you mean order?\n'],
  [['order', '--segment', 'trial', '--since', 'monday'], '--since monday is no date; write one such as 2026-11-24\n'],
])('readiness %j is wrong usage: %s', async (args, sentence) => {
  expect(await readiness(...args)).toEqual({ code: 2, out: '', err: sentence });
});
