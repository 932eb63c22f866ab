// A small department to test policy with: a few words in, model and rules out.

import { createHash } from 'node:crypto';
import { parseAddress, parsePrefix } from '../../src/base/addresses.ts';
import type { Instant } from '../../src/base/brand.ts';
import { parseName } from '../../src/base/names.ts';
import { type CompileResult, compile } from '../../src/policy/compile/compile.ts';
import type { Subject } from '../../src/policy/decide/subjects.ts';
import type { App, Directive, Exemption, Model, Override, OverrideTerms, Segment } from '../../src/policy/model.ts';
import type { RuleFault, RuleSink } from '../../src/policy/rules.ts';
import { openSnapshot, type Snapshot } from '../../src/policy/snapshot/snapshot.ts';
import {
  KIND_ADDRESS,
  KIND_DOMAIN,
  KIND_EXACT,
  KIND_EXCEPT,
  KIND_EXCEPT_ADDRESS,
  KIND_WILDCARD,
} from '../../src/policy/verdict.ts';

export const NOW = Date.UTC(2026, 10, 24) as Instant;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export interface WorldRule {
  readonly app: number;
  readonly kind: number;
  /** Wire form; empty for addresses. */
  readonly name: Uint8Array;
  readonly address: Uint8Array;
  readonly bits: number;
  readonly answer?: 'nxdomain' | 'nodata' | 'refused';
  readonly alsoIn: readonly string[];
  readonly carrier: boolean;
}

export interface World {
  readonly model: Model;
  readonly rules: readonly WorldRule[];
}

export interface WorldText {
  /** Per app: `domain a.b`, `exact a.b`, `wildcard a.b`, `except a.b`, `address 192.0.2.0/24`, `except 192.0.2.1`; `carrier a.b`. */
  readonly apps: Readonly<Record<string, readonly string[]>>;
  readonly feeds?: readonly string[];
  readonly zones?: readonly string[];
  readonly protected?: readonly string[];
  /** Per directive: the apps it names, with what differs from mandatory and in force. Absent: `gov`, which names every app. */
  readonly directives?: Readonly<
    Record<string, Partial<Omit<Directive, 'apps'>> & { readonly apps: readonly string[] }>
  >;
  /** Per segment: clients and enforce entries (`gov`, `local:monitor`). Absent: `devices`, 10.0.0.0/8 and 2001:db8::/32, enforcing all. */
  readonly segments?: Readonly<
    Record<
      string,
      { clients: readonly string[]; enforce: readonly string[] } & Partial<
        Pick<Segment, 'answer' | 'kind' | 'jurisdiction'>
      >
    >
  >;
  readonly exemptions?: Readonly<Record<string, ExemptionText>>;
  /** Confirmed, begun ten minutes ago, with two hours to come. */
  readonly overrides?: Readonly<Record<string, OverrideText>>;
}

type ExemptionText = Partial<Exemption> & Pick<Exemption, 'clients' | 'under' | 'apps'>;

/** `domain a.b`, `exact a.b` and `rule app/RULE` release; `fallback DIRECTIVE in SEGMENT`; or an emergency exemption. */
export type OverrideText = string | ExemptionText;

export function worldOf(text: WorldText): World {
  const ids = Object.keys(text.apps);
  const directives = text.directives ?? { gov: { apps: ids } };
  const segments = text.segments ?? {
    devices: { clients: ['10.0.0.0/8', '2001:db8::/32'], enforce: Object.keys(directives) },
  };
  return {
    model: {
      overrides: Object.entries(text.overrides ?? {}).map(([id, o]) => overrideOf(id, o)),
      lists: {
        directives: Object.entries(directives).map(([id, d]) => directiveOf(id, d)),
        apps: ids.map((id) => appOf(id, text.feeds?.includes(id) ?? false)),
        cdnZones: (text.zones ?? []).map(placedName),
      },
      department: {
        operator: 'Cabinet Office',
        timeZone: 'Europe/London',
        segments: Object.entries(segments).map(([id, s]) => segmentOf(id, s)),
        exemptions: Object.entries(text.exemptions ?? {}).map(([id, e]) => exemptionOf(id, e)),
        exemptionLimits: { longest: { amount: 12, unit: 'months' }, maxShare: 0.05, maxIPv4: 256, maxIPv6Subnets: 16 },
        protectedNames: (text.protected ?? []).map(placedName),
        answers: { sinkholeIPv4: '127.0.0.1', ttlSeconds: 60, mname: 'ns.example', rname: 'hostmaster.example' },
      },
    },
    rules: ids.flatMap((id, app) => text.apps[id].map((rule) => ruleOf(app, rule))),
  };
}

