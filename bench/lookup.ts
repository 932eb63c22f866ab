// Question: what does one policy lookup cost, and what does a name cost in memory? Run: npx node bench/lookup.ts [NAMES…]
//
// Names are made from a seed: two to four labels under 200 top-level labels, as feeds have them. Looked up are half listed names (one
// label below), half names that are not there, one behind the other in memory as packets would be. A lookup in a large table is a few
// reads that miss every cache, so the time of one such read on this machine stands beside it. Bytes an operation: growth of the heap
// over the whole timed loop.

import { createHash } from 'node:crypto';
import type { Instant } from '../src/base/brand.ts';
import { formatName, parseName } from '../src/base/names.ts';
import { type CompileResult, compile } from '../src/policy/compile/compile.ts';
import { verdictForName } from '../src/policy/decide/decide.ts';
import type { Model } from '../src/policy/model.ts';
import type { RuleSink } from '../src/policy/rules.ts';
import { openSnapshot, type Snapshot } from '../src/policy/snapshot/snapshot.ts';
import { KIND_DOMAIN } from '../src/policy/verdict.ts';
import { fractionsFrom, word } from './load/random.ts';

export interface LookupFigures {
  readonly names: number;
  readonly nodes: number;
  readonly buildMs: number;
  readonly openMs: number;
  readonly bytesPerName: number;
  readonly nsPerLookup: number;
  readonly bytesPerLookup: number;
  /** Blocked verdicts over all lookups: what is measured is meant. */
  readonly checksum: number;
}

const SEED = 20_261_124;

/** Names in wire form, one behind the other. */
export interface Names {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
}

export function measureLookup(count: number, lookups: number): LookupFigures {
  const random = fractionsFrom(SEED);
  const listed = packNames(count, () => makeName(random));
  const { snapshot, ...built } = openNames(listed);
  let turn = 0;
  const queries = packNames(Math.min(200_000, Math.ceil(lookups / 4)), () =>
    turn++ % 2 === 0 ? belowListed(listed, random) : makeName(random),
  );
  ask(snapshot, queries, Math.min(lookups, 200_000));
  const heap = process.memoryUsage().heapUsed;
  const from = performance.now();
  const checksum = ask(snapshot, queries, lookups);
  const to = performance.now();
  const grown = Math.max(0, process.memoryUsage().heapUsed - heap);
  return {
    names: count,
    nodes: built.nodes,
    buildMs: Math.round(built.buildMs),
    openMs: Math.round(built.openMs * 10) / 10,
    bytesPerName: Math.round((built.bytes / count) * 10) / 10,
    nsPerLookup: Math.round(((to - from) * 1e6) / lookups),
    bytesPerLookup: Math.round((grown / lookups) * 10) / 10,
    checksum,
  };
}

export interface OpenedNames {
  readonly snapshot: Snapshot;
  readonly nodes: number;
  readonly bytes: number;
  readonly buildMs: number;
  readonly openMs: number;
}

/** A policy of one feed, enforced for 10.0.0.0/8. */
export function openNames(listed: Names): OpenedNames {
  const into = new Uint8Array(new SharedArrayBuffer((1 << 22) + listed.starts.length * 96));
  const started = performance.now();
  const result = build(listed, into);
  const built = performance.now();
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.problems));
  const snapshot = openSnapshot(into.subarray(0, result.length), sha256);
  const opened = performance.now();
  if ('fault' in snapshot) throw new Error(snapshot.fault);
  const { nodes } = result.counts;
  return { snapshot, nodes, bytes: result.length, buildMs: built - started, openMs: opened - built };
}

function ask(snapshot: Snapshot, { bytes, starts }: Names, lookups: number): number {
  let blocked = 0;
  for (let i = 0; i < lookups; i++) blocked += verdictForName(snapshot, 0, bytes, starts[i % starts.length]) >>> 29;
  return blocked;
}

