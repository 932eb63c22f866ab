// Twenty reloads of 100,000 names while dnsperf sends 5,000 queries a second and a prober checks each answer against the policy of its
// moment; then a broken edit, a kill, and a start with the broken file in place.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { DIRECTIVE, smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const NAMES = 100_000;
const RELOADS = 20;
const QUERIES_PER_SECOND = 5_000;
/** Longer than twenty reloads take; dnsperf is stopped by its id when they are done. */
const LOAD_SECONDS = 90;
const LATEST_MS = 1_000;
const NXDOMAIN = 3;

const FEED = 'id: bulk\nname: Bulk of the test\nsource: { file: ../lists/bulk.hosts }\nformat: hosts\nmatch: domain\n';

interface Probe {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Which of the two lists the answers fit; undefined: neither, a mix. */
  readonly list: 'a' | 'b' | undefined;
}
interface Reload {
  readonly from: number;
  readonly to: number;
  readonly list: 'a' | 'b';
}

const missing = missingPeers('dnsperf');

describe.skipIf(missing !== undefined)('reloads under load', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;
  let client: DnsClient;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    const files = smallDepartment({
      upstreamPort: upstream.port,
      rules: ['domain: app.example'],
      settings: ['reload: { max_shrink: 1 }'],
    });
    const folder = writeFiles({
      ...files,
      'blocklists/feeds/bulk.yaml': FEED,
      'blocklists/directives/order.yaml': DIRECTIVE.replace('apps: [', 'apps: [{ app: bulk, basis: named }, '),
      'blocklists/lists/bulk.hosts': hosts('a'),
      'queries.txt': Array.from({ length: 2_000 }, (_, i) => `${i % 2 === 0 ? 'a' : 'b'}${i * 37}.bulk.example A`).join(
        '\n',
      ),
    });
    instance = await startInstance(folder);
    client = await DnsClient.udp(instance.dnsPort);
  });
  afterAll(async () => {
    await client?.close();
    await instance?.stop();
    await upstream?.close();
  });

  const use = (list: 'a' | 'b') => writeFileSync(join(instance.folder, 'blocklists/lists/bulk.hosts'), hosts(list));
  const rcodeOf = async (name: string) => {
    const answer = await client.ask(query(name, 'A'));
    return answer === undefined ? undefined : readReply(answer).rcode;
  };
  const probe = async (i: number): Promise<Probe> => {
    const sentAt = performance.now();
    const [a, b] = await Promise.all([rcodeOf(`a${i}.bulk.example`), rcodeOf(`b${i}.bulk.example`)]);
    const list = a === NXDOMAIN && b === 0 ? 'a' : a === 0 && b === NXDOMAIN ? 'b' : undefined;
    return { sentAt, answeredAt: performance.now(), list };
  };

  test('lose no query, and each answer is right before or after its reload', async () => {
    const args = ['-s', '127.0.0.1', '-p', String(instance.dnsPort), '-d', join(instance.folder, 'queries.txt')];
    const load = spawn('dnsperf', [
      ...args,
      '-Q',
      String(QUERIES_PER_SECOND),
      '-l',
      String(LOAD_SECONDS),
      '-c',
      '8',
      '-t',
      '1',
    ]);
    let report = '';
    load.stdout.on('data', (chunk) => {
      report += chunk;
    });
    const ended = new Promise<void>((done) => load.once('close', () => done()));

    const reloads: Reload[] = [{ from: 0, to: 0, list: 'a' }];
    const probes: Probe[] = [];
    let isDone = false;
    const probing = (async () => {
      for (let i = 0; !isDone; i = (i + 1) % NAMES) {
        probes.push(await probe(i));
        await new Promise((done) => setTimeout(done, 2));
      }
    })();
    for (let i = 0; i < RELOADS; i++) {
      const list = i % 2 === 0 ? 'b' : 'a';
      const from = performance.now();
      use(list);
      const reply = await instance.reload();
      expect(['applied', 'unchanged'], JSON.stringify(reply)).toContain(reply.outcome);
      reloads.push({ from, to: performance.now(), list });
    }
    isDone = true;
    await probing;
    load.kill('SIGINT');
    await ended;

    expect(report).toMatch(/Queries lost:\s+0 /);
    const codes = [...(/Response codes:\s+(.*)/.exec(report)?.[1]?.matchAll(/([A-Z]+) \d+/g) ?? [])].map(
      (match) => match[1],
    );
    expect(codes.sort()).toEqual(['NOERROR', 'NXDOMAIN']);
    expect(Number(/Average Latency.*max ([\d.]+)/.exec(report)?.[1]) * 1_000).toBeLessThan(LATEST_MS);
    expect(Number(/Queries completed:\s+(\d+)/.exec(report)?.[1])).toBeGreaterThan(QUERIES_PER_SECOND * 2);
    expect(probes.length).toBeGreaterThan(RELOADS * 5);
    expect(probes.filter((one) => !isRight(one, reloads))).toEqual([]);
    expect(probes.filter(({ sentAt, answeredAt }) => answeredAt - sentAt > LATEST_MS)).toEqual([]);
    console.log(summary(report, reloads, probes));
  });

  test('a broken edit changes nothing, nor does a kill and a start with the broken file in place', async () => {
    const answers = async () => {
      const found: (number | undefined)[] = [];
      for (let i = 0; i < 200; i++)
        found.push(await rcodeOf(`a${i * 31}.bulk.example`), await rcodeOf(`b${i * 31}.bulk.example`));
      return found;
    };
    const before = await answers();
    expect(new Set(before)).toEqual(new Set([0, NXDOMAIN]));
    use('b');
    writeFileSync(join(instance.folder, 'blocklists/apps/app.yaml'), 'id: app\nrules:\n  - { domain: [\n');
    const reply = await instance.reload();
    expect(reply.outcome).toBe('refused');
    expect(reply.problems?.length).toBeGreaterThan(0);
    expect(await answers()).toEqual(before);

    const { folder } = instance;
    await instance.stop('SIGKILL');
    await client.close();
    instance = await startInstance(folder);
    client = await DnsClient.udp(instance.dnsPort);
    expect(await answers()).toEqual(before);
    expect((await instance.get('/readyz')).body).toContain('degraded');
    expect(await instance.scrape()).toMatch(/interdict_policy_info\{[^}]*origin="last-good"\} 1/);
  });
});

