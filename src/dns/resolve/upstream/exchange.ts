// One question, asked of upstreams until one answers: first come, first served, in the configured order, those that are up first. A try
// that takes too long stays open while the next one is asked, since a resolver that must recurse is slow, not broken. Each exchange ends
// with an answer, when all have refused, or at its deadline.
//
//   try 1 ────────────── wait ─┐ (still open)                       ├─ its late answer still counts
//                              └ try 2 ──────── wait ─┐
//                                                     └ try 3 …                                        deadline
//
// Nearly every exchange is one try and its answer: two records with one alarm, no closure, no promise.

import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../../wire/edns.ts';
import { RCODE_SERVFAIL } from '../../wire/message.ts';
import type { Scrubbed } from '../../wire/scrub.ts';
import { Alarm, type Alarms } from '../alarms.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { probe } from './probe.ts';
import { BAD, outcomeOf, scrubbedOrBad } from './replies.ts';
import type { Ask, Port, SourcePorts, Target } from './source-ports.ts';
import type { StreamAsk } from './stream-pool.ts';
import type { Upstream } from './upstream.ts';
import { buildQuery, isTruncated, type UpstreamQuestion } from './upstream-query.ts';

/** Turns a question, probes left out: each open one is a chance for a forger (RFC 5452 §5). */
const MAX_TURNS = 8;
/** Wrong ids for one question before it is asked over TCP, where they cannot be guessed. */
const MAX_WRONG = 20;
/** A stream needs a handshake first. */
const STREAM_WAITS = 2;
const MAX_WAIT_MS = 3000;

type Answered = Extract<Scrubbed, { kind: 'answer' }>;
export type Exchanged =
  /** `sentMs`: when its query left. */
  | { readonly kind: 'answer'; readonly answer: Answered; readonly isTrusted: boolean; readonly sentMs: number }
  /** `isVerdict`: an upstream said SERVFAIL. `wasHeard`: at least one said something, so that it is not our network. */
  | { readonly kind: 'failure'; readonly ede: number; readonly isVerdict: boolean; readonly wasHeard: boolean };

export interface ExchangeParts {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly random: Random;
  readonly ports: SourcePorts;
  readonly deadlineMs: number;
  readonly case0x20: boolean;
}

/** To be extended by whoever wants an answer. */
export abstract class Exchange extends Alarm {
  readonly #parts: ExchangeParts;
  readonly #question: UpstreamQuestion;
  readonly #order: readonly Upstream[];
  // The first element comes as a literal: a push to an empty array makes room for 17.
  #tries: Try[] = NO_TRIES;
  /** They have said no or cannot be reached; asking again would not change it. */
  #spent: readonly Upstream[] = NO_UPSTREAMS;
  /** Those whose word, or silence, has been noted. */
  #noted: readonly Upstream[] = NO_UPSTREAMS;
  #deadlineMs = 0;
  #turn = 0;
  #wrong = 0;
  #overStream = false;
  #isOver = false;
  #wasHeard = false;
  #verdict: number | undefined;
  #fault = EDE_NO_REACHABLE_AUTHORITY;

  constructor(parts: ExchangeParts, question: UpstreamQuestion, upstreams: readonly Upstream[]) {
    super();
    this.#parts = parts;
    this.#question = question;
    this.#order = inOrder(upstreams);
  }

  /** Called once, later than start(): with the answer, or with the failure at the deadline at the latest. */
  protected abstract done(result: Exchanged): void;

  start(): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#deadlineMs = nowMs + this.#parts.deadlineMs;
    this.#next(nowMs);
    for (const upstream of this.#order) {
      const isAsked = upstream.isUp || this.#tries.some((one) => one.upstream === upstream);
      if (!isAsked && upstream.takeProbe()) probe(this.#parts, this.#question, upstream);
    }
  }

  get overStream(): boolean {
    return this.#overStream;
  }

