// Questions on their way to upstreams. Equal ones are asked once and land for everybody who waits; what comes back goes into the cache,
// answer or failure. A refresh is a question that nobody waits for: its failure leaves what is known as it is.

import type { Packet } from '../../base/packet.ts';
import type { CachedAnswer } from '../answer/cached-answer.ts';
import { FLAG_CD } from '../wire/message.ts';
import type { AnswerCache, Failure } from './answer-cache.ts';
import { FlightTable, type Keyed } from './flight-table.ts';
import { Exchange, type Exchanged, type ExchangeParts } from './upstream/exchange.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamQuestion } from './upstream/upstream-query.ts';
import type { Waiter } from './waiter.ts';

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

type Arrive = (flight: Flight, result: Exchanged) => void;

class Flight extends Exchange implements Keyed<Flight> {
  readonly key: string;
  /** None at first: a refresh. */
  readonly waiters: Waiter[];
  readonly isRefresh: boolean;
  next: Flight | undefined = undefined;
  readonly #arrive: Arrive;

  constructor(
    parts: ExchangeParts,
    key: string,
    waiters: Waiter[],
    question: UpstreamQuestion,
    upstreams: readonly Upstream[],
    arrive: Arrive,
  ) {
    super(parts, question, upstreams);
    this.key = key;
    this.waiters = waiters;
    this.isRefresh = waiters.length === 0;
    this.#arrive = arrive;
  }

  protected done(result: Exchanged): void {
    this.#arrive(this, result);
  }
}

export class Flights {
  readonly #parts: ExchangeParts;
  readonly #cache: AnswerCache;
  readonly #limits: TtlLimits;
  readonly #land: (waiter: Waiter, landed: Landed) => void;
  readonly #flights: FlightTable<Flight>;
  readonly #arrive: Arrive = (flight, result) => this.#arrived(flight, result);
  #over: (() => void)[] = [];
  #joined = 0;

  /** `land` is called for each waiter that has neither left nor been turned away. */
  constructor(
    parts: ExchangeParts,
    cache: AnswerCache,
    limits: TtlLimits,
    land: (waiter: Waiter, landed: Landed) => void,
  ) {
    this.#parts = parts;
    this.#cache = cache;
    this.#limits = limits;
    this.#land = land;
    this.#flights = new FlightTable((parts.random.u16() << 16) | parts.random.u16());
  }

  /** Waits for the packet's question, whose cache key is `key`; false when too many do. */
  join(waiter: Waiter, key: string, packet: Packet, upstreams: readonly Upstream[]): boolean {
    const known = this.#flights.get(key);
    if (known === undefined) return this.#depart([waiter], key, packet, upstreams);
    if (known.waiters.length >= MAX_WAITERS) return false;
    known.waiters.push(waiter);
    this.#joined++;
    return true;
  }

  /** Asks the question once more, unless it is on its way. */
  refresh(key: string, packet: Packet, upstreams: readonly Upstream[]): void {
    if (this.#flights.get(key) === undefined && upstreams.length > 0) this.#depart([], key, packet, upstreams);
  }

  /** The waiter no longer waits; the question goes on. */
  leave(waiter: Waiter, key: string): void {
    const waiters = this.#flights.get(key)?.waiters ?? [];
    const i = waiters.indexOf(waiter);
    if (i >= 0) waiters.splice(i, 1);
  }

  /** All that are on their way have landed; their deadline bounds the wait. */
  over(): Promise<void> {
    return new Promise((over) => {
      if (this.#flights.size === 0) over();
      else this.#over.push(over);
    });
  }

  stats(): { inFlight: number; joined: number } {
    return { inFlight: this.#flights.size, joined: this.#joined };
  }

  #depart(waiters: Waiter[], key: string, packet: Packet, upstreams: readonly Upstream[]): boolean {
    if (this.#flights.size >= MAX_FLIGHTS) return false;
    const flight = new Flight(this.#parts, key, waiters, questionOf(packet), upstreams, this.#arrive);
    this.#flights.add(flight);
    flight.start();
    return true;
  }

  #arrived(flight: Flight, result: Exchanged): void {
    const { key, waiters, isRefresh } = flight;
    this.#flights.remove(flight);
    // Nobody's failure is nobody's business: what is kept serves on, and whoever asks next asks again.
    const isIdle = isRefresh && waiters.length === 0;
    if (result.kind === 'answer' || !isIdle) {
      const landed = result.kind === 'answer' ? this.#keep(key, result) : this.#fail(key, result);
      for (const waiter of waiters) this.#land(waiter, landed);
    }
    if (this.#flights.size === 0) for (const over of this.#over.splice(0)) over();
  }

  #fail(key: string, { ede, isVerdict, wasHeard }: Extract<Exchanged, { kind: 'failure' }>): Failure {
    const now = this.#parts.clock.nowMs() / 1000;
    return this.#cache.fail(key, { ede, wasHeard, isBogus: isVerdict && BOGUS_EDES.has(ede) }, now);
  }

  #keep(key: string, result: Extract<Exchanged, { kind: 'answer' }>): CachedAnswer {
    const { bytes, factsAt, rcode, isNegative, isAuthentic, ttlSeconds, ttlOffsets, ede } = result.answer;
    // Its TTLs may have been true at any moment since the query left: aged from then, it never outlives the upstream's own.
    const insertedAt = result.sentMs / 1000;
    const limit = isNegative ? this.#limits.negativeMaxTtlSeconds : this.#limits.maxTtlSeconds;
    const answer: CachedAnswer = {
      bytes,
      factsAt,
      rcode,
      isNegative,
      ttlOffsets,
      ede,
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

function questionOf({ qname, qnameLength, qtype, dnssecOk, flags }: Packet): UpstreamQuestion {
  const checkingDisabled = (flags & FLAG_CD) !== 0;
  return { qname: qname.slice(0, qnameLength), qtype, dnssecOk: dnssecOk === 1, checkingDisabled };
}
