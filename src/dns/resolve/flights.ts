// Questions on their way to upstreams. Equal ones are asked once and land for everybody who waits; what comes back goes into the cache,
// answer or failure.

import type { CachedAnswer } from '../answer/cached-answer.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../wire/edns.ts';
import type { AnswerCache, Failure } from './answer-cache.ts';
import { type Exchanged, type ExchangeParts, exchange } from './exchange.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamQuestion } from './upstream-query.ts';

/** Questions on their way at once: 10,000 a second under a 1 s upstream. Beyond: SERVFAIL. */
const MAX_FLIGHTS = 10_000;
/** Clients that wait for one question (DESIGN.md §4). Beyond: SERVFAIL. */
const MAX_WAITERS = 256;
/** RFC 4035 and RFC 8914: what an upstream says about an answer that does not verify. */
const BOGUS_EDES = new Set([1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27]);

export interface TtlLimits {
  readonly maxTtlSeconds: number;
  readonly negativeMaxTtlSeconds: number;
}

export type Landed = CachedAnswer | Failure;

interface Flight {
  waiters: number;
  readonly landed: Promise<Landed>;
}

export class Flights {
  readonly #parts: ExchangeParts;
  readonly #cache: AnswerCache;
  readonly #limits: TtlLimits;
  readonly #flights = new Map<string, Flight>();
  #joined = 0;
  #overloaded = 0;

  constructor(parts: ExchangeParts, cache: AnswerCache, limits: TtlLimits) {
    this.#parts = parts;
    this.#cache = cache;
    this.#limits = limits;
  }

  /** The answer or failure of the question whose cache key is `key`. Never rejects. */
  ask(key: string, question: UpstreamQuestion, upstreams: readonly Upstream[]): Promise<Landed> {
    if (upstreams.length === 0) return Promise.resolve(passingFailure(EDE_NETWORK_ERROR));
    const known = this.#flights.get(key);
    if (known === undefined && this.#flights.size < MAX_FLIGHTS) return this.#depart(key, question, upstreams);
    if (known === undefined || known.waiters >= MAX_WAITERS) {
      this.#overloaded++;
      return Promise.resolve(passingFailure(EDE_NO_REACHABLE_AUTHORITY));
    }
    known.waiters++;
    this.#joined++;
    return known.landed;
  }

  /** All that are on their way have landed; their deadline bounds the wait. */
  async over(): Promise<void> {
    await Promise.allSettled([...this.#flights.values()].map((flight) => flight.landed));
  }

  stats(): { inFlight: number; joined: number; overloaded: number } {
    return { inFlight: this.#flights.size, joined: this.#joined, overloaded: this.#overloaded };
  }

  #depart(key: string, question: UpstreamQuestion, upstreams: readonly Upstream[]): Promise<Landed> {
    const landed = exchange(this.#parts, question, upstreams).then((result) => {
      this.#flights.delete(key);
      return this.#land(key, result);
    });
    this.#flights.set(key, { waiters: 1, landed });
    return landed;
  }

  #land(key: string, result: Exchanged): Landed {
    if (result.kind === 'failure') {
      const { ede, isVerdict, wasHeard } = result;
      const now = this.#parts.clock.nowMs() / 1000;
      return this.#cache.fail(key, { ede, wasHeard, isBogus: isVerdict && BOGUS_EDES.has(ede) }, now);
    }
    const { bytes, factsAt, rcode, isNegative, isAuthentic, ttlSeconds, ttlOffsets, ede } = result.answer;
    // Its TTLs may have been true at any moment since the query left: aged from then, it never outlives the upstream's own.
    const insertedAt = result.sentMs / 1000;
    const limit = isNegative ? this.#limits.negativeMaxTtlSeconds : this.#limits.maxTtlSeconds;
    const answer: CachedAnswer = {
      ...{ bytes, factsAt, rcode, isNegative, ttlOffsets, ede },
      authentic: isAuthentic && result.isTrusted,
      insertedAt,
      expiresAt: insertedAt + Math.min(ttlSeconds, limit),
      stale: false,
    };
    this.#cache.keep(key, answer);
    return answer;
  }
}

/** A failure that says nothing about the name, and so is not remembered. */
export function passingFailure(ede: number): Failure {
  return { ede, isBogus: false, untilSeconds: 0, holdSeconds: 0 };
}
