// A query in the resolver's hands under the policy of this moment: read and judged anew, however long ago it came in, and its answer written
// in its place. All in one packet, which holds the query that was judged last.

import { newPacket, type Packet } from '../../base/packet.ts';
import { answerQuery } from '../answer/answer.ts';
import type { CachedAnswer } from '../answer/cached-answer.ts';
import { countDuration, DURATION_MEMORY, DURATION_STALE, DURATION_UPSTREAM } from '../answer/counting/counters.ts';
import type { FastPath } from '../answer/fast-path.ts';
import { answerFailure, answerFromMemory, type WaitedFor } from '../answer/from-memory.ts';
import { MAX_MESSAGE, RCODE_SERVFAIL } from '../wire/message.ts';
import type { Clock } from './clock.ts';
import type { Waiter } from './waiter.ts';

export interface JudgeOptions {
  /** A FastPath of this thread with `countsQueries` false; its snapshot is put in force by useSnapshot. */
  readonly path: FastPath;
  /** Called before each judgement: puts the policy in force on `path` that is served by now. */
  readonly follow?: () => void;
  /** What tests put in place of the machine's own. */
  readonly wallMs?: () => number;
}

export class Judge {
  readonly packet: Packet = newPacket(new Uint8Array(MAX_MESSAGE));
  readonly #path: FastPath;
  readonly #follow: (() => void) | undefined;
  readonly #wallMs: () => number;
  readonly #clock: Clock;

  constructor({ path, follow, wallMs = Date.now }: JudgeOptions, clock: Clock) {
    this.#path = path;
    this.#follow = follow;
    this.#wallMs = wallMs;
    this.#clock = clock;
  }

  /** Monotonic seconds of the last judgement. */
  get nowSeconds(): number {
    return this.#path.nowSeconds;
  }

  /** Reads and judges the query in `packet`; as answerQuery. */
  anew(waiter: Waiter): number {
    const { packet } = this;
    const { query, length } = waiter;
    for (let i = 0; i < length; i++) packet.bytes[i] = query[i];
    packet.length = length;
    packet.client = waiter.client;
    packet.clientPort = waiter.clientPort;
    packet.transport = waiter.transport;
    packet.segment = waiter.segment;
    this.#follow?.();
    this.#path.nowMs = this.#wallMs();
    this.#path.nowSeconds = this.#clock.nowMs() / 1000;
    return answerQuery(this.#path, packet);
  }

  /** Answers the waiter that was judged last; gives the answer's length. */
  answer(waiter: Waiter, answer: CachedAnswer, waitedFor: WaitedFor): number {
    if (waitedFor === 'miss') this.#path.nowSeconds = answer.insertedAt; // it has come this instant: no age yet
    const length = answerFromMemory(this.#path, this.packet, answer, waitedFor);
    this.#count(waiter, DURATION_OF[waitedFor]);
    return length;
  }

  /** Likewise, with SERVFAIL. */
  fail(waiter: Waiter, ede: number): number {
    const length = answerFailure(this.#path, this.packet, RCODE_SERVFAIL, ede);
    this.#count(waiter, DURATION_UPSTREAM);
    return length;
  }

  #count({ arrivedSeconds }: Waiter, duration: number): void {
    countDuration(this.#path.counters, duration, this.#clock.nowMs() / 1000 - arrivedSeconds);
  }
}

const DURATION_OF: Record<WaitedFor, number> = {
  hit: DURATION_MEMORY,
  miss: DURATION_UPSTREAM,
  stale: DURATION_STALE,
};
