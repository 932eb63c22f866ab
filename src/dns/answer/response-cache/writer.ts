// The one hand that writes answers into the response cache: the resolver's. An answer is written into a free slot first and then put in
// the place of the one before, so that a name that is asked all the time is never gone for a moment.

import { readU16 } from '../../../base/bytes.ts';
import {
  FACTS_COUNT_AT,
  FACTS_GENERATION_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  factsSize,
} from '../../../policy/decide/facts.ts';
import type { CachedAnswer } from '../cached-answer.ts';
import { bucketOf, type CacheQuestion, hashKeyInto, keyWordOf, sameName } from './key.ts';
import { BUCKET_WORDS, type CacheMemory, firstPageAt, PAGE_WORDS } from './layout.ts';
import { clearMemo } from './memo.ts';
import { type CacheReader, loadFacts, lookUp, newCacheReader } from './reader.ts';
import {
  CHECK,
  checkOf,
  EDE,
  EXPIRES,
  FACTS,
  FACTS_CHECK,
  INSERTED,
  IS_AUTHENTIC,
  IS_NEGATIVE,
  KEY,
  LENGTHS,
  MESSAGE,
  QNAME,
  REFRESH,
  slotWords,
  subjectsCheckOf,
  TOUCHED,
  VERSION,
} from './slot.ts';
import { Slots } from './slots.ts';

export interface WriterStats {
  readonly entries: number;
  /** Of slot pages in use and, with them, the index. */
  readonly bytes: number;
  /** Live or stale ones that made room, and those too old even to be stale. */
  readonly evictions: { readonly size: number; readonly expired: number };
}

export class CacheWriter {
  readonly #shared: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #memory: CacheMemory;
  readonly #staleSeconds: number;
  readonly #slots: Slots;
  /** To read what was written as everybody does: only what is whole counts. */
  readonly #reader: CacheReader;
  /** A double on its way into words. */
  readonly #time = new Float64Array(1);
  readonly #timeWords = new Int32Array(this.#time.buffer);
  #entries = 0;
  #evictedForSize = 0;
  #evictedExpired = 0;

  /** `staleSeconds`: how long an answer is of use behind its end (RFC 8767). */
  constructor(memory: CacheMemory, staleSeconds: number) {
    this.#shared = new Int32Array(memory.shared);
    this.#bytes = new Uint8Array(memory.shared);
    this.#memory = memory;
    this.#staleSeconds = staleSeconds;
    this.#slots = new Slots(this.#shared, firstPageAt(memory), memory.pages);
    this.#reader = newCacheReader(memory);
  }

  /** Takes the place of what was known. False: it does not fit a slot, and what was known is gone. */
  keep(question: CacheQuestion, answer: CachedAnswer): boolean {
    const { bytes, factsAt, ttlOffsets } = answer;
    const subjects = readU16(bytes, factsAt + FACTS_COUNT_AT);
    const kind = this.#slots.classOf(slotWords(factsAt, ttlOffsets.length, subjects));
    const slot = kind < 0 ? 0 : this.#room(kind, answer.insertedAt);
    if (slot === 0) {
      this.remove(question);
      return false;
    }
    this.#write(slot, keyWordOf(question), answer, subjects);
    this.#enter(question, slot, answer.insertedAt);
    return true;
  }

  /** A copy of the answer, fresh or expired, for as long as the caller likes. */
  find(question: CacheQuestion): CachedAnswer | undefined {
    const reader = this.#reader;
    if (!lookUp(reader, question) || !loadFacts(reader)) return undefined;
    const { bytes, factsAt, rcode, isNegative, authentic, insertedAt, expiresAt, ttlOffsets, ede } = reader.kept;
    const copy = bytes.slice(0, factsAt + factsSize(readU16(bytes, factsAt + FACTS_COUNT_AT)));
    // Where the memo will be, the reader's memory holds what was there before.
    copy.fill(0, factsAt + FACTS_GENERATION_AT, factsAt + FACTS_SUBJECTS_AT);
    return {
      ...{ bytes: copy, factsAt, rcode, isNegative, authentic, insertedAt, expiresAt, ede },
      ...{ ttlOffsets: ttlOffsets.slice(0, reader.copy.head[LENGTHS] >>> 16), stale: false },
    };
  }

  remove(question: CacheQuestion): void {
    const entry = this.#entryOf(question);
    if (entry >= 0) this.#leave(this.#shared[entry + 1]);
  }

