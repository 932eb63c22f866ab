// Answers what a door could not: from the cache, by joining a question that is on its way, or from an upstream. What comes out is judged
// under the policy of this moment, whatever it was when the query came in.
//
//   query ─▶ judge ─▶ cache ─┬─ fresh ─────────────────────────────────────────────────────────▶ answer
//   (ring, message)          ├─ failed a moment ago ─▶ stale or SERVFAIL                          ▲
//                            └─ flight (joined by equal questions) ─▶ upstreams ─▶ judge again ───┘
//
// Callbacks all the way: a promise or two a query would cost as much as the query.

import { randomBytes } from 'node:crypto';
import { DROP, MISS } from '../answer/outcome.ts';
import type { CacheMemory } from '../answer/response-cache/layout.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../wire/edns.ts';
import { Alarms } from './alarms.ts';
import { AnswerCache, type CacheStats, type Failure, keyFor } from './answer-cache.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { Flights, type Landed, passingFailure, type TtlLimits } from './flights.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import { Random } from './random.ts';
import type { Asker, Resolver } from './resolver.ts';
import { DatagramSockets } from './upstream/datagram-sockets.ts';
import { type SocketKind, SourcePorts } from './upstream/source-ports.ts';
import type { UpstreamStats } from './upstream/upstream.ts';
import { UpstreamBook, type UpstreamOptions } from './upstream/upstream-book.ts';
import type { View } from './views.ts';
import { type Waiter, Waiters } from './waiter.ts';

/** RFC 8767 §5: a client gives up after 2 s or more. */
const STALE_AFTER_MS = 1800;
/** How long close waits for answers on their way; whoever waits longer gets none. */
const CLOSE_GRACE_MS = 1000;
/** An answer younger than this is not asked for again: at most one refresh a second and question. One with a TTL of 1 s just ends. */
const REFRESH_SECONDS = 1;

export interface ResolverOptions extends UpstreamOptions, JudgeOptions {
  /** `memory`: where the doors of other threads look; without it the cache has memory of its own. */
  readonly cache: TtlLimits & { readonly maxBytes: number; readonly memory?: CacheMemory };
  readonly deadlineMs: number;
  readonly case0x20: boolean;
  /** For upstream queries by UDP; Node's own when absent. */
  readonly sockets?: SocketKind;
  /** A query or its answer made us throw: it is dropped, and we go on. */
  readonly onFault?: (error: unknown, query: Uint8Array) => void;
  /** What tests put in place of the machine's own. */
  readonly clock?: Clock;
  readonly randomBytes?: (size: number) => Uint8Array;
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
  /** A record to fill in (all but `stale`) and to hand to `begin` or `refreshFor`, which give it back. */
  newWaiter(): Waiter;
  /** `resolve` for those who care for every microsecond: the answer goes to `waiter.deliver`, now or later, once. */
  begin(waiter: Waiter): void;
  /** `refresh` likewise; nothing is delivered. */
  refreshFor(waiter: Waiter): void;
}

export function createResolver(options: ResolverOptions): ResolverWithStats {
  return new CachingResolver(options);
}

