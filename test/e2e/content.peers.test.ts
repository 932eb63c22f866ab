// Answers whose content leads into an app: one cache entry, several segments, policy that changes while the answer lies in the cache.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { appFile, IO, smallDepartment } from './small-department.ts';
import { type StubAnswer, type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const A = 1;
const CNAME = 5;
const AAAA = 28;
const HTTPS = 65;

/** Innocent names whose answers lead elsewhere. */
const UPSTREAM: Record<string, StubAnswer> = {
  'chain.example.org 1': {
    answer: [
      { owner: '>chain.example.org', type: CNAME, rdata: ['Api.App.Example'] },
      { owner: '>Api.App.Example', type: A, rdata: [[192, 0, 2, 7]] },
    ],
  },
  'cdn.example.org 1': {
    answer: [
      { owner: '>cdn.example.org', type: CNAME, rdata: ['www.app.example.edge.example'] },
      { owner: '>www.app.example.edge.example', type: A, rdata: [[192, 0, 2, 7]] },
    ],
  },
  'address.example.org 1': { answer: [{ owner: '>address.example.org', type: A, rdata: [[203, 0, 113, 9]] }] },
  'address6.example.org 28': {
    answer: [
      {
        owner: '>address6.example.org',
        type: AAAA,
        rdata: [[0x20, 0x01, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
      },
    ],
  },
  'hint.example.org 65': {
    answer: [
      {
        owner: '>hint.example.org',
        type: HTTPS,
        rdata: [[0, 1], '.', [0, 1, 0, 3, 2, 0x68, 0x32, 0, 4, 0, 4, 203, 0, 113, 9]],
      },
    ],
  },
  'target.example.org 65': {
    answer: [{ owner: '>target.example.org', type: HTTPS, rdata: [[0, 1], 'svc.app.example'] }],
  },
  'gone.example.org 1': {
    rcode: 3,
    answer: [{ owner: '>gone.example.org', type: CNAME, rdata: ['nowhere.app.example'] }],
    authority: [
      {
        owner: 'app.example',
        type: 6,
        rdata: ['ns.example', 'admin.example', [0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 0, 60]],
      },
    ],
  },
};

const RULES = ['domain: app.example', 'address: 203.0.113.0/24, asn: 64500', 'address: "2001:db8:9::/48", asn: 64500'];
const QUESTIONS = Object.keys(UPSTREAM).map((key) => {
  const [name, type] = key.split(' ');
  return [name, Number(type)] as const;
});
/** Nothing of the table: an app needs a rule. */
const NO_RULES = ['domain: elsewhere.example'];

describe.each(IO)('io: %s, an answer that leads into an app', (io) => {
  let upstream: StubUpstream;
  let instance: RunningInstance;
  let office: DnsClient;
  let trial: DnsClient;
  let guests: DnsClient;

  beforeAll(async () => {
    upstream = await startStubUpstream((question) => UPSTREAM[question]);
    instance = await startInstance(
      writeFiles(
        smallDepartment({
          dns: `io: ${io}`,
          upstreamPort: upstream.port,
          rules: NO_RULES,
          settings: ['reload: { max_shrink: 1 }'],
        }),
      ),
    );
    office = await DnsClient.udp(instance.dnsPort, '127.0.0.1');
    trial = await DnsClient.udp(instance.dnsPort, '127.0.1.1');
    guests = await DnsClient.udp(instance.dnsPort, '127.0.2.1');
  });
  afterAll(async () => {
    await Promise.all([office, trial, guests].map((client) => client?.close()));
    await instance?.stop();
    await upstream?.close();
  });

  const ask = async (client: DnsClient, name: string, type: number) => {
    const bytes = await client.ask(query(name, type, { opt: 1232 }));
    if (bytes === undefined) throw new Error(`no answer for ${name}`);
    return readReply(bytes);
  };
  const useRules = async (rules: readonly string[]) => {
    writeFileSync(join(instance.folder, 'blocklists/apps/app.yaml'), appFile(rules));
    // The watcher may have been faster.
    const reply = await instance.reload();
    expect(reply, JSON.stringify(reply)).toMatchObject({ outcome: expect.stringMatching(/^(applied|unchanged)$/) });
  };

  test('passes while no rule matches', async () => {
    for (const [name, type] of QUESTIONS) {
      const reply = await ask(office, name, type);
      expect(reply.answers.length, name).toBeGreaterThan(0);
      expect(reply.edes).toEqual([]);
    }
  });

  test('is blocked from the cache by rules that no earlier snapshot had, for the segments that enforce them only', async () => {
    const before = new Map<string, string>();
    for (const [name, type] of QUESTIONS)
      before.set(name, (await ask(guests, name, type)).answers.map(withoutTtl).join());
    await useRules(RULES);
    for (const [name, type] of QUESTIONS) {
      const blocked = await ask(office, name, type);
      // Never NXDOMAIN for the query name: what it led to is not allowed, the name itself has other children and types.
      expect(blocked, name).toMatchObject({ rcode: 0, answers: [] });
      expect(blocked.authority[0], name).toContain('SOA');
      expect(blocked.edes[0], name).toMatchObject({ code: 15, text: expect.stringMatching(/^order\/app\//) });
      expect((await ask(guests, name, type)).answers.map(withoutTtl).join(), name).toBe(before.get(name));
      expect((await ask(trial, name, type)).answers.map(withoutTtl).join(), name).toBe(before.get(name));
    }
  });

  test('says by which rule', async () => {
    const text = async (name: string, type: number) => (await ask(office, name, type)).edes[0]?.text;
    expect(await text('chain.example.org', A)).toBe('order/app/app.example');
    expect(await text('cdn.example.org', A)).toBe('order/app/app.example');
    expect(await text('address.example.org', A)).toBe('order/app/203.0.113.0/24');
    expect(await text('address6.example.org', AAAA)).toBe('order/app/2001:db8:9::/48');
    expect(await text('hint.example.org', HTTPS)).toBe('order/app/203.0.113.0/24');
    expect(await text('target.example.org', HTTPS)).toBe('order/app/app.example');
    expect(await text('gone.example.org', A)).toBe('order/app/app.example');
  });

  test('is free again as soon as the rule is gone', async () => {
    await useRules(NO_RULES);
    for (const [name, type] of QUESTIONS) expect((await ask(office, name, type)).edes, name).toEqual([]);
  });

  test('was asked of the upstream exactly once, whoever asked and whatever the policy was', () => {
    for (const [name, type] of QUESTIONS) expect(upstream.asked(`${name} ${type}`), name).toBe(1);
  });
});

/** `owner TTL type …` */
function withoutTtl(record: string): string {
  return record.replace(/^(\S+) \d+/, '$1');
}