function placedName(name: string) {
  return { name, where: { file: 'zones.yaml', line: 1, column: 1 } };
}

function placesAt(file: string) {
  return { '': { file, line: 1, column: 1 } };
}

function directiveOf(
  id: string,
  { apps, ...rest }: Partial<Omit<Directive, 'apps'>> & { apps: readonly string[] },
): Directive {
  return {
    id,
    title: id,
    instrument: 'statement',
    authority: 'Cabinet Office',
    jurisdiction: 'GB',
    dates: { issued: '2023-03-16' },
    issued: Date.UTC(2023, 2, 16) as Instant,
    effective: Date.UTC(2023, 2, 16) as Instant,
    status: 'in-force',
    binding: 'mandatory',
    binds: { devices: ['corporate'] },
    demands: ['block-traffic'],
    scope: 'app',
    exemptions: { classes: ['operational'], longest: { amount: 12, unit: 'months' } },
    source: { kind: 'memory' },
    ede: 'blocked',
    openQuestions: [],
    places: placesAt(`directives/${id}.yaml`),
    apps: apps.map((app) => ({ app, basis: 'named' as const })),
    ...rest,
  };
}

function appOf(id: string, isFeed: boolean): App {
  const file = `apps/${id}.yaml`;
  return {
    id,
    name: id.toUpperCase(),
    openQuestions: [],
    tests: { blocked: [], free: [] },
    source: isFeed
      ? { kind: 'feed', file, list: `${id}.hosts`, format: 'hosts', match: 'domain', sha256: '0' }
      : { kind: 'rules', file, sha256: '0' },
    places: placesAt(file),
  };
}

function segmentOf(id: string, text: NonNullable<WorldText['segments']>[string]): Segment {
  const { enforce, ...rest } = text;
  return {
    id,
    kind: 'corporate',
    jurisdiction: 'GB',
    publicName: `${id} network`,
    answer: 'nxdomain',
    places: placesAt('interdict.yaml'),
    ...rest,
    enforce: enforce.map((entry) => {
      const [directive, mode] = entry.split(':');
      return { directive, mode: mode === 'monitor' ? 'monitor' : 'enforce', places: placesAt('interdict.yaml') };
    }),
  };
}

function exemptionOf(id: string, text: NonNullable<WorldText['exemptions']>[string]): Exemption {
  return {
    id,
    segment: 'devices',
    class: 'operational',
    requestedBy: 'A',
    approvedBy: 'B',
    approvedOn: '2026-10-28',
    ticket: 'SEC-1',
    justification: 'Case',
    mitigations: [],
    dates: { from: '2026-11-01', until: '2026-12-01' },
    from: (NOW - 10 * DAY) as Instant,
    until: (NOW + 10 * DAY) as Instant,
    places: placesAt(`exemptions/${id}.yaml`),
    ...text,
  };
}

