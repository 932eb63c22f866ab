// One question, asked of upstreams until one answers: first come, first served, in the configured order, those that are up first. A try
// that takes too long stays open while the next one is asked, since a resolver that must recurse is slow, not broken. Each exchange ends
// with an answer, when all have refused, or at its deadline.
//
//   try 1 ────────────── wait ─┐ (still open)                       ├─ its late answer still counts
//                              └ try 2 ──────── wait ─┐
//                                                     └ try 3 …                                        deadline

import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../wire/edns.ts';
import { RCODE_REFUSED, RCODE_SERVFAIL } from '../wire/message.ts';
import { type Scrubbed, scrub } from '../wire/scrub.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import type { SourcePorts } from './source-ports.ts';
import type { Outcome, Upstream } from './upstream.ts';
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
  readonly random: Random;
  readonly ports: SourcePorts;
  readonly deadlineMs: number;
  readonly case0x20: boolean;
}

/** Calls `done` once, later: with the answer, or with the failure at the deadline at the latest. */
export function exchange(
  parts: ExchangeParts,
  question: UpstreamQuestion,
  upstreams: readonly Upstream[],
  done: (result: Exchanged) => void,
): void {
  new Exchange(parts, question, upstreams, done).start();
}

interface Try {
  readonly upstream: Upstream;
  readonly sentMs: number;
  isLate: boolean;
  forget: () => void;
}

class Exchange {
  readonly #parts: ExchangeParts;
  readonly #question: UpstreamQuestion;
  readonly #order: readonly Upstream[];
  readonly #done: (result: Exchanged) => void;
  readonly #open = new Set<Try>();
  /** They have said no or cannot be reached; asking again would not change it. */
  readonly #spent = new Set<Upstream>();
  /** Those whose word, or silence, has been noted. */
  readonly #heard = new Set<Upstream>();
  readonly #asked = new Set<Upstream>();
  #turn = 0;
  #wrong = 0;
  #overStream = false;
  #isOver = false;
  #wasHeard = false;
  #verdict: { readonly ede: number } | undefined;
  #fault = EDE_NO_REACHABLE_AUTHORITY;
  #cancelWait = () => {};
  #cancelDeadline = () => {};

  constructor(
    parts: ExchangeParts,
    question: UpstreamQuestion,
    upstreams: readonly Upstream[],
    done: (result: Exchanged) => void,
  ) {
    this.#parts = parts;
    this.#question = question;
    this.#order = [...upstreams.filter((one) => one.isUp), ...upstreams.filter((one) => !one.isUp)];
    this.#done = done;
  }

  start(): void {
    this.#cancelDeadline = this.#parts.clock.after(this.#parts.deadlineMs, () => this.#fail());
    this.#next();
    for (const upstream of this.#order) {
      if (!this.#asked.has(upstream) && upstream.takeProbe()) probe(this.#parts, this.#question, upstream);
    }
  }

  #next(): void {
    this.#cancelWait();
    if (this.#isOver) return;
    const upstream = this.#candidate();
    if (upstream === undefined) {
      if (this.#open.size === 0) this.#fail();
      return;
    }
    const round = Math.floor(this.#turn / this.#order.length);
    this.#turn++;
    const attempt = this.#ask(upstream);
    const waits = this.#usesStream(upstream) ? STREAM_WAITS : 1;
    const waitMs = Math.min(MAX_WAIT_MS, upstream.waitMs * waits * 2 ** round);
    this.#cancelWait = this.#parts.clock.after(waitMs, () => {
      attempt.isLate = true;
      this.#next();
    });
  }

  /** The next in turn that has not said no. */
  #candidate(): Upstream | undefined {
    for (let i = 0; i < this.#order.length && this.#turn < MAX_TURNS; i++) {
      const upstream = this.#order[this.#turn % this.#order.length];
      if (!this.#spent.has(upstream)) return upstream;
      this.#turn++;
    }
    return undefined;
  }

  #usesStream(upstream: Upstream): boolean {
    return this.#overStream || upstream.config.transport === 'tls';
  }

  #ask(upstream: Upstream): Try {
    this.#asked.add(upstream);
    const attempt: Try = { upstream, sentMs: this.#parts.clock.nowMs(), isLate: false, forget: () => {} };
    this.#open.add(attempt);
    if (this.#usesStream(upstream)) this.#askStream(attempt);
    else this.#askUdp(attempt);
    return attempt;
  }

  #askUdp(attempt: Try): void {
    attempt.forget = this.#parts.ports.send({
      target: attempt.upstream.target,
      query: buildQuery(this.#question, this.#parts.case0x20 ? this.#parts.random : undefined),
      reply: (bytes) => (isTruncated(bytes) ? this.#askStream(attempt) : this.#replied(attempt, bytes)),
      wrong: (what) => this.#suspect(what),
      failed: () => this.#failed(attempt),
    });
  }

