// A small department, compiled by the real compiler: one segment for each kind of answer, told apart by the client's address.

import { createHash } from 'node:crypto';
import { parsePrefix } from '../../../src/base/addresses.ts';
import type { Instant } from '../../../src/base/brand.ts';
import { parseName } from '../../../src/base/names.ts';
import { compile } from '../../../src/policy/compile/compile.ts';
import { ANSWERS, type Answer, type App, type Directive, type Model, type Segment } from '../../../src/policy/model.ts';
import type { RuleSink } from '../../../src/policy/rules.ts';
import { openSnapshot, type Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { KIND_ADDRESS, KIND_DOMAIN, KIND_EXACT, KIND_EXCEPT, KIND_WILDCARD } from '../../../src/policy/verdict.ts';
import { type OverrideText, overrideOf } from '../../policy/world.ts';

export const NOW = Date.UTC(2026, 10, 24, 12) as Instant;
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const HOUR_MS = 3_600_000;
const HELD = { from: (NOW - HOUR_MS) as Instant, until: (NOW + HOUR_MS) as Instant };
const where = { file: 'test', line: 1, column: 1 };
const places = { '': where };

/** 10.N.0.1, and on loopback 127.N.0.1, asks from the segment that answers with ANSWERS[N]; see segmentsOf for the others. */
export const CLIENTS: Record<Answer | 'monitor' | 'free' | 'exempt' | 'ipv6' | 'stranger', string> = {
  ...(Object.fromEntries(ANSWERS.map((answer, i) => [answer, `10.${i}.0.1`])) as Record<Answer, string>),
  monitor: '10.100.0.1',
  free: '10.101.0.1',
  exempt: '10.2.9.1',
  ipv6: '2001:db8:2::1',
  stranger: '192.0.2.7',
};

export interface SmallPolicy {
  readonly generation?: number;
  readonly sinkholeIPv6?: string | undefined;
  readonly mname?: string;
  /** More rules for tiktok, as text: see RULES. */
  readonly extra?: readonly string[];
  /** Rules of RULES left out. */
  readonly without?: readonly string[];
  readonly segmentPrefix?: string;
  /** Segments and apps have other numbers: their order is turned round. */
  readonly isTurned?: boolean;
  /** As in test/policy/world.ts: OVR-1, OVR-2, … from an hour before NOW to an hour behind it. */
  readonly overrides?: readonly OverrideText[];
}

/** `app kind pattern [answer]`. */
const RULES = [
  'tiktok domain tiktok.com',
  'tiktok exact exact.example.org',
  'tiktok wildcard wild.example.org',
  'tiktok domain open.example.org',
  'tiktok except free.open.example.org',
  'tiktok address 203.0.113.0/24',
  'tiktok address 2001:db8:bad::/48',
  'canary domain use-application-dns.net nxdomain',
];

export function smallPolicy(options: SmallPolicy = {}): Snapshot {
  const snapshot = openSnapshot(smallPolicyBytes(options), sha256);
  if ('fault' in snapshot) throw new Error(snapshot.fault);
  return snapshot;
}

export function smallPolicyBytes(options: SmallPolicy = {}): Uint8Array {
  const into = new Uint8Array(1 << 20);
  const rules = (sink: RuleSink) => {
    const kept = RULES.filter((rule) => !options.without?.includes(rule));
    for (const [number, app] of appsOf(options).entries()) {
      for (const rule of [...kept, ...(options.extra ?? [])]) if (rule.startsWith(`${app} `)) push(sink, rule, number);
    }
  };
  const input = { model: modelOf(options), rules, now: NOW, generation: options.generation ?? 7, into };
  const result = compile(input, { sha256, seed: 1 });
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.problems));
  return into.subarray(0, result.length);
}

function appsOf(options: SmallPolicy): string[] {
  return turned(options, ['tiktok', 'canary']);
}

function push(sink: RuleSink, rule: string, number: number): void {
  const [app, kind, pattern, answer] = rule.split(' ');
  const attributes = sink.attributes({
    role: app === 'tiktok' ? 'web' : 'canary',
    alsoIn: [],
    carrier: false,
    ...(answer === undefined ? {} : { answer: answer as Answer }),
  });
  const taken =
    kind === 'address'
      ? pushPrefix(sink, number, attributes, pattern)
      : pushName(sink, number, kind, attributes, pattern);
  if (taken !== 'taken') throw new Error(`${rule}: ${taken}`);
}

