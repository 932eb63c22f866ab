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
import { EDE_NO_REACHABLE_AUTHORITY } from '../wire/edns.ts';
import { FLAG_CD, MAX_MESSAGE, RCODE_SERVFAIL } from '../wire/message.ts';
import { AnswerCache, type CacheStats, keyFor } from './answer-cache.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { Flights, type Landed, passingFailure, type TtlLimits } from './flights.ts';
import { Random } from './random.ts';
import type { Asker, Resolver } from './resolver.ts';
import { SourcePorts } from './source-ports.ts';
import { type Listener, watchSystemUpstreams } from './system-upstreams.ts';
import { Upstream, type UpstreamConfig, type UpstreamStats } from './upstream.ts';
import type { UpstreamQuestion } from './upstream-query.ts';
import { type View, Views } from './views.ts';

/** RFC 8767 §5: a client gives up after 2 s or more. */
const STALE_AFTER_MS = 1800;

export interface ResolverOptions {
  /** A FastPath of this thread with `countsQueries` false; its snapshot is put in force by useSnapshot. */
  readonly path: FastPath;
  readonly upstreams: 'system' | readonly UpstreamConfig[];
  readonly forward: readonly { readonly zone: string; readonly to: readonly UpstreamConfig[] }[];
  /** Where we listen ourselves, so that `system` never means us. */
  readonly listen: readonly Listener[];
  readonly cache: TtlLimits & { readonly maxBytes: number };
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

class CachingResolver implements ResolverWithStats {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #wallMs: () => number;
  readonly #ports: SourcePorts;
  readonly #cache: AnswerCache;
  readonly #flights: Flights;
  readonly #views: Views;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #packet: Packet = newPacket(new Uint8Array(MAX_MESSAGE));
  readonly #stopWatching: () => void;
  #system: readonly Upstream[] = [];

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#random = new Random(options.randomBytes ?? randomBytes);
    const { deadlineMs, case0x20, upstreams } = options;
    this.#ports = new SourcePorts(this.#clock, this.#random);
    this.#cache = new AnswerCache(options.cache.maxBytes);
    const parts = { clock: this.#clock, random: this.#random, ports: this.#ports, deadlineMs, case0x20 };
    this.#flights = new Flights(parts, this.#cache, options.cache);
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
    const view = this.#views.of(this.#packet.qname);
    const key = keyFor(view.number, this.#packet);
    const known = this.#cache.find(key, this.#nowSeconds());
    if (known !== undefined && this.#nowSeconds() < known.expiresAt) {
      return this.#answer(known, 'hit', startMs);
    }
    const failed = this.#cache.failureOf(key, this.#nowSeconds());
    const landed = failed ?? (await this.#ask(key, view, known !== undefined));
    // The policy may be another one by now, and the packet holds another query.
    const again = this.#judge(ours);
    if (again !== MISS) return this.#take(again);
    if ('bytes' in landed) return this.#answer(landed, 'miss', startMs);
    if (known !== undefined && !landed.isBogus) return this.#answerStale(known, startMs);
    return this.#answerFailure(landed.ede, startMs);
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await this.#flights.over();
    this.#ports.close();
    for (const upstream of this.#upstreams.values()) upstream.stream.close();
  }

  stats(): ResolverStats {
    return {
      cache: this.#cache.stats(),
      upstreams: [...this.#upstreams.values()].map((upstream) => upstream.stats()),
      ...this.#flights.stats(),
      ports: this.#ports.stats(),
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

  /** With a stale answer at hand nobody waits for long; the question goes on for the cache's sake. */
  #ask(key: string, view: View, hasStale: boolean): Promise<Landed> {
    const landed = this.#flights.ask(key, questionOf(this.#packet), view.upstreams());
    if (!hasStale) return landed;
    return new Promise((done, failed) => {
      const cancel = this.#clock.after(STALE_AFTER_MS, () => done(passingFailure(EDE_NO_REACHABLE_AUTHORITY)));
      landed.then(done, failed).finally(cancel);
    });
  }

  #watchSystem(): () => void {
    const { resolvConf = '/etc/resolv.conf', listen, warn } = this.#options;
    return watchSystemUpstreams(resolvConf, listen, this.#clock, warn, (configs) => {
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

function questionOf({ qname, qnameLength, qtype, dnssecOk, flags }: Packet): UpstreamQuestion {
  const checkingDisabled = (flags & FLAG_CD) !== 0;
  return { qname: qname.slice(0, qnameLength), qtype, dnssecOk: dnssecOk === 1, checkingDisabled };
}

const DURATION_OF: Record<WaitedFor, number> = {
  hit: DURATION_MEMORY,
  miss: DURATION_UPSTREAM,
  stale: DURATION_STALE,
};