/** Unconfirmed when `terms` say by when it is to be, and not by whom it was. */
export function overrideOf(id: string, text: OverrideText, terms: Partial<OverrideTerms> = {}): Override {
  const from = terms.from ?? ((NOW - HOUR / 6) as Instant);
  const always: OverrideTerms = {
    id,
    ticket: 'INC-1',
    reason: 'false positive',
    by: 'A. Operator',
    ...(terms.confirmBy === undefined ? { confirmedBy: 'B. Operator' } : {}),
    confirmBy: (from + HOUR) as Instant,
    from,
    until: (NOW + 2 * HOUR) as Instant,
    ...terms,
  };
  if (typeof text !== 'string') return { ...always, kind: 'emergency-exemption', exemption: exemptionOf(id, text) };
  const [kind, what, , segment] = text.split(' ');
  if (kind === 'fallback') return { ...always, kind, directive: what, segment };
  if (kind === 'domain' || kind === 'exact')
    return { ...always, kind: 'release', what: { kind: 'name', name: what, match: kind } };
  const slash = what.indexOf('/');
  const rule = { kind: 'rule' as const, app: what.slice(0, slash), rule: what.slice(slash + 1) };
  return { ...always, kind: 'release', what: rule };
}

const KINDS: Record<string, number> = {
  domain: KIND_DOMAIN,
  carrier: KIND_DOMAIN,
  exact: KIND_EXACT,
  wildcard: KIND_WILDCARD,
  except: KIND_EXCEPT,
  address: KIND_ADDRESS,
};

/** `KIND PATTERN [answer=…] [also=APP]` */
function ruleOf(app: number, text: string): WorldRule {
  const [kind, pattern, ...rest] = text.split(' ');
  const answer = rest.find((part) => part.startsWith('answer='))?.slice(7) as WorldRule['answer'];
  const extra = {
    ...(answer === undefined ? {} : { answer }),
    alsoIn: rest.filter((part) => part.startsWith('also=')).map((part) => part.slice(5)),
    carrier: kind === 'carrier',
  };
  const prefix = parsePrefix(pattern);
  if (typeof prefix === 'object') {
    const number = kind === 'except' ? KIND_EXCEPT_ADDRESS : KIND_ADDRESS;
    return { app, kind: number, name: new Uint8Array(0), ...prefix, ...extra };
  }
  return { app, kind: KINDS[kind], name: wire(pattern), address: new Uint8Array(0), bits: 0, ...extra };
}

export function pushRules(world: World, sink: RuleSink): RuleFault[] {
  return world.rules.map(({ app, kind, name, address, bits, answer, alsoIn, carrier }) => {
    const attributes = sink.attributes({
      role: 'web',
      ...(answer === undefined ? {} : { answer }),
      alsoIn,
      carrier,
    });
    return name.length > 0
      ? sink.name(app, kind, attributes, name, 0)
      : sink.address(app, kind, attributes, address, 0, bits);
  });
}

export interface Compiled {
  readonly result: Extract<CompileResult, { kind: 'compiled' }>;
  readonly bytes: Uint8Array;
  readonly snapshot: Snapshot;
  readonly faults: readonly RuleFault[];
}

export interface CompileOptions {
  readonly now?: number;
  readonly generation?: number;
  readonly seed?: number;
  readonly rules?: (sink: RuleSink) => void;
}

export function compileWorld(world: World, options: CompileOptions = {}): Compiled {
  let faults: RuleFault[] = [];
  const into = new Uint8Array(new SharedArrayBuffer(1 << 22));
  const result = compile(
    {
      model: world.model,
      rules:
        options.rules ??
        ((sink) => {
          faults = pushRules(world, sink);
        }),
      now: (options.now ?? NOW) as Instant,
      generation: options.generation ?? 1,
      into,
    },
    { sha256, seed: options.seed ?? 1 },
  );
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.problems));
  const bytes = into.subarray(0, result.length);
  const snapshot = openSnapshot(bytes, sha256);
  if ('fault' in snapshot) throw new Error(snapshot.fault);
  return { result, bytes, snapshot, faults };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

export function wire(text: string): Uint8Array {
  const name = parseName(text);
  if (typeof name === 'string') throw new Error(`${text}: ${name}`);
  return name;
}

/** A name, or an address when the text is one. */
export function subjectOf(text: string): Subject {
  const address = parseAddress(text);
  return address === undefined ? { kind: 'name', name: wire(text) } : { kind: 'address', address };
}

export function clientOf(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

/** mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}
