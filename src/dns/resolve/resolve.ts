// Answers what a door could not: from the cache, by joining a question that is on its way, or from an upstream. What comes out is judged
// under the policy of this moment, whatever it was when the query came in.
//
//   query ─▶ judge ─▶ cache ─┬─ fresh ───────────────────────────────────────────┐
//                            ├─ failed a moment ago ─▶ stale or SERVFAIL          ├─▶ judge again ─▶ answer
//                            └─ flight (joined by equal questions) ─▶ upstreams ──┘

import { randomBytes } from 'node:crypto';
import { newPacket, type Packet } from '../../base/packet.ts';
import { answerQuery } from '../answer/answer.ts';
import type { CachedAnswer } from '../answer/cached-answer.ts';
import { countDuration, DURATION_MEMORY, DURATION_STALE, DURATION_UPSTREAM } from '../answer/counters.ts';
import type { FastPath } from '../answer/fast-path.ts';
import { answerFailure, answerFromMemory, type WaitedFor } from '../answer/from-memory.ts';
import { DROP, MISS } from '../answer/outcome.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../wire/edns.ts';
import { FLAG_CD, MAX_MESSAGE, RCODE_SERVFAIL } from '../wire/message.ts';
import { AnswerCache, type CacheStats, type Failure } from './answer-cache.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { type Exchanged, type ExchangeParts, exchange } from './exchange.ts';
import { Random } from './random.ts';
import type { Asker, Resolver } from './resolver.ts';
import { SourcePorts } from './source-ports.ts';
import { type Listener, watchSystemUpstreams } from './system-upstreams.ts';
import { Upstream, type UpstreamConfig, type UpstreamStats } from './upstream.ts';
import { keyOf, type View, Views } from './views.ts';

/** Questions on their way at once: 10,000 a second under a 1 s upstream. Beyond: SERVFAIL. */
const MAX_FLIGHTS = 10_000;
/** Clients that wait for one question (DESIGN.md §4). Beyond: SERVFAIL. */
const MAX_WAITERS = 256;
/** RFC 8767 §5: a client gives up after 2 s or more. */
const STALE_AFTER_MS = 1800;
/** RFC 4035 and RFC 8914: what an upstream says about an answer that does not verify. */
const BOGUS_EDES = new Set([1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27]);

export interface ResolverOptions {
  /** A FastPath of this thread with `countsQueries` false; its snapshot is put in force by useSnapshot. */
  readonly path: FastPath;
  readonly upstreams: 'system' | readonly UpstreamConfig[];
  readonly forward: readonly { readonly zone: string; readonly to: readonly UpstreamConfig[] }[];
  /** Where we listen ourselves, so that `system` never means us. */
  readonly listen: readonly Listener[];
  readonly cache: { readonly maxBytes: number; readonly maxTtlSeconds: number; readonly negativeMaxTtlSeconds: number };
  readonly deadlineMs: number;
  readonly case0x20: boolean;
  readonly warn: (message: string) => void;
  /** What tests put in place of the machine's own. */
  readonly clock?: Clock;
  readonly wallMs?: () => number;
  readonly randomBytes?: (size: number) => Uint8Array;
  readonly resolvConf?: string;
}

export interface ResolverStats {
  readonly cache: CacheStats;
  readonly upstreams: readonly UpstreamStats[];
  /** Questions on their way. */
  readonly inFlight: number;
  /** Queries that waited for another's question. */
  readonly joined: number;
  /** Queries turned away because too many were on their way. */
  readonly overloaded: number;
  /** UDP sockets open, and packets that answered nothing. */
  readonly ports: { readonly open: number; readonly strays: number };
}

export interface ResolverWithStats extends Resolver {
  stats(): ResolverStats;
}

export function createResolver(options: ResolverOptions): ResolverWithStats {
  return new CachingResolver(options);
}

interface Flight {
  waiters: number;
  readonly landed: Promise<CachedAnswer | Failure>;
}