  protected ring(): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs >= this.#deadlineMs) {
      this.#fail();
      return;
    }
    this.#tries[this.#tries.length - 1].isLate = true;
    this.#next(nowMs);
  }

  #next(nowMs: number): void {
    const upstream = this.#candidate();
    if (upstream === undefined && !this.#tries.some((one) => one.isOpen)) {
      this.#fail();
      return;
    }
    let waitMs = this.#deadlineMs - nowMs;
    if (upstream !== undefined) {
      const attempt = this.#try(upstream, nowMs);
      const round = Math.floor(this.#turn / this.#order.length);
      this.#turn++;
      const waits = attempt.usesStream ? STREAM_WAITS : 1;
      waitMs = Math.min(waitMs, MAX_WAIT_MS, upstream.waitMs * waits * 2 ** round);
    }
    this.setAlarm(this.#parts.alarms, nowMs, waitMs);
  }

  /** The next in turn that has not said no. */
  #candidate(): Upstream | undefined {
    for (let i = 0; i < this.#order.length && this.#turn < MAX_TURNS; i++) {
      const upstream = this.#order[this.#turn % this.#order.length];
      if (!this.#spent.includes(upstream)) return upstream;
      this.#turn++;
    }
    return undefined;
  }

  #try(upstream: Upstream, nowMs: number): Try {
    const attempt = new Try(this, upstream, nowMs);
    if (this.#tries.length === 0) this.#tries = [attempt];
    else this.#tries.push(attempt);
    if (attempt.usesStream) attempt.askStream(buildQuery(this.#question));
    else attempt.askDatagram(this.#parts.ports, buildQuery(this.#question, this.#caseBits()));
    return attempt;
  }

  #caseBits(): Random | undefined {
    return this.#parts.case0x20 ? this.#parts.random : undefined;
  }

  askAgainByStream(attempt: Try): void {
    attempt.forget(this.#parts.ports);
    attempt.askStream(buildQuery(this.#question));
  }

  /** Somebody guesses ids, or a server folds case: from here on by stream, and what is open by datagram is given up. */
  suspect(what: 'id' | 'letters'): void {
    this.#wrong++;
    if (this.#overStream || (what === 'id' && this.#wrong < MAX_WRONG)) return;
    this.#overStream = true;
    for (const attempt of this.#tries) if (attempt.isOpen && !attempt.usesStream) this.askAgainByStream(attempt);
  }

  replied(attempt: Try, bytes: Uint8Array): void {
    const { upstream, sentMs } = attempt;
    const nowMs = this.#parts.clock.nowMs();
    attempt.isOpen = false;
    if (this.#tries.length > 1) this.#note(upstream); // another try of its may be open
    this.#wasHeard = true;
    upstream.heard(nowMs - sentMs);
    // Only a stream's reply can be cut here, and a stream has room for all: half an answer would be judged by half of what is in it.
    const scrubbed = isTruncated(bytes) ? BAD : scrubbedOrBad(this.#question, bytes);
    upstream.count(outcomeOf(scrubbed));
    if (scrubbed.kind === 'answer') {
      this.#finish({ kind: 'answer', answer: scrubbed, isTrusted: upstream.config.trusted, sentMs });
      return;
    }
    this.#note(upstream);
    this.#spent = this.#spent.concat(upstream);
    if (scrubbed.kind === 'bad') this.#fault = EDE_NETWORK_ERROR;
    else if (scrubbed.rcode === RCODE_SERVFAIL && (this.#verdict ?? -1) < 0) this.#verdict = scrubbed.ede;
    this.#next(nowMs);
  }

  failed(attempt: Try): void {
    if (!attempt.isOpen) return;
    attempt.isOpen = false;
    attempt.upstream.count('error');
    this.#silence(attempt.upstream);
    this.#spent = this.#spent.concat(attempt.upstream);
    this.#fault = EDE_NETWORK_ERROR;
    this.#next(this.#parts.clock.nowMs());
  }

  #fail(): void {
    const ede = this.#verdict ?? this.#fault;
    this.#finish({ kind: 'failure', ede, isVerdict: this.#verdict !== undefined, wasHeard: this.#wasHeard });
  }

  #finish(result: Exchanged): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.cancelAlarm();
    for (const attempt of this.#tries) if (attempt.isOpen) this.#abandon(attempt, result.kind === 'failure');
    this.done(result);
  }

  #abandon(attempt: Try, isSilence: boolean): void {
    attempt.isOpen = false;
    attempt.forget(this.#parts.ports);
    attempt.upstream.count(attempt.isLate || isSilence ? 'timeout' : 'abandoned');
    if (attempt.isLate || isSilence) this.#silence(attempt.upstream);
  }

  #note(upstream: Upstream): void {
    this.#noted = this.#noted.concat(upstream);
  }

  /** Once a question, however often it was asked. */
  #silence(upstream: Upstream): void {
    if (this.#noted.includes(upstream)) return;
    this.#note(upstream);
    upstream.silent();
  }
}

/** One query to one upstream. */
class Try implements Ask, StreamAsk {
  readonly exchange: Exchange;
  readonly upstream: Upstream;
  readonly target: Target;
  readonly sentMs: number;
  isOpen = true;
  isLate = false;
  usesStream: boolean;
  query: Uint8Array = NO_BYTES;
  port: Port | undefined = undefined;
  id = 0;
  #forgetStream: (() => void) | undefined = undefined;

  constructor(exchange: Exchange, upstream: Upstream, sentMs: number) {
    this.exchange = exchange;
    this.upstream = upstream;
    this.target = upstream.target;
    this.sentMs = sentMs;
    this.usesStream = exchange.overStream || upstream.config.transport === 'tls';
  }

  askDatagram(ports: SourcePorts, query: Uint8Array): void {
    this.query = query;
    ports.send(this);
  }

  askStream(query: Uint8Array): void {
    this.usesStream = true;
    this.query = query;
    this.#forgetStream = this.upstream.stream.send(this);
  }

  forget(ports: SourcePorts): void {
    ports.forget(this);
    this.#forgetStream?.();
  }

  reply(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    if (!this.usesStream && isTruncated(bytes)) this.exchange.askAgainByStream(this);
    else this.exchange.replied(this, bytes);
  }

  wrong(what: 'id' | 'letters'): void {
    this.exchange.suspect(what);
  }

  failed(): void {
    this.exchange.failed(this);
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_TRIES: Try[] = [];
const NO_UPSTREAMS: readonly Upstream[] = [];

/** Those that are up first; nearly always all of them are. */
function inOrder(upstreams: readonly Upstream[]): readonly Upstream[] {
  if (upstreams.every((one) => one.isUp)) return upstreams;
  return [...upstreams.filter((one) => one.isUp), ...upstreams.filter((one) => !one.isUp)];
}
