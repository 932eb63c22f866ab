// Where a key may lie: HalfSipHash-1-3 (Aumasson, Bernstein; the hash that Linux gives its own tables) over the name's words. Whoever does
// not know the 64 bits of key cannot choose names that fall into one bucket.

import { FRONT_BYTES, keyNameLength } from './layout.ts';

export interface KeyHash {
  readonly key0: number;
  readonly key1: number;
  /** Of the last key: a uniform u32 that chooses the bucket, and a word that tells the keys in it apart. */
  bucket: number;
  tag: number;
}

export function newKeyHash([key0, key1]: readonly [number, number]): KeyHash {
  return { key0: key0 | 0, key1: key1 | 0, bucket: 0, tag: 0 };
}

/** Hashes the name that `words` begin with, whose length is in `key`, and `key` itself (layout.keyWord) into `hash`. */
export function hashKeyInto(hash: KeyHash, words: Int32Array, key: number): void {
  const length = keyNameLength(key);
  const whole = length >>> 2;
  let v0 = hash.key0;
  let v1 = hash.key1;
  let v2 = 0x6c796765 ^ hash.key0;
  let v3 = 0x74656462 ^ hash.key1;
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
  hash.bucket = (v1 ^ v3) | 0;
  hash.tag = (v0 ^ v2) | 0;
}

/** The bucket's first word. */
export function bucketAt({ bucket }: KeyHash, buckets: number): number {
  return (((bucket >>> 0) * buckets) / 4_294_967_296) << 4;
}
