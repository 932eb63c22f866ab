// A thread's way into the response cache: finds a slot, copies it into memory of its own while summing it, and only then believes it. What
// it gives is one reusable record, good until the next look-up. Nothing is allocated, nothing waits: whatever is odd is not there.

import { writeU16, writeU32 } from '../../../base/bytes.ts';
import type { Packet } from '../../../base/packet.ts';
import {
  FACTS_COUNT_AT,
  FACTS_GENERATION_AT,
  FACTS_LENGTH_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  factsSize,
} from '../../../policy/decide/facts.ts';
import { FLAG_CD, HEADER_SIZE } from '../../wire/message.ts';
import { bucketAt, hashKeyInto, type KeyHash, newKeyHash } from './key-hash.ts';
import {
  BUCKET_WORDS,
  type CacheMemory,
  CHECK,
  CHECKED_END,
  CHECKED_FROM,
  EDE,
  EXPIRES,
  FACTS,
  FACTS_CHECK,
  FRONT_BYTES,
  firstPageAt,
  INSERTED,
  IS_AUTHENTIC,
  IS_NEGATIVE,
  KEY,
  keyNameLength,
  keyWord,
  LENGTHS,
  MAX_SLOT_MESSAGE,
  MAX_SLOT_SUBJECTS,
  MAX_SLOT_TTLS,
  MAX_SLOT_WORDS,
  MESSAGE,
  slotWords,
  VERSION,
} from './layout.ts';
import { beginSum, SUM_STEP, sumWord } from './sum.ts';

/** As CachedAnswer, from memory; the reader fills it anew at each look-up. TTL offsets end at a 0. */
export interface KeptAnswer {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Int32Array;
  factsAt: number;
  rcode: number;
  isNegative: boolean;
  authentic: boolean;
  insertedAt: number;
  expiresAt: number;
  readonly ttlOffsets: Uint16Array;
  ede: number;
  readonly stale: false;
}

/** What a question's key is made of; a Packet is one. */
export type CacheQuestion = Pick<Packet, 'qnameWords' | 'qnameLength' | 'qtype' | 'dnssecOk' | 'flags'>;

export interface CacheReader {
  readonly shared: Int32Array;
  readonly buckets: number;
  readonly firstPageAt: number;
  readonly hash: KeyHash;
  readonly kept: KeptAnswer;
  /** Of the slot that `kept` was copied from: its first word and the version that the copy has. */
  slot: number;
  version: number;
  /** The head as copied. */
  readonly head: Int32Array;
  readonly times: Float64Array;
  readonly ttlWords: Int32Array;
  readonly subjectWords: Int32Array;
  readonly subjects: Uint8Array;
}

export function newCacheReader(memory: CacheMemory): CacheReader {
  const head = new Int32Array(MESSAGE);
  const ttlWords = new Int32Array((MAX_SLOT_TTLS >>> 1) + 1);
  const subjectWords = new Int32Array(MAX_SLOT_SUBJECTS);
  const bytes = new Uint8Array(MAX_SLOT_MESSAGE + factsSize(MAX_SLOT_SUBJECTS));
  return {
    shared: new Int32Array(memory.shared),
    buckets: memory.buckets,
    firstPageAt: firstPageAt(memory),
    hash: newKeyHash(memory.hashKey),
    kept: {
      ...{ bytes, words: new Int32Array(bytes.buffer), factsAt: 0, rcode: 0, isNegative: false, authentic: false },
      ...{ insertedAt: 0.5, expiresAt: 0.5, ttlOffsets: new Uint16Array(ttlWords.buffer), ede: -1, stale: false },
    },
    slot: 0,
    version: 0,
    head,
    times: new Float64Array(head.buffer),
    ttlWords,
    subjectWords,
    subjects: new Uint8Array(subjectWords.buffer),
  };
}

/** All of a question's key but the name itself. */
export function keyOf({ qtype, dnssecOk, flags, qnameLength }: CacheQuestion): number {
  return keyWord(qtype, dnssecOk, (flags & FLAG_CD) === 0 ? 0 : 1, qnameLength);
}

/** True when the answer to the question is there, fresh or expired: it is in reader.kept, all but its facts (loadFacts). */
export function lookUp(reader: CacheReader, question: CacheQuestion): boolean {
  const { shared, hash } = reader;
  const key = keyOf(question);
  hashKeyInto(hash, question.qnameWords, key);
  const bucket = bucketAt(hash, reader.buckets);
  for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
    const slot = shared[entry + 1];
    if (shared[entry] !== hash.tag || slot === 0) continue;
    if (copySlot(reader, slot) === WHOLE && isKey(reader, question.qnameWords, key)) {
      openCopy(reader);
      return true;
    }
  }
  return false;
}

