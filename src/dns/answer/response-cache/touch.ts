// Reads ahead in the response cache for a batch of questions: as policy/decide/touch.ts for the policy. What is read is given back, so that no
// optimiser leaves it out.

import type { Packet } from '../../../base/packet.ts';
import { bucketAt, hashKeyInto, keyWordOf } from './key.ts';
import { BUCKET_WORDS } from './layout.ts';
import type { CacheReader } from './reader.ts';
import { MESSAGE } from './slot.ts';

/** Words of a cache line. */
const LINE_WORDS = 16;

/** Hashes the question for lookUp: it stays in the packet. */
export function prepareKey({ hash }: CacheReader, packet: Packet): void {
  hashKeyInto(hash, packet.qnameWords, keyWordOf(packet));
  packet.keyBucket = hash.bucket;
  packet.keyTag = hash.tag;
}

/** The bucket of a prepared question. */
export function touchBucket({ shared, buckets }: CacheReader, packet: Packet): number {
  return shared[bucketAt(packet.keyBucket, buckets) * BUCKET_WORDS];
}

/** The slot of a prepared question, -1 when its bucket holds none that could be it: hints, since the writer goes on. */
export function slotAhead({ shared, buckets }: CacheReader, { keyBucket, keyTag }: Packet): number {
  const bucket = bucketAt(keyBucket, buckets) * BUCKET_WORDS;
  for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
    if (shared[entry] === keyTag && shared[entry + 1] !== 0) return shared[entry + 1];
  }
  return -1;
}

/** The slot's head, and its message's beginning. */
export function touchSlot({ shared }: CacheReader, slot: number): number {
  return shared[slot] ^ shared[slot + LINE_WORDS] ^ shared[slot + MESSAGE + LINE_WORDS];
}