  stats(): WriterStats {
    const { given } = this.#slots;
    const bytes = given === 0 ? 0 : 4 * (firstPageAt(this.#memory) + given * PAGE_WORDS);
    const evictions = { size: this.#evictedForSize, expired: this.#evictedExpired };
    return { entries: this.#entries, bytes, evictions };
  }

  /** A free slot, if need be made free; 0 when there is none to be had. */
  #room(kind: number, nowSeconds: number): number {
    const free = this.#slots.take(kind);
    if (free !== 0) return free;
    const page = this.#slots.pageFor(kind);
    if (page >= 0) {
      for (const slot of this.#slots.inUse(page)) this.#evict(slot, nowSeconds);
      this.#slots.move(page, kind);
    } else {
      const victim = this.#slots.victim(kind);
      if (victim !== 0) this.#evict(victim, nowSeconds);
    }
    return this.#slots.take(kind);
  }

  #write(slot: number, key: number, answer: CachedAnswer, subjects: number): void {
    const words = this.#shared;
    const { bytes, factsAt, ttlOffsets, rcode, isNegative, authentic, ede } = answer;
    const version = words[slot + VERSION] | 1;
    Atomics.store(words, slot + VERSION, version);
    words[slot + KEY] = key;
    words[slot + LENGTHS] = factsAt | (ttlOffsets.length << 16);
    words[slot + FACTS] = subjects | (rcode << 16) | (isNegative ? IS_NEGATIVE : 0) | (authentic ? IS_AUTHENTIC : 0);
    words[slot + EDE] = ede + 1;
    this.#writeTime(slot + INSERTED, answer.insertedAt);
    this.#writeTime(slot + EXPIRES, answer.expiresAt);
    clearMemo(words, slot);
    words[slot + TOUCHED] = answer.insertedAt;
    words[slot + REFRESH] = 0;
    const end = this.#writeBody(slot, bytes, factsAt, ttlOffsets);
    this.#writeSubjects(slot, end, bytes, factsAt, subjects);
    words[slot + CHECK] = checkOf(words, slot, end, (version + 1) | 0);
    Atomics.store(words, slot + VERSION, (version + 1) | 0);
  }

  #writeTime(at: number, seconds: number): void {
    this.#time[0] = seconds;
    this.#shared[at] = this.#timeWords[0];
    this.#shared[at + 1] = this.#timeWords[1];
  }

  /** Message and TTL offsets, zeros up to whole words behind each; gives the first word behind them. */
  #writeBody(slot: number, bytes: Uint8Array, factsAt: number, ttlOffsets: Uint16Array): number {
    const messageAt = slot + MESSAGE;
    const ttlsAt = messageAt + ((factsAt + 3) >>> 2);
    const end = ttlsAt + ((ttlOffsets.length + 1) >>> 1);
    this.#shared[ttlsAt - 1] = 0;
    this.#bytes.set(bytes.subarray(0, factsAt), messageAt * 4);
    if (end > ttlsAt) this.#shared[end - 1] = 0;
    this.#bytes.set(new Uint8Array(ttlOffsets.buffer, ttlOffsets.byteOffset, ttlOffsets.byteLength), ttlsAt * 4);
    return end;
  }

  #writeSubjects(slot: number, at: number, bytes: Uint8Array, factsAt: number, count: number): void {
    const from = factsAt + FACTS_SUBJECTS_AT;
    this.#bytes.set(bytes.subarray(from, from + count * FACTS_SUBJECT_SIZE), at * 4);
    this.#shared[slot + FACTS_CHECK] = subjectsCheckOf(this.#shared, at, count);
  }

  /** Leads the index to a slot that is written: in place of the one before, in an empty entry, or in that of the least recent. */
  #enter(question: CacheQuestion, slot: number, nowSeconds: number): void {
    const words = this.#shared;
    const known = this.#entryOf(question);
    const entry = known >= 0 ? known : this.#emptyEntry(nowSeconds);
    const before = words[entry + 1];
    words[entry + 1] = slot;
    words[entry] = this.#reader.hash.tag;
    this.#slots.setHome(slot, entry);
    if (known >= 0) this.#free(before);
    else this.#entries++;
  }

  /** In the bucket that was last looked into, where the question is not. */
  #emptyEntry(nowSeconds: number): number {
    const words = this.#shared;
    const bucket = bucketOf(this.#reader.hash, this.#memory.buckets) * BUCKET_WORDS;
    let least = bucket;
    for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
      if (words[entry + 1] === 0) return entry;
      if (words[words[entry + 1] + TOUCHED] < words[words[least + 1] + TOUCHED]) least = entry;
    }
    this.#evict(words[least + 1], nowSeconds);
    return least;
  }

  /** -1: not there. */
  #entryOf(question: CacheQuestion): number {
    const words = this.#shared;
    const { hash } = this.#reader;
    const key = keyWordOf(question);
    hashKeyInto(hash, question.qnameWords, key);
    const bucket = bucketOf(hash, this.#memory.buckets) * BUCKET_WORDS;
    for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
      const slot = words[entry + 1];
      if (slot === 0 || words[entry] !== hash.tag || words[slot + KEY] !== key) continue;
      if (sameName(words, slot + MESSAGE + QNAME, question.qnameWords, question.qnameLength)) return entry;
    }
    return -1;
  }

  #evict(slot: number, nowSeconds: number): void {
    this.#timeWords[0] = this.#shared[slot + EXPIRES];
    this.#timeWords[1] = this.#shared[slot + EXPIRES + 1];
    if (this.#time[0] + this.#staleSeconds <= nowSeconds) this.#evictedExpired++;
    else this.#evictedForSize++;
    this.#leave(slot);
  }

  #leave(slot: number): void {
    const entry = this.#slots.home(slot);
    this.#shared[entry] = 0;
    this.#shared[entry + 1] = 0;
    this.#entries--;
    this.#free(slot);
  }

  #free(slot: number): void {
    Atomics.store(this.#shared, slot + VERSION, this.#shared[slot + VERSION] | 1);
    this.#slots.free(slot);
  }
}
