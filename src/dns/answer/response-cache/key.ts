// A question as the response cache knows it: name in lower case, type, DO and CD; and where it may lie. The hash is HalfSipHash-1-3
// (Aumasson, Bernstein; what Linux hashes its own tables with): whoever does not know its 64 bits of key cannot choose names that fall into one
// bucket. Which upstreams a name is asked of is a function of the name, the same for all threads, and no part of the key.

import type { Packet } from '../../../base/packet.ts';
import { FLAG_CD } from '../../wire/message.ts';

/** A Packet is one. */
export type CacheQuestion = Pick<Packet, 'qnameWords' | 'qnameLength' | 'qtype' | 'dnssecOk' | 'flags'>;

// A constant of this file: see slot.ts.
const CD = FLAG_CD;

/** All of a key but the name itself: type, DO, CD and the name's length. */
export function keyWordOf({ qtype, dnssecOk, flags, qnameLength }: CacheQuestion): number {
  return qtype | (dnssecOk << 16) | ((flags & CD) === 0 ? 0 : 1 << 17) | (qnameLength << 18);
}

export function keyNameLength(key: number): number {
  return (key >>> 18) & 0xff;
}

/** By count of bytes at the front of a word that are meant: the others zeroed, in the machine's own order. */
const FRONT_BYTES = /* @__PURE__ */ (() => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 0);
  return new Int32Array(bytes.buffer);
})();

/** Compares the name at words[at…] with the one that `name` begins with. */
export function sameName(words: Int32Array, at: number, name: Int32Array, length: number): boolean {
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++) if (words[at + i] !== name[i]) return false;
  return ((words[at + whole] ^ name[whole]) & FRONT_BYTES[length & 3]) === 0;
}

export interface KeyHash {
  readonly key0: number;
  readonly key1: number;
  /** Of the last key: a uniform word that chooses the bucket, and one that tells the keys in it apart. */
  bucket: number;
  tag: number;
}

export function newKeyHash([key0, key1]: readonly [number, number]): KeyHash {
  return { key0: key0 | 0, key1: key1 | 0, bucket: 0, tag: 0 };
}

/** Hashes the name that `words` begin with and `key`, which has its length, into `hash`. */
export function hashKeyInto(hash: KeyHash, words: Int32Array, key: number): void {
  const length = keyNameLength(key);
  const whole = length >>> 2;
  let v0 = hash.key0 | 0;
  let v1 = hash.key1 | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  // The name, what is left of it in a last word, the key word; then three rounds more.
  for (let i = 0; i < whole + 5; i++) {
    const word = i < whole ? words[i] : i === whole ? words[i] & FRONT_BYTES[length & 3] : i === whole + 1 ? key : 0;
    if (i === whole + 2) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  hash.bucket = v1 ^ v3;
  hash.tag = v0 ^ v2;
}

/** A number below `buckets`. */
export function bucketOf({ bucket }: KeyHash, buckets: number): number {
  return bucketAt(bucket, buckets);
}

/** Of a KeyHash's `bucket` alone. */
export function bucketAt(bucket: number, buckets: number): number {
  return (((bucket >>> 0) * buckets) / 4_294_967_296) >>> 0;
}