function pushName(sink: RuleSink, app: number, kind: string, attributes: number, pattern: string) {
  const kinds: Record<string, number> = {
    domain: KIND_DOMAIN,
    exact: KIND_EXACT,
    wildcard: KIND_WILDCARD,
    except: KIND_EXCEPT,
  };
  const name = parseName(pattern);
  if (typeof name === 'string') throw new Error(name);
  return sink.name(app, kinds[kind], attributes, name, 0);
}

function pushPrefix(sink: RuleSink, app: number, attributes: number, pattern: string) {
  const prefix = parsePrefix(pattern);
  if (typeof prefix !== 'object') throw new Error(pattern);
  return sink.address(app, KIND_ADDRESS, attributes, prefix.address, 0, prefix.bits);
}

function modelOf(options: SmallPolicy): Model {
  const ipv6 = 'sinkholeIPv6' in options ? options.sinkholeIPv6 : '2001:db8::53';
  return {
    overrides: (options.overrides ?? []).map((text, i) => overrideOf(`OVR-${i + 1}`, text, HELD)),
    lists: {
      directives: [directive('uk-statement', 'tiktok', 'blocked'), directive('local-policy', 'canary', 'censored')],
      apps: appsOf(options).map(app),
      cdnZones: [],
    },
    department: {
      operator: 'Test Office',
      timeZone: 'Europe/London',
      segments: turned(options, segmentsOf(options.segmentPrefix ?? '')),
      exemptions: [
        {
          id: 'EXM-1',
          segment: `${options.segmentPrefix ?? ''}nxdomain`,
          clients: ['10.2.9.0/28'],
          under: ['uk-statement'],
          apps: ['tiktok'],
          class: 'operational',
          requestedBy: 'a',
          approvedBy: 'b',
          approvedOn: '2026-11-01',
          ticket: 'T-1',
          justification: 'x',
          mitigations: [],
          dates: { from: '2026-11-01', until: '2026-12-01' },
          from: (NOW - 86_400_000) as Instant,
          until: (NOW + 86_400_000) as Instant,
          places,
        },
      ],
      exemptionLimits: { longest: { amount: 12, unit: 'months' }, maxShare: 0.05, maxIPv4: 256, maxIPv6Subnets: 16 },
      protectedNames: [{ name: 'gov.uk', where }],
      answers: {
        sinkholeIPv4: '192.0.2.53',
        ...(ipv6 === undefined ? {} : { sinkholeIPv6: ipv6 }),
        ttlSeconds: 60,
        mname: options.mname ?? 'ns.office.example',
        rname: 'it.office.example',
      },
    },
  };
}

function turned<T>({ isTurned }: SmallPolicy, order: T[]): T[] {
  return isTurned === true ? order.reverse() : order;
}

function segmentsOf(prefix: string): Segment[] {
  const enforced = ['uk-statement', 'local-policy'];
  const both = (second: number) => [`10.${second}.0.0/16`, `127.${second}.0.0/16`];
  const segment = (
    id: string,
    clients: string[],
    answer: Answer,
    mode: 'enforce' | 'monitor',
    directives: string[],
  ) => ({
    id: prefix + id,
    kind: 'corporate' as const,
    jurisdiction: 'GB',
    clients,
    publicName: id,
    answer,
    enforce: directives.map((directive) => ({ directive, mode, places })),
    places,
  });
  return [
    ...ANSWERS.map((answer, i) =>
      segment(
        answer,
        [...both(i), ...(answer === 'nxdomain' ? ['2001:db8:2::/48', '::1/128'] : [])],
        answer,
        'enforce',
        enforced,
      ),
    ),
    segment('monitor', both(100), 'nxdomain', 'monitor', enforced),
    segment('free', both(101), 'nxdomain', 'enforce', []),
  ];
}

function directive(id: string, app: string, ede: 'blocked' | 'censored'): Directive {
  return {
    id,
    title: id,
    instrument: 'policy',
    authority: 'Test Office',
    jurisdiction: 'GB',
    dates: { issued: '2023-03-16' },
    issued: Date.UTC(2023, 2, 16) as Instant,
    effective: Date.UTC(2023, 2, 16) as Instant,
    status: 'in-force',
    binding: 'mandatory',
    binds: {},
    demands: ['block-traffic'],
    scope: 'app',
    apps: [{ app, basis: 'named' }],
    exemptions: {},
    source: { kind: 'memory' },
    ede,
    openQuestions: [],
    places,
  };
}

function app(id: string): App {
  return {
    id,
    name: id,
    openQuestions: [],
    tests: { blocked: [], free: [] },
    source: { kind: 'rules', file: `${id}.yaml`, sha256: '0'.repeat(64) },
    places,
  };
}
