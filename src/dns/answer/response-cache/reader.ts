// A thread's way into the response cache: finds a slot, copies it into memory of its own, and only then believes it. What it gives is one
// reusable record, good until the next look-up. Nothing is allocated, nothing waits: whatever is odd is not there.

import { writeU16, writeU32 } from '../../../base/bytes.ts';
import {
  FACTS_COUNT_AT,
  FACTS_GENERATION_AT,
  FACTS_LENGTH_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  factsSize,
} from '../../../policy/decide/facts.ts';
import { bucketAt, type CacheQuestion, hashKeyInto, type KeyHash, keyWordOf, newKeyHash } from './key.ts';
import { BUCKET_WORDS, type CacheMemory } from './layout.ts';
import {
  answersQuestion,
  copySlot,
  copySubjects,
  type KeptAnswer,
  MAX_SLOT_WORDS,
  newSlotCopy,
  openCopy,
  type SlotCopy,
  WHOLE,
} from './slot.ts';

export interface CacheReader {
  readonly shared: Int32Array;
  readonly buckets: number;
  readonly hash: KeyHash;
  readonly copy: SlotCopy;
  /** copy.answer: what the last look-up found. */
  readonly kept: KeptAnswer;
}

export function newCacheReader({ shared, buckets, hashKey }: CacheMemory): CacheReader {
  const copy = newSlotCopy(factsSize(MAX_SLOT_WORDS));
  return { shared: new Int32Array(shared), buckets, hash: newKeyHash(hashKey), copy, kept: copy.answer };
}

/** True when the answer to the question is there, fresh or expired: it is in reader.kept, all but its facts (loadFacts). */
export function lookUp(reader: CacheReader, question: CacheQuestion): boolean {
  const { hash } = reader;
  hashKeyInto(hash, question.qnameWords, keyWordOf(question));
  return lookUpHashed(reader, question, hash.bucket, hash.tag);
}

/** As lookUp, of a question whose hash is known. */
export function lookUpHashed(reader: CacheReader, question: CacheQuestion, hashed: number, tag: number): boolean {
  const { shared, copy } = reader;
  const key = keyWordOf(question);
  const bucket = bucketAt(hashed, reader.buckets) << 4;
  const end = bucket + BUCKET_WORDS;
  for (let entry = bucket; entry < end; entry += 2) {
    if (shared[entry] !== tag || shared[entry + 1] === 0) continue;
    if (copySlot(shared, shared[entry + 1], copy) !== WHOLE) continue;
    if (!answersQuestion(copy, question.qnameWords, key)) continue;
    openCopy(copy);
    return true;
  }
  return false;
}

/** Copies the subjects too and lays down the facts block behind the message (policy/decide/facts.ts). False: the slot has moved on. */
export function loadFacts({ shared, copy }: CacheReader): boolean {
  const { bytes, factsAt } = copy.answer;
  const count = copySubjects(shared, copy);
  if (count < 0) return false;
  writeU16(bytes, factsAt + FACTS_LENGTH_AT, factsAt);
  writeU16(bytes, factsAt + FACTS_COUNT_AT, count);
  writeU32(bytes, factsAt + FACTS_GENERATION_AT, 0);
  const from = factsAt + FACTS_SUBJECTS_AT;
  const length = count * FACTS_SUBJECT_SIZE;
  for (let i = 0; i < length; i++) bytes[from + i] = copy.subjectBytes[i];
  return true;
}
