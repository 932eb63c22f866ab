// Upstream answers in memory that every thread of the process sees, as words of 32 bits. The resolver writes them; workers copy a slot
// out, prove the copy whole, and answer from it. What does not fit a slot lives in the resolver alone.
//
//   words   ┌──────────────── index ────────────────┬─────────────── pages of 64 KiB ────────────────┐
//           │ buckets of 8 × {tag, slot}: 64 bytes  │ each cut into slots of one size class          │
//           └───────────────────────────────────────┴────────────────────────────────────────────────┘
//   slot    ┌──────────────┬───────────┬──────────────────────┬─────────────┬────────────────────┐
//           │ head 16      │ memo 8    │ message (factsAt     │ TTL offsets │ subjects           │
//           │              │ 4 × 2     │ bytes), zero-padded  │ u16 each    │ of the facts, 1 each│
//           └──────────────┴───────────┴──────────────────────┴─────────────┴────────────────────┘
//
// Who writes what: the resolver everything but three things that any reader writes: the memo (guarded by a check of its own), TOUCHED and
// REFRESH (hints: a lost or late one costs a look-up, never an answer). A reader may see any mixture of old and new words. Hence: the
// version is odd while a slot is written or free and moves with each writing; CHECK covers the version and every word behind it but the
// three above. A copy with another version before or after, or another sum, is no answer. Either guard alone would nearly do: the version
// on machines that keep loads in order, the sum with 32 bits. Everything read is bounded before it is used.
//
// An answer's key is its own question (name in lower case, type) and the DO and CD bits of KEY. The upstreams a name is asked of are a
// function of the name, the same for all threads, and not stored.

import { MAX_NAME } from '../../../base/names.ts';

/** What a thread needs to look at the same answers; can be sent to it. */
export interface CacheMemory {
  readonly shared: SharedArrayBuffer;
  /** Of the whole cache, with what the resolver keeps beside it. */
  readonly maxBytes: number;
  readonly buckets: number;
  readonly pages: number;
  /** Of the hash that finds buckets: random, so that nobody outside can aim at one. */
  readonly hashKey: readonly [number, number];
}

export const PAGE_WORDS = 16_384;
const PAGE_BYTES = PAGE_WORDS * 4;
/** An entry is a tag and a slot's first word (0: empty, the index lies there). */
export const BUCKET_ENTRIES = 8;
export const BUCKET_WORDS = 16;
/** A page of the smallest slots fills the buckets that come with it to half: at 4 of 8, one key in 200 finds its bucket full. */
const BUCKETS_A_PAGE = 64;
const INDEX_BYTES_A_PAGE = BUCKETS_A_PAGE * BUCKET_WORDS * 4;

/** Of a slot, in words: 256, 512 and 1,792 bytes. Most answers fit the first; the last holds 1,232 bytes of addresses with their facts. */
export const CLASS_WORDS = [64, 128, 448] as const;
export const MAX_SLOT_WORDS = 448;

/** Odd: being written, or free. */
export const VERSION = 0;
export const CHECK = 1;
/** keyWord's. */
export const KEY = 2;
/** Bytes of the message, and above 16 bits how many TTL offsets. */
export const LENGTHS = 3;
/** How many subjects; above 16 bits the rcode; above 28 IS_NEGATIVE and IS_AUTHENTIC. */
export const FACTS = 4;
/** The EDE code kept with the answer plus one; 0 for none. */
export const EDE = 5;
/** Doubles, in monotonic seconds, as words. */
export const INSERTED = 6;
export const EXPIRES = 8;
/** The sum of the subjects alone: they are copied only when somebody must look at them. */
export const FACTS_CHECK = 10;
/** What CHECK covers of the head. */
export const CHECKED_FROM = KEY;
export const CHECKED_END = 11;
export const MEMO_GENERATION = 11;
/** How many findings, or PROTECTED_MARK with the protected name's labels. */
export const MEMO_COUNT = 12;
export const MEMO_CHECK = 13;
/** Monotonic seconds of the last hit, whole. */
export const TOUCHED = 14;
/** 1: somebody has asked for a fresh answer. */
export const REFRESH = 15;
export const MEMOS = 16;
export const MESSAGE = 24;

export const IS_NEGATIVE = 1 << 28;
export const IS_AUTHENTIC = 1 << 29;

/** Bytes of a message that can be in a slot, and TTL offsets and subjects beside it. */
export const MAX_SLOT_MESSAGE = (MAX_SLOT_WORDS - MESSAGE) * 4;
export const MAX_SLOT_TTLS = (MAX_SLOT_WORDS - MESSAGE) * 2;
export const MAX_SLOT_SUBJECTS = MAX_SLOT_WORDS - MESSAGE;

/** Words of a slot that holds this much. */
export function slotWords(messageBytes: number, ttls: number, subjects: number): number {
  return MESSAGE + ((messageBytes + 3) >>> 2) + ((ttls + 1) >>> 1) + subjects;
}

/** Type, DO, CD and the name's length: what of a key is not the name. */
export function keyWord(qtype: number, dnssecOk: number, checkingDisabled: number, qnameLength: number): number {
  return qtype | (dnssecOk << 16) | (checkingDisabled << 17) | (qnameLength << 18);
}
export function keyNameLength(key: number): number {
  return Math.min((key >>> 18) & 0xff, MAX_NAME);
}

/** By count of bytes at the front of a word that are meant: the others zeroed, in the machine's own order. */
export const FRONT_BYTES = /* @__PURE__ */ (() => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 0);
  return new Int32Array(bytes.buffer);
})();

/** Of a cache's bytes; the rest is for what the resolver alone keeps. */
const SHARED_PART = 7 / 8;
/** 6.9 GB: a slot's place must fit 31 bits of words. */
const MAX_PAGES = 100_000;

/** Pages that fit, each with its part of the index. */
function pagesOf(maxBytes: number): number {
  return Math.min(MAX_PAGES, Math.floor((maxBytes * SHARED_PART) / (PAGE_BYTES + INDEX_BYTES_A_PAGE)));
}

/** Bytes of shared memory that a cache of at most `maxBytes` in all takes. */
export function responseCacheBytes(maxBytes: number): number {
  const pages = pagesOf(maxBytes);
  return Math.max(1, pages) * INDEX_BYTES_A_PAGE + pages * PAGE_BYTES;
}

/** Untouched, it costs nothing. `maxBytes` is the whole cache's (cache.max_bytes); `hashKey`: two random words. */
export function newCacheMemory(maxBytes: number, hashKey: readonly [number, number]): CacheMemory {
  const pages = pagesOf(maxBytes);
  const shared = new SharedArrayBuffer(responseCacheBytes(maxBytes));
  return { shared, maxBytes, buckets: Math.max(1, pages) * BUCKETS_A_PAGE, pages, hashKey };
}

export function firstPageAt({ buckets }: CacheMemory): number {
  return buckets * BUCKET_WORDS;
}
