// What the load generators got, what the metrics count and what the event log tells are one number, over twenty reloads that give segments
// and apps other numbers while several threads answer.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { appFile, config, DIRECTIVE, smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const RELOADS = 20;
/** A run of a generator: so many queries, at so many a second. Half are for the two apps, which give one NXDOMAIN each. */
const QUERIES = 4_000;
const QUERIES_PER_SECOND = 2_000;
const LISTED = QUERIES / 2;
/** More decisions than the log takes lines a second, so that some are counted as lost. */
const LINES_PER_SECOND = 500;
const SETTLE_MS = 10_000;
/** Twenty reloads take 20 to 40 s; not every machine is so fast. */
const LIMIT_MS = 240_000;

const QUESTIONS = Array.from({ length: QUERIES / 4 }, (_, i) =>
  ['app.example', 'zeta.example', 'free.example', 'other.example'].map((zone) => `n${i % 50}.${zone} A`),
).flat();

const SEGMENTS = [
  '{ id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/24], enforce: [order] }',
  '{ id: trial, kind: corporate, jurisdiction: ZZ, clients: [127.0.1.0/24], enforce: [{ directive: order, mode: monitor }] }',
  '{ id: annex, kind: corporate, jurisdiction: ZZ, clients: [127.0.4.0/24], enforce: [order] }',
];

const missing = missingPeers('dnsperf');

describe.skipIf(missing !== undefined)('decisions under reload', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    const folder = writeFiles(smallDepartment({ upstreamPort: upstream.port, rules: ['domain: app.example'] }));
    writeFiles({ ...policy(false), 'queries.txt': `${QUESTIONS.join('\n')}\n` }, folder);
    instance = await startInstance(folder);
  });
  afterAll(async () => {
    await instance?.stop();
    await upstream?.close();
  });

  /** Turned round: one segment and one app more in front, the others the other way round. */
  const policy = (isTurned: boolean): Record<string, string> => {
    const segments = isTurned ? SEGMENTS.toReversed() : SEGMENTS.slice(0, 2);
    const apps = isTurned ? ['aaa', 'zeta', 'app'] : ['app', 'zeta'];
    return {
      'config/interdict.yaml': config({
        upstreamPort: upstream.port,
        rules: [],
        dns: 'workers: 3',
        segments: `segments:\n${segments.map((segment) => `  - ${segment}\n`).join('')}`,
        settings: ['reload: { max_shrink: 1 }', `events: { max_per_second: ${LINES_PER_SECOND} }`],
      }),
      'blocklists/apps/zeta.yaml': appFile(['domain: zeta.example']).replace('id: app', 'id: zeta'),
      'blocklists/apps/aaa.yaml': appFile(['domain: aaa.example']).replace('id: app', 'id: aaa'),
      'blocklists/directives/order.yaml': DIRECTIVE.replace(
        'apps: [{ app: app, basis: named }]',
        `apps: [${apps.map((app) => `{ app: ${app}, basis: named }`).join(', ')}]`,
      ),
    };
  };

  test('are counted as they were answered, and each is an event or a counted loss', { timeout: LIMIT_MS }, async () => {
    let isDone = false;
    const whileReloading = async (from: string) => {
      const runs: Run[] = [];
      while (!isDone) runs.push(await runLoad(instance, from));
      return runs;
    };
    const loads = Promise.all([whileReloading('127.0.0.1'), whileReloading('127.0.1.1')]);
    const hashes: (string | undefined)[] = [];
    for (let i = 0; i < RELOADS; i++) {
      writeFiles(policy(i % 2 === 0), instance.folder);
      const { outcome, hash } = await instance.reload();
      // Unchanged: the watcher was there first.
      expect(['applied', 'unchanged']).toContain(outcome);
      hashes.push(hash);
    }
    isDone = true;
    const [office, trial] = await loads;
    for (const run of [...office, ...trial]) expect(run.completed, run.report).toBe(QUERIES);
    for (const run of office) expect(run.nxdomain).toBe(LISTED);
    for (const run of trial) expect(run.nxdomain).toBe(0);
    expect(office.length).toBeGreaterThan(2);
    expect(hashes.filter((hash, i) => hash === undefined || hash === hashes[i - 1])).toEqual([]);

    const each = { office: (office.length * LISTED) / 2, trial: (trial.length * LISTED) / 2 };
    const counted = await settled(instance);
    for (const app of ['app', 'zeta']) {
      expect(counted.get(`office ${app} blocked`)).toBe(each.office);
      expect(counted.get(`trial ${app} monitored`)).toBe(each.trial);
    }
    const total = 2 * (each.office + each.trial);
    expect([...counted.values()].reduce((sum, value) => sum + value, 0)).toBe(total);

    const metrics = await instance.scrape();
    const lost = { ring: lossOf(metrics, 'sink="ring"'), file: lossOf(metrics, 'sink="file"') };
    const lines = instance.events();
    expect(lines.length + lost.ring + lost.file).toBe(total);
    expect(lost.file).toBeGreaterThan(0);
    for (const { segment, app, action } of lines) {
      expect(counted.get(`${segment} ${app} ${action}`) ?? 0).toBeGreaterThan(0);
    }
    console.log(
      `${total} decisions, ${lines.length} lines, ${lost.ring} lost in rings, ${lost.file} on the way to the file`,
    );
  });
});

interface Run {
  readonly completed: number;
  readonly nxdomain: number;
  readonly report: string;
}

/** dnsperf through all questions once, from 16 ports, so that the kernel spreads them over the workers. */
async function runLoad({ dnsPort, folder }: RunningInstance, from: string): Promise<Run> {
  const args = ['-s', '127.0.0.1', '-p', String(dnsPort), '-d', join(folder, 'queries.txt'), '-a', from];
  const load = spawn('dnsperf', [...args, '-n', '1', '-Q', String(QUERIES_PER_SECOND), '-c', '16', '-T', '1']);
  let report = '';
  load.stdout.on('data', (chunk) => {
    report += chunk;
  });
  await new Promise((done) => load.once('close', done));
  const number = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? 0);
  return { completed: number(/Queries completed:\s+(\d+)/), nxdomain: number(/NXDOMAIN (\d+)/), report };
}

/** interdict_decisions_total by `segment app action`, once the numbers of two scrapes in a row are equal. */
async function settled(instance: RunningInstance): Promise<Map<string, number>> {
  let before = '';
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; ) {
    const metrics = await instance.scrape();
    const now = /^interdict_(decisions|events_dropped)_total.*$/gm;
    const found = (metrics.match(now) ?? []).join('\n');
    if (found === before) return decisionsOf(metrics);
    before = found;
    await new Promise((done) => setTimeout(done, 300)); // longer than the event log holds lines back
  }
  throw new Error(`the counters do not come to rest:\n${before}`);
}

function decisionsOf(metrics: string): Map<string, number> {
  const found = metrics.matchAll(
    /^interdict_decisions_total\{.*segment="([^"]+)",app="([^"]+)",action="([^"]+)"\} (\d+)$/gm,
  );
  return new Map(
    Array.from(found, ([, segment, app, action, value]) => [`${segment} ${app} ${action}`, Number(value)]),
  );
}

function lossOf(metrics: string, label: string): number {
  return Number(new RegExp(`^interdict_events_dropped_total\\{${label}\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
}
