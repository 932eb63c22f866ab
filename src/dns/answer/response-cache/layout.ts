// Upstream answers in memory that every thread of the process sees, as words of 32 bits. The resolver writes them; workers copy a slot
// out, prove the copy whole, and answer from it. What fits no slot lives in the resolver alone.
//
//   ┌──────────────── index ────────────────┬─────────────── pages of 64 KiB ────────────────┐
//   │ buckets of 8 × {tag, slot}: 64 bytes  │ each cut into slots (slot.ts) of one size class │
//   └───────────────────────────────────────┴─────────────────────────────────────────────────┘
//
// The index is the resolver's too. A reader may find a tag with another entry's slot, or a slot that has become another's: it compares the
// whole question in the end, and a slot lies in these pages or is none.

import { MAX_SLOT_WORDS } from './slot.ts';

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
export const BUCKET_WORDS = 16;
/** A page of the smallest slots fills the buckets that come with it to half: at 4 of 8, one key in 200 finds its bucket full. */
const BUCKETS_A_PAGE = 64;
const INDEX_BYTES_A_PAGE = BUCKETS_A_PAGE * BUCKET_WORDS * 4;

/** Of a slot, in words: 256, 512 and 1,792 bytes. Most answers fit the first. */
export const CLASS_WORDS = [64, 128, MAX_SLOT_WORDS] as const;

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
