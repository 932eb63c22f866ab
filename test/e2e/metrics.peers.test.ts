// The scrape against METRICS: every name, type, label and zero at the start, exact numbers after a scripted load through reloads that
// renumber apps and segments, and no name or client in it whatever was sent.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../src/observe/metric-table.ts';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { appFile, DIRECTIVE, IO, smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const EXEMPTION = `segment: office
clients: [127.0.0.50]
under: [order]
apps: [app]
class: operational
requested_by: staff reference 17
approved_by: Security Officer
approved_on: 2026-01-10
ticket: SEC-1
justification: Case reference in SEC-1
mitigations: [stand-alone device]
from: 2026-11-01
until: 2027-04-30
`;

/** An app that sorts before the other, so that numbers move. */
const FIRST_APP = appFile(['domain: first.example'])
  .replaceAll('App of the test', 'First')
  .replace('id: app', 'id: aaa');
const WITH_FIRST = {
  'blocklists/apps/aaa.yaml': FIRST_APP,
  'blocklists/directives/order.yaml': DIRECTIVE.replace('apps: [', 'apps: [{ app: aaa, basis: named }, '),
};
const WITHOUT_FIRST = { 'blocklists/directives/order.yaml': DIRECTIVE };

/** Shorter than a header, an answer, an unknown opcode, two questions, no question, a name that leaves the packet, a compressed qname. */
const MALFORMED = [
  '000001',
  '0000800000010000000000000000010001',
  '0000280000010000000000000000010001',
  '00000100000200000000000000000100010000010001',
  '000001000000000000000000',
  '0000010000010000000000003f61',
  '000001000001000000000000c00c00010001',
].map((hex) => Buffer.from(hex, 'hex'));

describe.each(IO)('io: %s, the scrape', (io) => {
  let upstream: StubUpstream;
  let instance: RunningInstance;
  const clients: DnsClient[] = [];
  let first = '';

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    const files = smallDepartment({
      dns: `io: ${io}`,
      upstreamPort: upstream.port,
      rules: ['domain: app.example'],
      settings: [
        'exemptions: { folder: exemptions, timezone: Europe/London }',
        'reload: { max_shrink: 1 }',
        'events: { max_per_second: 100000 }',
      ],
    });
    instance = await startInstance(writeFiles({ ...files, 'config/exemptions/EXM-2026-001.yaml': EXEMPTION }));
    first = await instance.scrape();
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await instance?.stop();
    await upstream?.close();
  });

  test('has every metric of the table with its type and labels before anything was asked', () => {
    for (const { name, type, labels } of METRICS) {
      expect(first, name).toContain(`# TYPE ${name} ${type}\n`);
      const series = first.split('\n').filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?[{ ]`).test(line));
      for (const line of series)
        expect(
          labelsOf(line).filter((label) => label !== 'le'),
          line,
        ).toEqual(labels);
    }
    const known = new Set(METRICS.map(({ name }) => name));
    const exported = [...first.matchAll(/^# TYPE (interdict_\S+) /gm)].map((match) => match[1]);
    expect(exported.filter((name) => !known.has(name))).toEqual([]);
  });

  test('has a zero for every series that can occur', () => {
    const zeros = [
      ...['office', 'trial', 'guests', 'sink', 'none'].map(
        (segment) => `interdict_dns_queries_total{transport="udp",segment="${segment}"}`,
      ),
      ...['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'].map(
        (rcode) => `interdict_dns_responses_total{transport="tcp",rcode="${rcode}"}`,
      ),
      ...['malformed', 'policy', 'rate', 'overload'].map(
        (reason) => `interdict_dns_dropped_total{transport="udp",reason="${reason}"}`,
      ),
      ...['blocked', 'exempt', 'released'].map(
        (action) => `interdict_decisions_total{door="dns",segment="office",app="app",action="${action}"}`,
      ),
      'interdict_decisions_total{door="dns",segment="trial",app="app",action="monitored"}',
      'interdict_app_matches_total{app="app",role="web",action="blocked"}',
      'interdict_miss_ring_full_total',
      ...['ring', 'file'].map((sink) => `interdict_events_dropped_total{sink="${sink}"}`),
      ...['hit', 'miss', 'stale'].map((result) => `interdict_dns_cache_requests_total{result="${result}"}`),
      ...['applied', 'unchanged', 'refused', 'stuck'].map(
        (outcome) => `interdict_policy_reloads_total{outcome="${outcome}"}`,
      ),
    ];
    for (const series of zeros) expect(sampleOf(first, series), series).toBe(0);
    expect(first).toMatch(/^interdict_policy_info\{hash="[0-9a-f]{64}",revision="[^"]*",origin="files"\} 1$/m);
    expect(
      sampleOf(first, 'interdict_enforcement_info{segment="office",directive="order",app="app",mode="enforce"}'),
    ).toBe(1);
    expect(
      sampleOf(first, 'interdict_enforcement_info{segment="trial",directive="order",app="app",mode="monitor"}'),
    ).toBe(1);
    expect(sampleOf(first, 'interdict_exemption_expiry_timestamp_seconds{exemption="EXM-2026-001"}')).toBe(
      Date.parse('2027-04-30T23:00:00Z') / 1000,
    );
    expect(sampleOf(first, 'interdict_ready')).toBe(1);
  });

  test('counts a scripted load to the number, through three reloads that renumber', async () => {
    const open = async (from: string) => {
      const client = await DnsClient.udp(instance.dnsPort, from);
      clients.push(client);
      return client;
    };
    const office = await open('127.0.0.1');
    const trial = await open('127.0.1.1');
    const exempt = await open('127.0.0.50');
    const stranger = await open('127.9.9.9');
    const guests = await open('127.0.2.1');
    const ask = async (client: DnsClient, count: number, name: (i: number) => string) => {
      for (let i = 0; i < count; i++) await client.ask(query(name(i), 'A', { opt: 1232 }));
    };
    const reload = async (files: Readonly<Record<string, string>>, removed?: string) => {
      writeFiles(files, instance.folder);
      if (removed !== undefined) rmSync(`${instance.folder}/${removed}`);
      const reply = await instance.reload();
      expect(['applied', 'unchanged'], JSON.stringify(reply)).toContain(reply.outcome);
    };

    await ask(office, 400, (i) => `h${i}.app.example`);
    await ask(trial, 100, (i) => `h${i}.app.example`);
    await reload(WITH_FIRST);
    await ask(office, 600, (i) => `h${i}.app.example`);
    await ask(exempt, 200, (i) => `h${i % 50}.app.example`);
    await reload(WITHOUT_FIRST, 'blocklists/apps/aaa.yaml');
    await ask(trial, 200, (i) => `h${i}.app.example`);
    await ask(guests, 400, (i) => `allowed${i % 100}.example.org`);
    await reload(WITH_FIRST);
    for (let i = 0; i < 50; i++) stranger.send(query(`h${i}.app.example`, 'A'));
    for (const packet of MALFORMED) office.send(packet);
    // What was sent before it is answered or dropped by the time of its answer.
    await ask(office, 1, () => 'h.app.example');

    const scrape = await settled(instance);
    const values: Record<string, number> = {
      'interdict_decisions_total{door="dns",segment="office",app="app",action="blocked"}': 1001,
      'interdict_decisions_total{door="dns",segment="trial",app="app",action="monitored"}': 300,
      'interdict_decisions_total{door="dns",segment="office",app="app",action="exempt"}': 200,
      'interdict_app_matches_total{app="app",role="web",action="blocked"}': 1001,
      'interdict_app_matches_total{app="app",role="web",action="monitored"}': 300,
      'interdict_app_matches_total{app="app",role="web",action="exempt"}': 200,
      'interdict_dns_queries_total{transport="udp",segment="trial"}': 300,
      'interdict_dns_queries_total{transport="udp",segment="guests"}': 400,
      'interdict_clients_refused_total{door="dns",reason="no-segment"}': 50,
      'interdict_dns_responses_total{transport="udp",rcode="NXDOMAIN"}': 1001,
      'interdict_dns_responses_total{transport="udp",rcode="NOERROR"}': 900,
      'interdict_policy_reloads_total{outcome="refused"}': 0,
    };
    for (const [series, value] of Object.entries(values)) expect(sampleOf(scrape, series), series).toBe(value);
    expect(sumOf(scrape, 'interdict_dns_queries_total')).toBe(1001 + 300 + 200 + 400 + 50 + MALFORMED.length);
    expect(sumOf(scrape, 'interdict_dns_queries_total')).toBe(
      sumOf(scrape, 'interdict_dns_responses_total') + sumOf(scrape, 'interdict_dns_dropped_total'),
    );
    expect(sampleOf(scrape, 'interdict_dns_dropped_total{transport="udp",reason="malformed"}')).toBe(2);
    expect(sampleOf(scrape, 'interdict_dns_responses_total{transport="udp",rcode="FORMERR"}')).toBe(4);
    expect(sampleOf(scrape, 'interdict_dns_responses_total{transport="udp",rcode="NOTIMP"}')).toBe(1);
    expect(sampleOf(scrape, 'interdict_dns_responses_total{transport="udp",rcode="REFUSED"}')).toBeLessThanOrEqual(20);
    expect(sampleOf(scrape, 'interdict_dns_cache_requests_total{result="miss"}')).toBe(200 + 100);
    expect(instance.events()).toHaveLength(1001 + 300 + 200);
  });

  test('is clean by promtool', (context) => {
    const reason = missingPeers('promtool');
    if (reason !== undefined) context.skip(reason);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: first, encoding: 'utf8' });
    expect(checked.stdout + checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });

  test('holds no name and no client after a hostile load', async () => {
    const hostile = await DnsClient.udp(instance.dnsPort, '127.0.0.77');
    clients.push(hostile);
    for (let i = 0; i < 300; i++) {
      hostile.send(query(`secret${i}.app.example`, 'A', { opt: 1232 }));
      hostile.send(query(`" } 1\\010evil${i}.example`, 'TXT'));
      // Two small packets at a time never fill a socket's buffer.
      await hostile.ask(query('fill.app.example', 'A'));
    }
    readReply((await hostile.ask(query('secret.app.example', 'A'))) as Uint8Array);
    const scrape = await instance.scrape();
    expect(scrape).not.toMatch(/secret|evil|h1\.app|allowed|127\.0\.0\.77|127\.9\.9\.9|app\.example/);
    expect(sampleOf(scrape, 'interdict_ready')).toBe(1);
  });
});

function sampleOf(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

function sumOf(scrape: string, name: string): number {
  return scrape
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function labelsOf(line: string): string[] {
  return [...line.matchAll(/[{,]([a-z_]+)="/g)].map((match) => match[1]);
}

/** Counters and events are handed over in turns of the event loop: the scrape that no longer moves. */
async function settled(instance: RunningInstance): Promise<string> {
  const sum = async () => sumOf(await instance.scrape(), 'interdict_dns_queries_total') + instance.events().length;
  let before = -1;
  for (let round = 0; round < 20; round++) {
    const now = await sum();
    if (now === before) break;
    before = now;
    await new Promise((done) => setTimeout(done, 300));
  }
  return instance.scrape();
}
