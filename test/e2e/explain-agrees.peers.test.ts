// 500 seeded (client, question) pairs over every kind of rule: what `explain --json` says equals the wire answer, its EDE, the event and
// the counter; the twin, which shares no code, agrees on the outcome; and each line that explain names, opened here, holds that rule.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import type { Explanation } from '../../src/policy/explain/explain.ts';
import { query, type Reply, readReply } from '../dns/answer/wire.ts';
import { askTcp, DnsClient } from '../peers/dns-client.ts';
import { clientOf, randomFrom, subjectOf, type WorldText, worldOf } from '../policy/world.ts';
import { labelsOf, numberOf, Reference } from '../reference/policy.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { config } from './small-department.ts';
import { type StubAnswer, type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const PAIRS = 500;
const SEED = 20_230_316;

const APPS: WorldText['apps'] = {
  chat: [
    'domain chat.example',
    'exact www.exact.example',
    'wildcard wild.example',
    'except free.chat.example',
    'address 203.0.113.0/24',
    'domain video.example also=video',
  ],
  news: ['domain news.example', 'except chat.example', 'exact in.chat.example also=chat', 'domain deep.news.example'],
  quiet: ['domain quiet.example', 'domain canary.example answer=nxdomain', 'wildcard news.example also=news'],
  video: [
    'domain video.example also=chat',
    'carrier stream.video.example',
    'except 203.0.113.128/25',
    'address 2001:db8:9::/48',
    'address 203.0.113.64/26',
  ],
};
const ZONES = ['edge.example', 'map.edge.example', 'cdn.example'];
const GUARDS = ['safe.chat.example', 'gov.example'];
const WORLD: WorldText = {
  apps: APPS,
  zones: ZONES,
  protected: GUARDS,
  directives: {
    first: { apps: ['chat', 'news'] },
    second: { apps: ['news', 'video'] },
    trial: { apps: ['video', 'quiet'], binding: 'advisory' },
  },
  segments: {
    office: { clients: ['127.0.0.0/24'], enforce: ['first', 'second', 'trial'] },
    annex: { clients: ['127.0.0.128/25'], enforce: ['second'] },
    lab: { clients: ['127.0.1.0/24'], enforce: ['first:monitor', 'trial:monitor', 'second'] },
    guests: { clients: ['127.0.2.0/24'], enforce: [] },
  },
  exemptions: {
    'EXM-2026-001': { segment: 'office', clients: ['127.0.0.16/30'], under: ['first'], apps: ['chat', 'news'] },
    'EXM-2026-002': { segment: 'office', clients: ['127.0.0.18/32'], under: ['second'], apps: ['video'] },
  },
};
const CLIENTS = ['127.0.0.1', '127.0.0.17', '127.0.0.18', '127.0.0.130', '127.0.1.1', '127.0.2.1'];

const NAMES = [
  ...[
    'chat.example',
    'a.chat.example',
    'free.chat.example',
    'x.free.chat.example',
    'in.chat.example',
    'y.in.chat.example',
    'safe.chat.example',
    'z.safe.chat.example',
  ],
  ...[
    'www.exact.example',
    'below.www.exact.example',
    'wild.example',
    'a.wild.example',
    'news.example',
    'a.deep.news.example',
    'video.example',
    'b.video.example',
  ],
  ...[
    'stream.video.example',
    'www.chat.example.stream.video.example',
    'free.org.stream.video.example',
    'quiet.example',
    'canary.example',
    'gov.example',
    'chat.gov.example',
  ],
  ...[
    'nothing.test.example',
    'chatxexample.example',
    '_8443._https.chat.example',
    '_dmarc.free.chat.example',
    'notchat.example',
    'canary.example.cdn.example',
  ],
];
const ADDRESSES = ['203.0.113.1', '203.0.113.70', '203.0.113.200', '192.0.2.9', '2001:db8:9::1', '2001:db8:a::1'];

interface Question {
  readonly client: string;
  readonly name: string;
  /** Chain targets, then the addresses that the upstream gives. */
  readonly chain: readonly string[];
  readonly addresses: readonly string[];
  readonly type: 'A' | 'AAAA';
}

function questions(): Question[] {
  const pick = randomFrom(SEED);
  const nameAt = () => {
    const name = NAMES[pick(NAMES.length)];
    return pick(4) > 0 ? name : `${name}.${ZONES[pick(ZONES.length)]}`;
  };
  return Array.from({ length: PAIRS }, (_, i) => {
    const type = pick(2) === 0 ? 'A' : 'AAAA';
    const fits = ADDRESSES.filter((address) => address.includes(':') === (type === 'AAAA'));
    const hasFreeName = pick(3) === 0;
    const name = hasFreeName ? `q${i}.innocent.org` : pick(2) === 0 ? `q${i}.${nameAt()}` : nameAt();
    // One answer a name, whoever asks: the chain is a function of the name.
    const fixed = randomFrom(hashOf(name + type));
    return {
      client: CLIENTS[pick(CLIENTS.length)],
      name,
      type,
      chain: Array.from({ length: fixed(3) }, (_, k) => `t${k}-${hashOf(name)}.${NAMES[fixed(NAMES.length)]}`),
      addresses: Array.from({ length: 1 + fixed(2) }, () => fits[fixed(fits.length)]),
    };
  });
}

describe(`explain, wire, event, counter and twin (seed ${SEED})`, () => {
  const asked = questions();
  const byQuestion = new Map(asked.map((one) => [`${one.name} ${one.type === 'A' ? 1 : 28}`, one]));
  let upstream: StubUpstream;
  let instance: RunningInstance;
  const clients = new Map<string, DnsClient>();
  const explanations: Explanation[] = [];

  beforeAll(async () => {
    upstream = await startStubUpstream((question) => answerOf(byQuestion.get(question)));
    instance = await startInstance(writeFiles(filesOf(upstream.port)));
    for (const from of CLIENTS) clients.set(from, await DnsClient.udp(instance.dnsPort, from));
  });
  afterAll(async () => {
    await Promise.all([...clients.values()].map((client) => client.close()));
    await instance?.stop();
    await upstream?.close();
  });

  test('agree on all pairs', async () => {
    const world = worldOf(WORLD);
    const twin = new Reference(world, world.rules);
    const outcomes = new Map<string, number>();
    const configFile = join(instance.folder, 'config/interdict.yaml');
    const expectedEvents: string[] = [];
    const counts = new Map<string, number>();
    for (const { client, name, type, chain, addresses } of asked) {
      const subjects = [name, ...chain, ...addresses];
      const said = `${client} asks ${subjects.join(' → ')}`;
      const explanation = await explained(subjects, client, configFile);
      explanations.push(explanation);
      const { decision } = explanation;
      const message = query(name, type, { opt: 1232 });
      const isTcp = (outcomes.get('asked') ?? 0) % 10 === 0;
      outcomes.set('asked', (outcomes.get('asked') ?? 0) + 1);
      const bytes = await (isTcp ? askTcp(instance.dnsPort, message, client) : clients.get(client)?.ask(message));
      const reply = readReply(bytes as Uint8Array);

      expectWire(reply, explanation, said);
      const verdict = twin.decide(
        numberOf(clientOf(client)),
        Date.now(),
        subjects
          .map(subjectOf)
          .map((one) => (one.kind === 'name' ? { labels: labelsOf(one.name) } : { address: numberOf(one.address) })),
      );
      expect(outcomeOf(decision), said).toBe(verdict.action);
      if ('match' in decision && decision.match !== undefined && verdict.hit !== undefined) {
        expect(decision.match.app, said).toBe(world.model.lists.apps[verdict.hit.rule.app].id);
      }
      if ('directive' in decision) expect(decision.directive, said).toBe(verdict.directive);
      const action = outcomeOf(decision);
      if (['blocked', 'monitored', 'exempt'].includes(action) && 'match' in decision) {
        expectedEvents.push(`${action} ${'id' in decision ? decision.id : ''} ${name} ${decision.segment}`);
        const labels = `door="dns",segment="${decision.segment}",app="${decision.match?.app}",action="${action}"`;
        const series = `interdict_decisions_total{${labels}}`;
        counts.set(series, (counts.get(series) ?? 0) + 1);
      }
      outcomes.set(action, (outcomes.get(action) ?? 0) + 1);
    }
    // It hits what it aims at.
    for (const action of ['blocked', 'monitored', 'exempt', 'protected', 'excepted', 'free', 'not-listed']) {
      expect(outcomes.get(action) ?? 0, action).toBeGreaterThan(4);
    }

    const scrape = await instance.scrape();
    for (const [series, value] of counts) expect(scrape).toContain(`${series} ${value}\n`);
    await instance.stop();
    const events = instance.events().map(({ action, id, qname, segment }) => `${action} ${id} ${qname} ${segment}`);
    // Several threads answer, each with a ring of its own: the order between them is nobody's.
    expect(events.toSorted()).toEqual(expectedEvents.toSorted());
  });

  test('each line that explain names holds that rule', () => {
    let lines = 0;
    for (const { rules } of explanations) {
      for (const { place, rule, line } of rules) {
        if (place === undefined) throw new Error(`no place for ${rule}`);
        const text = readFileSync(place.file, 'utf8')
          .split('\n')
          [place.line - 1].slice(place.column - 1);
        const bare = rule.replace(/^=|^\*\./, '');
        expect(
          text.replace(/^["']/, '').startsWith(bare),
          `${place.file}:${place.line}:${place.column} ${rule}: ${text}`,
        ).toBe(true);
        expect(line).toBe(bare);
        lines++;
      }
    }
    expect(lines).toBeGreaterThan(PAIRS);
  });
});

function expectWire(reply: Reply, { decision }: Explanation, said: string): void {
  const codes = reply.edes.map(({ code }) => code);
  if (decision.kind !== 'block') {
    expect(codes, said).toEqual([]);
    expect(reply.answers.length, said).toBeGreaterThan(0);
    return;
  }
  expect(reply.edes, said).toEqual([{ code: 15, text: decision.id }]);
  expect(reply.answers, said).toEqual([]);
  expect(reply.rcode === 3 || reply.rcode === 0, said).toBe(true);
}

function outcomeOf(decision: Explanation['decision']): string {
  if (decision.kind === 'block') return 'blocked';
  if (decision.kind === 'refuse') return 'refused';
  return decision.because === 'not-enforced' ? 'free' : decision.because;
}

/** As the command line says it. */
async function explained(subjects: readonly string[], client: string, configFile: string): Promise<Explanation> {
  const write = process.stdout.write;
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  try {
    await explain(subjects, { client, config: configFile, json: true });
  } finally {
    process.stdout.write = write;
  }
  return JSON.parse(text) as Explanation;
}

function answerOf(question: Question | undefined): StubAnswer | undefined {
  if (question === undefined) return undefined;
  const owners = [question.name, ...question.chain];
  return {
    answer: [
      ...question.chain.map((target, i) => ({ owner: owners[i], type: 5, rdata: [target] })),
      ...question.addresses.map((address) => {
        const bytes = [...clientOf(address)];
        return {
          owner: owners.at(-1) as string,
          type: question.type === 'A' ? 1 : 28,
          rdata: [question.type === 'A' ? bytes.slice(12) : bytes],
        };
      }),
    ],
  };
}

function hashOf(text: string): number {
  let hash = 7;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return hash;
}

/** The world as the files that people write. */
function filesOf(upstreamPort: number): Record<string, string> {
  const evidence = 'role: web, confidence: high, evidence: ["survey@2026-01-01"], recheck_by: 2099-01-01';
  const ruleLine = (text: string) => {
    const [kind, pattern, ...rest] = text.split(' ');
    const extra = rest
      .map((part) => (part.startsWith('also=') ? `, also_in: [${part.slice(5)}]` : `, answer: ${part.slice(7)}`))
      .join('');
    if (kind === 'except') return `  - except: "${pattern}"`;
    const key = kind === 'carrier' ? 'domain' : kind;
    const more = kind === 'carrier' ? ', carrier: true' : kind === 'address' ? ', asn: 64500' : '';
    return `  - { ${key}: "${pattern}", ${evidence}${extra}${more} }`;
  };
  const app = (id: string, rules: readonly string[]) =>
    `id: ${id}\nname: ${id}\noperator: { name: Example, as_of: 2026-01-01 }\nrules:\n${rules.map(ruleLine).join('\n')}\ntests: { blocked: [${rules[0].split(' ')[1]}], free: [free.example.org] }\n`;
  const directive = (
    id: string,
    { apps, binding = 'mandatory' }: { apps: readonly string[]; binding?: string },
  ) => `id: ${id}
title: ${id}
instrument: order
authority: Test Authority
jurisdiction: GB
issued: 2026-01-01
status: in-force
binding: ${binding}
binds: { devices: [corporate] }
demands: [remove-app]
scope: app
apps: [${apps.map((name) => `{ app: ${name}, basis: named }`).join(', ')}]
exemptions: { classes: [operational], longest: 12 months }
source: { kind: secondary, url: "https://example.com/", retrieved: 2026-01-02 }
review_by: 2099-01-01
`;
  const segments = Object.entries(WORLD.segments ?? {}).map(([id, { clients, enforce }]) => {
    const entries = enforce.map((entry) =>
      entry.endsWith(':monitor') ? `{ directive: ${entry.split(':')[0]}, mode: monitor }` : entry,
    );
    return `  - { id: ${id}, kind: corporate, jurisdiction: GB, clients: [${clients.join(', ')}], enforce: [${entries.join(', ')}] }`;
  });
  const exemption = (e: {
    segment?: string;
    clients: readonly string[];
    under: readonly string[];
    apps: readonly string[];
  }) => `segment: ${e.segment}
clients: [${e.clients.join(', ')}]
under: [${e.under.join(', ')}]
apps: [${e.apps.join(', ')}]
class: operational
requested_by: staff reference 17
approved_by: Security Officer
approved_on: 2026-01-10
ticket: SEC-1
justification: Case reference in SEC-1
mitigations: [stand-alone device]
from: ${isoDay(-10)}
until: ${isoDay(90)}
`;
  const settings = [
    `protected: [${GUARDS.join(', ')}]`,
    'exemptions: { folder: exemptions }',
    'events: { max_per_second: 100000 }',
  ];
  return {
    'config/interdict.yaml': config({
      upstreamPort,
      rules: [],
      settings,
      segments: `segments:\n${segments.join('\n')}\n`,
    }),
    'blocklists/sources.yaml':
      'sources:\n  - { id: survey, title: Survey, url: "https://example.com/", licence: CC0-1.0, carry: yes }\n',
    'blocklists/cdn-zones.yaml': `zones:\n${ZONES.map((zone) => `  - { zone: ${zone}, operator: Test, evidence: ["survey@2026-01-01"] }`).join('\n')}\n`,
    ...Object.fromEntries(Object.entries(APPS).map(([id, rules]) => [`blocklists/apps/${id}.yaml`, app(id, rules)])),
    ...Object.fromEntries(
      Object.entries(WORLD.directives ?? {}).map(([id, d]) => [`blocklists/directives/${id}.yaml`, directive(id, d)]),
    ),
    ...Object.fromEntries(
      Object.entries(WORLD.exemptions ?? {}).map(([id, e]) => [`config/exemptions/${id}.yaml`, exemption(e)]),
    ),
  };
}

function isoDay(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}