export const WHOLE = 0;
/** What a copy can be instead: bits, so that tests can tell the guards apart. */
export const MOVED = 1;
export const BAD_SUM = 2;
export const NO_SLOT = 4;

/** Copies a slot without its subjects and says what is wrong with the copy. */
export function copySlot(reader: CacheReader, slot: number): number {
  const { shared, head } = reader;
  if (slot < reader.firstPageAt || slot > shared.length - MESSAGE) return NO_SLOT;
  const version = Atomics.load(shared, slot + VERSION);
  const check = shared[slot + CHECK];
  let sum = beginSum(version);
  let step = SUM_STEP;
  for (let i = CHECKED_FROM; i < CHECKED_END; i++) {
    const word = shared[slot + i];
    head[i] = word;
    sum = sumWord(sum, word, step);
    step = (step + SUM_STEP) | 0;
  }
  const messageWords = ((head[LENGTHS] & 0xffff) + 3) >>> 2;
  const ttls = head[LENGTHS] >>> 16;
  const ttlWords = (ttls + 1) >>> 1;
  const size = slotWords(head[LENGTHS] & 0xffff, ttls, head[FACTS] & 0xffff);
  if (size > MAX_SLOT_WORDS || slot + size > shared.length) return NO_SLOT;
  sum = copyWords(shared, slot + MESSAGE, reader.kept.words, messageWords, sum, step);
  step = (step + Math.imul(messageWords, SUM_STEP)) | 0;
  sum = copyWords(shared, slot + MESSAGE + messageWords, reader.ttlWords, ttlWords, sum, step);
  reader.ttlWords[ttlWords] = 0;
  reader.slot = slot;
  reader.version = version;
  const isSteady = (version & 1) === 0 && Atomics.load(shared, slot + VERSION) === version;
  return (isSteady ? WHOLE : MOVED) | (sum === check ? WHOLE : BAD_SUM);
}

function copyWords(
  from: Int32Array,
  at: number,
  to: Int32Array,
  count: number,
  sumBefore: number,
  firstStep: number,
): number {
  let sum = sumBefore;
  let step = firstStep;
  for (let i = 0; i < count; i++) {
    const word = from[at + i];
    to[i] = word;
    sum = sumWord(sum, word, step);
    step = (step + SUM_STEP) | 0;
  }
  return sum;
}

/** The question in the copy is the one that is asked: compared whole, the hash has only led here. */
function isKey({ head, kept }: CacheReader, name: Int32Array, key: number): boolean {
  const length = keyNameLength(key);
  if (head[KEY] !== key || (head[LENGTHS] & 0xffff) < HEADER_SIZE + length) return false;
  return sameName(kept.words, HEADER_WORDS, name, length);
}

/** Compares `length` bytes of a name at words[at…] with those at the start of `name`. */
export function sameName(words: Int32Array, at: number, name: Int32Array, length: number): boolean {
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++) if (words[at + i] !== name[i]) return false;
  return ((words[at + whole] ^ name[whole]) & FRONT_BYTES[length & 3]) === 0;
}

export const HEADER_WORDS = HEADER_SIZE >>> 2;

function openCopy({ kept, head, times }: CacheReader): void {
  const facts = head[FACTS];
  kept.factsAt = head[LENGTHS] & 0xffff;
  kept.rcode = (facts >>> 16) & 0xfff;
  kept.isNegative = (facts & IS_NEGATIVE) !== 0;
  kept.authentic = (facts & IS_AUTHENTIC) !== 0;
  kept.ede = head[EDE] - 1;
  kept.insertedAt = times[INSERTED / 2];
  kept.expiresAt = times[EXPIRES / 2];
}

/** Copies the subjects too and lays down the facts block behind the message (policy/decide/facts.ts). False: the slot has moved on. */
export function loadFacts(reader: CacheReader): boolean {
  const { shared, head, slot, version, kept, subjects, subjectWords } = reader;
  const { bytes, factsAt } = kept;
  const count = head[FACTS] & 0xffff;
  const at = slot + slotWords(factsAt, head[LENGTHS] >>> 16, 0);
  const sum = copyWords(shared, at, subjectWords, count, beginSum(0), SUM_STEP);
  if (sum !== head[FACTS_CHECK] || Atomics.load(shared, slot + VERSION) !== version) return false;
  writeU16(bytes, factsAt + FACTS_LENGTH_AT, factsAt);
  writeU16(bytes, factsAt + FACTS_COUNT_AT, count);
  writeU32(bytes, factsAt + FACTS_GENERATION_AT, 0);
  const from = factsAt + FACTS_SUBJECTS_AT;
  for (let i = 0; i < count * FACTS_SUBJECT_SIZE; i++) bytes[from + i] = subjects[i];
  return true;
}
