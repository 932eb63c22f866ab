// What upstreams have said, by question: answers until they are evicted (expired ones serve when no upstream does, RFC 8767), failures for
// as long as it would be rude to ask again (RFC 9520). Answers lie in the response cache that all threads read; those that fit no slot of
// it, in a list of our own. Bounded in bytes and entries; nothing here knows of policy.

import { randomInt } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { writeU16 } from '../../base/bytes.ts';
import { MAX_NAME } from '../../base/names.ts';
import type { Packet } from '../../base/packet.ts';
import type { CachedAnswer } from '../answer/cached-answer.ts';
import type { CacheQuestion } from '../answer/response-cache/key.ts';
import { type CacheMemory, newCacheMemory } from '../answer/response-cache/layout.ts';
import { CacheWriter } from '../answer/response-cache/writer.ts';
import { FLAG_CD } from '../wire/message.ts';

/** RFC 8767 §5 suggests one to three days; a day outlasts a bad night. */
const STALE_SECONDS = 86_400;
/** V8 objects around an entry's bytes: key string, list node, typed arrays. Measured: 765 to 890 an entry of 100, 1,240 of 620. */
const ENTRY_OVERHEAD = 700;

const FIRST_FAILURE_SECONDS = 1;
const LAST_FAILURE_SECONDS = 300;
/** When nobody at all was heard, the network is the likelier cause: names shall not stay lost for minutes after it is back. */
const LAST_SILENCE_SECONDS = 5;
/** About 3 MB of failing names. */
const MAX_FAILURES = 10_000;

export interface Failure {
  readonly ede: number;
  /** An upstream said SERVFAIL because of DNSSEC: a stale answer must not paper over it. */
  readonly isBogus: boolean;
  readonly untilSeconds: number;
  readonly holdSeconds: number;
}

interface FailureCause {
  readonly ede: number;
  readonly isBogus: boolean;
  /** Some upstream said something. */
  readonly wasHeard: boolean;
}

export interface CacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly limitBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  /** size: made room for others; expired: too old even to be served stale. */
  readonly evictions: { readonly size: number; readonly expired: number };
}

/** Name, view, qtype, flags. */
const keyRoom = Buffer.alloc(MAX_NAME + 5);

/**
 * DNS.md §4: view, qname, qtype, DO, CD. Made at one stroke: a string put together letter by letter stays a chain of 32 bytes a letter for
 * as long as a Map holds it (measured: 8.5 kB an entry of a 250-byte name, and 470 MB in a cache of 64 MiB).
 */
export function keyFor(
  view: number,
  {
    qname,
    qnameLength,
    qtype,
    dnssecOk,
    flags,
  }: Pick<Packet, 'qname' | 'qnameLength' | 'qtype' | 'dnssecOk' | 'flags'>,
): string {
  for (let i = 0; i < qnameLength; i++) keyRoom[i] = qname[i];
  writeU16(keyRoom, qnameLength, view);
  writeU16(keyRoom, qnameLength + 2, qtype);
  keyRoom[qnameLength + 4] = dnssecOk | ((flags & FLAG_CD) === 0 ? 0 : 2);
  return keyRoom.toString('latin1', 0, qnameLength + 5);
}

export class AnswerCache {
  readonly #writer: CacheWriter;
  readonly #large: LRUCache<string, CachedAnswer>;
  readonly #failures = new LRUCache<string, Failure>({ max: MAX_FAILURES });
  readonly #limitBytes: number;
  readonly #question = newQuestion();
  readonly #counts = { hits: 0, misses: 0, stale: 0, size: 0, expired: 0 };