  #askStream(attempt: Try): void {
    attempt.forget = attempt.upstream.stream.send({
      query: buildQuery(this.#question),
      reply: (bytes) => this.#replied(attempt, bytes),
      failed: () => this.#failed(attempt),
    });
  }

  /** Somebody guesses ids, or a server folds case: from here on by stream, and what is open by datagram is given up. */
  #suspect(what: 'id' | 'letters'): void {
    this.#wrong++;
    if (this.#overStream || (what === 'id' && this.#wrong < MAX_WRONG)) return;
    this.#overStream = true;
    for (const attempt of this.#open) {
      if (attempt.upstream.config.transport === 'tls') continue;
      attempt.forget();
      this.#askStream(attempt);
    }
  }

  #replied(attempt: Try, bytes: Uint8Array): void {
    this.#open.delete(attempt);
    const { upstream } = attempt;
    this.#heard.add(upstream);
    this.#wasHeard = true;
    upstream.heard(this.#parts.clock.nowMs() - attempt.sentMs);
    // Only a stream's reply can be cut here, and a stream has room for all: half an answer would be judged by half of what is in it.
    const scrubbed = isTruncated(bytes) ? BAD : scrubbedOrBad(this.#question, bytes);
    upstream.count(outcomeOf(scrubbed));
    if (scrubbed.kind === 'answer') {
      const isTrusted = upstream.config.trusted;
      this.#finish({ kind: 'answer', answer: scrubbed, isTrusted, sentMs: attempt.sentMs });
      return;
    }
    this.#spent.add(upstream);
    if (scrubbed.kind === 'bad') this.#fault = EDE_NETWORK_ERROR;
    else if (scrubbed.rcode === RCODE_SERVFAIL && (this.#verdict === undefined || this.#verdict.ede < 0)) {
      this.#verdict = { ede: scrubbed.ede };
    }
    this.#next();
  }

  #failed(attempt: Try): void {
    if (!this.#open.delete(attempt)) return;
    attempt.upstream.count('error');
    this.#silence(attempt.upstream);
    this.#spent.add(attempt.upstream);
    this.#fault = EDE_NETWORK_ERROR;
    this.#next();
  }

  #fail(): void {
    const ede = this.#verdict?.ede ?? this.#fault;
    this.#finish({ kind: 'failure', ede, isVerdict: this.#verdict !== undefined, wasHeard: this.#wasHeard });
  }

  #finish(result: Exchanged): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelWait();
    this.#cancelDeadline();
    const isSilence = result.kind === 'failure';
    for (const attempt of this.#open) {
      attempt.forget();
      attempt.upstream.count(attempt.isLate || isSilence ? 'timeout' : 'abandoned');
      if (attempt.isLate || isSilence) this.#silence(attempt.upstream);
    }
    this.#open.clear();
    this.#done(result);
  }

  /** Once a question, however often it was asked. */
  #silence(upstream: Upstream): void {
    if (this.#heard.has(upstream)) return;
    this.#heard.add(upstream);
    upstream.silent();
  }
}

/** Asks one that is down, only to see whether it answers: the exchange neither waits for it nor ends it. */
function probe(parts: ExchangeParts, question: UpstreamQuestion, upstream: Upstream): void {
  const { clock, ports } = parts;
  const sentMs = clock.nowMs();
  const query = buildQuery(question);
  const reply = (bytes: Uint8Array) => {
    cancel();
    upstream.heard(clock.nowMs() - sentMs);
    upstream.count(outcomeOf(scrubbedOrBad(question, bytes)));
  };
  const failed = () => {
    cancel();
    upstream.count('error');
  };
  const forget =
    upstream.config.transport === 'tls'
      ? upstream.stream.send({ query, reply, failed })
      : ports.send({ target: upstream.target, query, reply, failed, wrong: () => {} });
  const cancel = clock.after(parts.deadlineMs, () => {
    forget();
    upstream.count('timeout');
  });
}

const BAD: Scrubbed = { kind: 'bad', reason: 'record' };

/** One packet cannot stop us: should a reply find a fault of ours, it is a bad reply, counted, and the next upstream is asked. */
function scrubbedOrBad(question: UpstreamQuestion, bytes: Uint8Array): Scrubbed {
  try {
    return scrub(question, bytes);
  } catch {
    return BAD;
  }
}

function outcomeOf(scrubbed: Scrubbed): Outcome {
  if (scrubbed.kind === 'answer') return 'answered';
  if (scrubbed.kind === 'bad') return 'malformed';
  if (scrubbed.rcode === RCODE_SERVFAIL) return 'servfail';
  return scrubbed.rcode === RCODE_REFUSED ? 'refused' : 'malformed';
}