function build({ bytes, starts }: Names, into: Uint8Array): CompileResult {
  const rules = (sink: RuleSink) => {
    const attributes = sink.attributes({ role: 'unspecified', alsoIn: [], carrier: false });
    for (const start of starts) sink.name(0, KIND_DOMAIN, attributes, bytes, start);
  };
  const now = Date.UTC(2026, 10, 24) as Instant;
  return compile({ model: MODEL, rules, now, generation: 1, into }, { sha256, seed: 1 });
}

/** Nanoseconds of one read that depends on the one before, at random places of so many megabytes. */
export function measureMemory(megabytes: number, reads: number): number {
  const next = Uint32Array.from({ length: megabytes << 18 }, (_, i) => i);
  const random = fractionsFrom(SEED);
  for (let i = next.length - 1; i > 0; i--) {
    const j = Math.floor(random() * i);
    [next[i], next[j]] = [next[j], next[i]];
  }
  const from = performance.now();
  let at = 0;
  for (let i = 0; i < reads; i++) at = next[at];
  return Math.round(((performance.now() - from) * 1e6) / reads + (at & 0));
}

const TOP_LEVEL = 200;

function makeName(random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const labels = [word(below, 5, 14), `t${Math.floor(random() ** 3 * TOP_LEVEL)}`];
  for (let extra = random(); extra < 0.5; extra += 0.35) labels.unshift(word(below, 2, 9));
  return labels.join('.');
}

function belowListed({ bytes, starts }: Names, random: () => number): string {
  return `www.${formatName(bytes, starts[Math.floor(random() * starts.length)])}`;
}

export function packNames(count: number, make: () => string): Names {
  const bytes = new Uint8Array(count * 48);
  const starts = new Uint32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) {
    const name = parseName(make());
    if (typeof name === 'string') throw new Error(name);
    starts[i] = length;
    bytes.set(name, length);
    length += name.length;
  }
  return { bytes, starts };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

const PLACES = { '': { file: 'bench', line: 1, column: 1 } };
const MODEL: Model = {
  overrides: [],
  lists: {
    directives: [
      {
        id: 'bench-policy',
        title: 'Bench',
        instrument: 'policy',
        authority: 'bench',
        jurisdiction: 'GB',
        dates: { issued: '2026-01-01' },
        issued: 0 as Instant,
        effective: 0 as Instant,
        status: 'in-force',
        binding: 'mandatory',
        binds: {},
        demands: ['block-traffic'],
        scope: 'app',
        apps: [{ app: 'feed', basis: 'named' }],
        exemptions: {},
        source: { kind: 'memory' },
        ede: 'blocked',
        openQuestions: [],
        places: PLACES,
      },
    ],
    apps: [
      {
        id: 'feed',
        name: 'Feed',
        openQuestions: [],
        tests: { blocked: [], free: [] },
        source: { kind: 'feed', file: 'feed.yaml', list: 'feed.hosts', format: 'hosts', match: 'domain', sha256: '' },
        places: PLACES,
      },
    ],
    cdnZones: [],
  },
  department: {
    operator: 'bench',
    timeZone: 'UTC',
    segments: [
      {
        id: 'devices',
        kind: 'corporate',
        clients: ['10.0.0.0/8'],
        publicName: 'bench',
        answer: 'nxdomain',
        enforce: [{ directive: 'bench-policy', mode: 'enforce', places: PLACES }],
        places: PLACES,
      },
    ],
    exemptions: [],
    exemptionLimits: { longest: { amount: 12, unit: 'months' }, maxShare: 0.05, maxIPv4: 256, maxIPv6Subnets: 16 },
    protectedNames: [],
    answers: { ttlSeconds: 60, mname: 'ns.example', rname: 'hostmaster.example' },
  },
};

if (import.meta.main) {
  const sizes = process.argv.slice(2).map(Number);
  console.log(
    `node ${process.version}, seed ${SEED}, one read that misses the caches: ${measureMemory(48, 5_000_000)} ns`,
  );
  for (const names of sizes.length > 0 ? sizes : [1_000, 1_000_000]) console.log(measureLookup(names, 2_000_000));
}