class CachingResolver implements ResolverWithStats {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #wallMs: () => number;
  readonly #parts: ExchangeParts;
  readonly #cache: AnswerCache;
  readonly #views: Views;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #flights = new Map<string, Flight>();
  readonly #packet: Packet = newPacket(new Uint8Array(MAX_MESSAGE));
  readonly #stopWatching: () => void;
  #system: readonly Upstream[] = [];
  #joined = 0;
  #overloaded = 0;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#random = new Random(options.randomBytes ?? randomBytes);
    const { deadlineMs, case0x20, upstreams } = options;
    const ports = new SourcePorts(this.#clock, this.#random);
    this.#parts = { clock: this.#clock, random: this.#random, ports, deadlineMs, case0x20 };
    this.#cache = new AnswerCache(options.cache.maxBytes);
    const forward = options.forward.map(({ zone, to }) => ({ zone, to: this.#adopt(to) }));
    if (upstreams === 'system') {
      this.#stopWatching = this.#watchSystem();
      this.#views = new Views(() => this.#system, forward);
    } else {
      const fixed = this.#adopt(upstreams);
      this.#stopWatching = () => {};
      this.#views = new Views(() => fixed, forward);
    }
  }

  async resolve(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    const startMs = this.#clock.nowMs();
    const ours = { query: query.slice(), asker: { ...asker, client: asker.client.slice() } };
    const length = this.#judge(ours);
    if (length !== MISS) return this.#take(length);
    const { view, key } = this.#keyOf(this.#packet);
    const known = this.#cache.find(key, this.#nowSeconds());
    if (known !== undefined && this.#nowSeconds() < known.expiresAt) {
      return this.#answer(known, 'hit', startMs);
    }
    const failed = this.#cache.failureOf(key, this.#nowSeconds());
    const landed = failed ?? (await this.#patience(this.#join(key, view), known !== undefined));
    // The policy may be another one by now, and the packet holds another query.
    const again = this.#judge(ours);
    if (again !== MISS) return this.#take(again);
    if ('bytes' in landed) return this.#answer(landed, 'miss', startMs);
    if (known !== undefined && !landed.isBogus) return this.#answerStale(known, startMs);
    return this.#answerFailure(landed.ede, startMs);
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.allSettled([...this.#flights.values()].map((flight) => flight.landed));
    this.#parts.ports.close();
    for (const upstream of this.#upstreams.values()) upstream.stream.close();
  }

  stats(): ResolverStats {
    return {
      cache: this.#cache.stats(),
      upstreams: [...this.#upstreams.values()].map((upstream) => upstream.stats()),
      inFlight: this.#flights.size,
      joined: this.#joined,
      overloaded: this.#overloaded,
      ports: this.#parts.ports.stats(),
    };
  }

  /** Reads and judges the query anew in our own packet; as answerQuery. */
  #judge({ query, asker }: { query: Uint8Array; asker: Asker }): number {
    const packet = this.#packet;
    packet.bytes.set(query);
    packet.length = query.length;
    packet.client.set(asker.client);
    packet.clientPort = asker.clientPort;
    packet.transport = asker.transport;
    packet.segment = asker.segment;
    const { path } = this.#options;
    path.nowMs = this.#wallMs();
    path.nowSeconds = this.#nowSeconds();
    return answerQuery(path, packet);
  }

  #answer(answer: CachedAnswer, waitedFor: WaitedFor, startMs: number): Uint8Array | undefined {
    const { path } = this.#options;
    if (waitedFor === 'miss') path.nowSeconds = answer.insertedAt; // it has come this instant: no age yet
    const length = answerFromMemory(path, this.#packet, answer, waitedFor);
    countDuration(path.counters, DURATION_OF[waitedFor], (this.#clock.nowMs() - startMs) / 1000);
    return this.#take(length);
  }

  #answerStale(answer: CachedAnswer, startMs: number): Uint8Array | undefined {
    this.#cache.servedStale();
    return this.#answer({ ...answer, stale: true }, 'stale', startMs);
  }

  #answerFailure(ede: number, startMs: number): Uint8Array | undefined {
    const { path } = this.#options;
    const length = answerFailure(path, this.#packet, RCODE_SERVFAIL, ede);
    countDuration(path.counters, DURATION_UPSTREAM, (this.#clock.nowMs() - startMs) / 1000);
    return this.#take(length);
  }

  #take(length: number): Uint8Array | undefined {
    return length === DROP ? undefined : this.#packet.bytes.slice(0, length);
  }

  #keyOf(packet: Packet): { view: View; key: string } {
    const view = this.#views.of(packet.qname);
    const bits = packet.dnssecOk | ((packet.flags & FLAG_CD) === 0 ? 0 : 2);
    return { view, key: `${view.number} ${packet.qtype} ${bits} ${keyOf(packet.qname, 0)}` };
  }

  #join(key: string, view: View): Promise<CachedAnswer | Failure> {
    const known = this.#flights.get(key);
    if (known === undefined && this.#flights.size < MAX_FLIGHTS) return this.#depart(key, view);
    if (known === undefined || known.waiters >= MAX_WAITERS) {
      this.#overloaded++;
      return Promise.resolve(OVERLOADED);
    }
    known.waiters++;
    this.#joined++;
    return known.landed;
  }

  /** With a stale answer at hand nobody waits for long; the question goes on for the cache's sake. */
  #patience(landed: Promise<CachedAnswer | Failure>, hasStale: boolean): Promise<CachedAnswer | Failure> {
    if (!hasStale) return landed;
    return new Promise((done, failed) => {
      const cancel = this.#clock.after(STALE_AFTER_MS, () => done(TOO_SLOW));
      landed.then(done, failed).finally(cancel);
    });
  }

  #depart(key: string, view: View): Promise<CachedAnswer | Failure> {
    const { qname, qnameLength, qtype, dnssecOk, flags } = this.#packet;
    const question = {
      qname: qname.slice(0, qnameLength),
      qtype,
      dnssecOk: dnssecOk === 1,
      checkingDisabled: (flags & FLAG_CD) !== 0,
    };
    const upstreams = view.upstreams();
    const landed = (
      upstreams.length === 0 ? Promise.resolve(NOBODY_TO_ASK) : exchange(this.#parts, question, upstreams)
    ).then((result) => {
      this.#flights.delete(key);
      return this.#land(key, result);
    });
    this.#flights.set(key, { waiters: 1, landed });
    return landed;
  }

  #land(key: string, result: Exchanged): CachedAnswer | Failure {
    const now = this.#nowSeconds();
    if (result === NOBODY_TO_ASK) return FORLORN;
    if (result.kind === 'failure') {
      const { ede, isVerdict, wasHeard } = result;
      return this.#cache.fail(key, { ede, wasHeard, isBogus: isVerdict && BOGUS_EDES.has(ede) }, now);
    }
    const { bytes, factsAt, rcode, isNegative, isAuthentic, ttlSeconds, ttlOffsets, ede } = result.answer;
    const { maxTtlSeconds, negativeMaxTtlSeconds } = this.#options.cache;
    const answer = {
      ...{ bytes, factsAt, rcode, isNegative, ttlOffsets, ede },
      authentic: isAuthentic && result.isTrusted,
      insertedAt: now,
      expiresAt: now + Math.min(ttlSeconds, isNegative ? negativeMaxTtlSeconds : maxTtlSeconds),
      stale: false,
    };
    this.#cache.keep(key, answer);
    return answer;
  }

  #watchSystem(): () => void {
    const { resolvConf = '/etc/resolv.conf', listen, warn } = this.#options;
    return watchSystemUpstreams(resolvConf, listen, warn, (configs) => {
      this.#system = this.#adopt(configs);
    });
  }

  /** One Upstream a name, so that views share what is known of it; those gone from resolv.conf keep their counters. */
  #adopt(configs: readonly UpstreamConfig[]): Upstream[] {
    return configs.map((config) => {
      const known = this.#upstreams.get(config.name);
      const upstream = known ?? new Upstream(config, this.#clock, this.#random);
      this.#upstreams.set(config.name, upstream);
      return upstream;
    });
  }

  #nowSeconds(): number {
    return this.#clock.nowMs() / 1000;
  }
}

const DURATION_OF: Record<WaitedFor, number> = {
  hit: DURATION_MEMORY,
  miss: DURATION_UPSTREAM,
  stale: DURATION_STALE,
};

const NOBODY_TO_ASK: Exchanged = { kind: 'failure', ede: EDE_NETWORK_ERROR, isVerdict: false, wasHeard: false };

/** Failures that say nothing about the name, and so are not remembered. */
function passing(ede: number): Failure {
  return { ede, isBogus: false, untilSeconds: 0, holdSeconds: 0 };
}
const FORLORN = passing(EDE_NETWORK_ERROR);
const OVERLOADED = passing(EDE_NO_REACHABLE_AUTHORITY);
const TOO_SLOW = passing(EDE_NO_REACHABLE_AUTHORITY);