  /** Over memory that others read and nobody else writes; or, given a size, over memory of its own. */
  constructor(given: CacheMemory | number) {
    const memory = typeof given === 'number' ? newCacheMemory(given, [randomInt(2 ** 32), randomInt(2 ** 32)]) : given;
    this.#limitBytes = memory.maxBytes;
    this.#writer = new CacheWriter(memory, STALE_SECONDS);
    this.#large = new LRUCache<string, CachedAnswer>({
      maxSize: Math.max(1, memory.maxBytes - memory.shared.byteLength),
      sizeCalculation: (answer, key) =>
        answer.bytes.length + answer.ttlOffsets.byteLength + key.length + ENTRY_OVERHEAD,
      dispose: (_answer, _key, reason) => {
        if (reason === 'evict') this.#counts.size++;
      },
    });
  }

  /** The answer, fresh or fit to be served stale; counts a hit or a miss. */
  find(key: string, nowSeconds: number): CachedAnswer | undefined {
    const question = this.#questionOf(key);
    const kept = this.#writer.find(question);
    const answer = kept ?? this.#largeOf(key);
    if (answer !== undefined && nowSeconds < answer.expiresAt) {
      this.#counts.hits++;
      return answer;
    }
    this.#counts.misses++;
    if (answer === undefined || nowSeconds < answer.expiresAt + STALE_SECONDS) return answer;
    if (kept !== undefined) this.#writer.remove(question);
    else this.#large.delete(key);
    this.#counts.expired++;
    return undefined;
  }

  /** The answer whatever its age; counts nothing. */
  peek(key: string): CachedAnswer | undefined {
    return this.#writer.find(this.#questionOf(key)) ?? this.#large.peek(key);
  }

  /** Takes the place of what was known of the question, by a copy; an answer without a lifetime only ends it. */
  keep(key: string, answer: CachedAnswer): void {
    this.#failures.delete(key);
    const question = this.#questionOf(key);
    if (answer.expiresAt <= answer.insertedAt) {
      this.#writer.remove(question);
      this.#large.delete(key);
    } else if (this.#writer.keep(question, answer)) {
      this.#large.delete(key);
    } else {
      this.#large.set(key, { ...answer, bytes: answer.bytes.slice(), ttlOffsets: answer.ttlOffsets.slice() });
    }
  }

  /** The failure that still holds. */
  failureOf(key: string, nowSeconds: number): Failure | undefined {
    const failure = this.#failures.size === 0 ? undefined : this.#failures.get(key);
    return failure !== undefined && nowSeconds < failure.untilSeconds ? failure : undefined;
  }

  /** Holds back further attempts for 1 s, and twice as long for each failure in a row, up to 300 s (5 s of silence). */
  fail(key: string, cause: FailureCause, nowSeconds: number): Failure {
    const before = this.#failures.get(key);
    const longest = cause.wasHeard ? LAST_FAILURE_SECONDS : LAST_SILENCE_SECONDS;
    const holdSeconds = before === undefined ? FIRST_FAILURE_SECONDS : Math.min(longest, before.holdSeconds * 2);
    const { ede, isBogus } = cause;
    const failure = { ede, isBogus, holdSeconds, untilSeconds: nowSeconds + holdSeconds };
    this.#failures.set(key, failure);
    return failure;
  }

  servedStale(): void {
    this.#counts.stale++;
  }

  stats(): CacheStats {
    const { hits, misses, stale, size, expired } = this.#counts;
    const { entries, bytes, evictions } = this.#writer.stats();
    return {
      ...{ hits, misses, stale, limitBytes: this.#limitBytes },
      entries: entries + this.#large.size,
      bytes: bytes + this.#large.calculatedSize,
      evictions: { size: size + evictions.size, expired: expired + evictions.expired },
    };
  }

  #largeOf(key: string): CachedAnswer | undefined {
    return this.#large.size === 0 ? undefined : this.#large.get(key);
  }

  /** keyFor's parts again, in the one record that there is. */
  #questionOf(key: string): CacheQuestion {
    const question = this.#question;
    const { length } = key;
    for (let i = 0; i < length - 5; i++) question.qname[i] = key.charCodeAt(i);
    question.qnameLength = length - 5;
    question.qtype = (key.charCodeAt(length - 3) << 8) | key.charCodeAt(length - 2);
    question.dnssecOk = key.charCodeAt(length - 1) & 1;
    question.flags = (key.charCodeAt(length - 1) & 2) === 0 ? 0 : FLAG_CD;
    return question;
  }
}

function newQuestion() {
  const qname = new Uint8Array(256);
  return { qname, qnameWords: new Int32Array(qname.buffer), qnameLength: 0, qtype: 0, dnssecOk: 0, flags: 0 };
}
