// Reads ahead in the response cache for a batch of questions: as policy/decide/touch.ts for the policy.

import type { Packet } from '../../../base/packet.ts';
import { bucketAt, hashKeyInto, keyWordOf } from './key.ts';
import { BUCKET_WORDS } from './layout.ts';
import type { CacheReader } from './reader.ts';
import { MESSAGE } from './slot.ts';

/** Words of a cache line. */
const LINE_WORDS = 16;

/** Hashes the question for lookUp: it stays in the packet. Gives the first word of its bucket. */
export function prepareKey({ hash, buckets }: CacheReader, packet: Packet): number {
  hashKeyInto(hash, packet.qnameWords, keyWordOf(packet));
  packet.keyBucket = hash.bucket;
  packet.keyTag = hash.tag;
  return bucketAt(hash.bucket, buckets) * BUCKET_WORDS;
}

/** The slot of a prepared question, -1 when its bucket holds none that could be it: hints, since the writer goes on. */
export function slotAhead({ shared, buckets }: CacheReader, { keyBucket, keyTag }: Packet): number {
  const bucket = bucketAt(keyBucket, buckets) * BUCKET_WORDS;
  for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
    if (shared[entry] === keyTag && shared[entry + 1] !== 0) return shared[entry + 1];
  }
  return -1;
}

/** Reads words of the cache, and as many lines from each on as are asked for. */
export function touchWords({ shared }: CacheReader, at: Int32Array, count: number, lines: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let line = 0; line < lines; line++) sum ^= shared[at[i] + line * LINE_WORDS];
  }
  return sum;
}

/** Lines of a slot that any hit reads: its head, its memo, and most messages. */
export const SLOT_LINES = Math.ceil(MESSAGE / LINE_WORDS) + 1;