function hosts(list: 'a' | 'b'): string {
  return Array.from({ length: NAMES }, (_, i) => `0.0.0.0 ${list}${i}.bulk.example`).join('\n');
}

/** A probe that ran wholly between two reloads fits the list of the earlier one; one that met a reload may fit either, or straddle it. */
function isRight({ sentAt, answeredAt, list }: Probe, reloads: readonly Reload[]): boolean {
  const met = reloads.filter(({ from, to }) => from <= answeredAt && to >= sentAt);
  if (met.length > 0) return true;
  return reloads.findLast(({ to }) => to < sentAt)?.list === list;
}

function summary(report: string, reloads: readonly Reload[], probes: readonly Probe[]): string {
  const took = reloads
    .slice(1)
    .map(({ from, to }) => to - from)
    .sort((a, b) => a - b);
  const latency = probes.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b);
  const line = (label: RegExp) => label.exec(report)?.[0] ?? '';
  return [
    `reload: median ${took[took.length >> 1].toFixed(0)} ms, longest ${took.at(-1)?.toFixed(0)} ms`,
    `probes: ${probes.length}, p99 ${latency[Math.floor(latency.length * 0.99)].toFixed(1)} ms, longest ${latency.at(-1)?.toFixed(1)} ms`,
    line(/Queries completed:.*/),
    line(/Queries lost:.*/),
    line(/Response codes:.*/),
    line(/Average Latency.*/),
  ].join('\n');
}