class CachingResolver implements ResolverWithStats {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #judge: Judge;
  readonly #ports: SourcePorts;
  readonly #cache: AnswerCache;
  readonly #flights: Flights;
  readonly #waiters: Waiters;
  readonly #upstreams: UpstreamBook;
  #overloaded = 0;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#judge = new Judge(options, this.#clock);
    const random = new Random(options.randomBytes ?? randomBytes);
    const { deadlineMs, case0x20 } = options;
    this.#ports = new SourcePorts(this.#clock, random, options.sockets ?? new DatagramSockets());
    this.#cache = new AnswerCache(options.cache.memory ?? options.cache.maxBytes);
    this.#waiters = new Waiters(options.path.refusals.seed);
    const alarms = new Alarms(this.#clock);
    const parts = { clock: this.#clock, alarms, random, ports: this.#ports, deadlineMs, case0x20 };
    this.#flights = new Flights(parts, this.#cache, options.cache, (waiter, landed) => this.#landed(waiter, landed));
    this.#upstreams = new UpstreamBook(options, this.#clock, random);
  }

  resolve(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    const waiter = this.#waiterFor(query, asker);
    waiter.deliver = settle;
    return new Promise((answered) => {
      waiter.answered = answered;
      this.begin(waiter);
    });
  }

  refresh(query: Uint8Array, asker: Asker): void {
    this.refreshFor(this.#waiterFor(query, asker));
  }

  newWaiter(): Waiter {
    return this.#waiters.take();
  }

  begin(waiter: Waiter): void {
    try {
      this.#begin(waiter);
    } catch (error) {
      this.#survive(waiter, error);
    }
  }

  refreshFor(waiter: Waiter): void {
    try {
      // A name that is blocked by now is no longer worth asking for.
      if (this.#judge.anew(waiter) === MISS) this.#askAgain();
      this.#waiters.release(waiter);
    } catch (error) {
      this.#survive(waiter, error);
    }
  }

  async close(): Promise<void> {
    this.#upstreams.stopWatching();
    await Promise.race([this.#flights.over(), new Promise<void>((over) => this.#clock.after(CLOSE_GRACE_MS, over))]);
    this.#ports.close();
    this.#upstreams.close();
  }

  stats(): ResolverStats {
    return {
      cache: this.#cache.stats(),
      upstreams: this.#upstreams.stats(),
      ...this.#flights.stats(),
      overloaded: this.#overloaded,
      ports: this.#ports.stats(),
    };
  }

  #waiterFor(query: Uint8Array, { client, clientPort, transport, segment }: Asker): Waiter {
    const waiter = this.#waiters.take();
    waiter.room(query.length).set(query);
    waiter.client.set(client);
    waiter.clientPort = clientPort;
    waiter.transport = transport;
    waiter.segment = segment;
    waiter.arrivedSeconds = this.#nowSeconds();
    return waiter;
  }

  #begin(waiter: Waiter): void {
    const length = this.#judge.anew(waiter);
    if (length !== MISS) {
      this.#finish(waiter, length);
      return;
    }
    const { packet, nowSeconds: now } = this.#judge;
    const view = this.#upstreams.views.of(packet.qname);
    const key = keyFor(view.number, packet);
    const known = this.#cache.find(key, now);
    if (known !== undefined && now < known.expiresAt) {
      this.#finish(waiter, this.#judge.answer(waiter, known, 'hit'));
      return;
    }
    waiter.stale = known;
    const failed = this.#cache.failureOf(key, now) ?? this.#ask(waiter, key, view);
    if (failed !== undefined) this.#fail(waiter, failed);
  }

  /** Joins or starts a flight; gives the failure when there is no room or nobody to ask. */
  #ask(waiter: Waiter, key: string, view: View): Failure | undefined {
    const upstreams = view.upstreams();
    if (upstreams.length === 0) return passingFailure(EDE_NETWORK_ERROR);
    if (!this.#waiters.admit(waiter) || !this.#flights.join(waiter, key, this.#judge.packet, upstreams)) {
      this.#overloaded++;
      return passingFailure(EDE_NO_REACHABLE_AUTHORITY);
    }
    // With a stale answer at hand nobody waits for long; the question goes on for the cache's sake.
    if (waiter.stale !== undefined) {
      waiter.cancelStale = this.#clock.after(STALE_AFTER_MS, () => this.#tired(waiter, key));
    }
    return undefined;
  }

  #askAgain(): void {
    const { packet, nowSeconds } = this.#judge;
    const view = this.#upstreams.views.of(packet.qname);
    const key = keyFor(view.number, packet);
    const known = this.#cache.peek(key);
    if (known === undefined || nowSeconds - known.insertedAt < REFRESH_SECONDS) return;
    this.#flights.refresh(key, packet, view.upstreams());
  }

  #landed(waiter: Waiter, landed: Landed): void {
    try {
      this.#land(waiter, landed);
    } catch (error) {
      this.#survive(waiter, error);
    }
  }

  #land(waiter: Waiter, landed: Landed): void {
    // The policy may be another one by now, and the packet holds another query.
    const length = this.#judge.anew(waiter);
    if (length !== MISS) this.#finish(waiter, length);
    else if ('bytes' in landed) this.#finish(waiter, this.#judge.answer(waiter, landed, 'miss'));
    else this.#fail(waiter, landed);
  }

  #tired(waiter: Waiter, key: string): void {
    this.#flights.leave(waiter, key);
    this.#landed(waiter, passingFailure(EDE_NO_REACHABLE_AUTHORITY));
  }

  #fail(waiter: Waiter, failure: Failure): void {
    const { stale } = waiter;
    if (stale !== undefined && !failure.isBogus) {
      this.#cache.servedStale();
      this.#finish(waiter, this.#judge.answer(waiter, { ...stale, stale: true }, 'stale'));
      return;
    }
    this.#finish(waiter, this.#judge.fail(waiter, failure.ede));
  }

  /** What nobody foresaw costs one query, not the thread. */
  #survive(waiter: Waiter, error: unknown): void {
    this.#options.onFault?.(error, waiter.query.slice(0, waiter.length));
    this.#finish(waiter, DROP);
  }

  #finish(waiter: Waiter, length: number): void {
    waiter.deliver(waiter, this.#judge.packet.bytes, length === DROP ? 0 : length);
    this.#waiters.release(waiter);
  }

  #nowSeconds(): number {
    return this.#clock.nowMs() / 1000;
  }
}

/** For those who were promised an answer: bytes of their own. */
function settle(waiter: Waiter, bytes: Uint8Array, length: number): void {
  waiter.answered?.(length === 0 ? undefined : bytes.slice(0, length));
}
