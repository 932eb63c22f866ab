// One slot of the response cache, word by word, and how to copy it out from under its writer.
//
//   ┌──────────────┬───────────┬──────────────────────┬─────────────┬──────────────────────┐
//   │ head 16      │ memo 8    │ message (factsAt     │ TTL offsets │ subjects of the      │
//   │              │ 4 × 2     │ bytes), zero-padded  │ u16 each    │ facts, a word each   │
//   └──────────────┴───────────┴──────────────────────┴─────────────┴──────────────────────┘
//
// Who writes what: the resolver everything but three things that any reader writes: the memo (memo.ts, guarded by a check of its own),
// TOUCHED and REFRESH (hints: a lost or late one costs a look-up, never an answer). A reader may see any mixture of old and new words.
// Hence two guards: the version is odd while a slot is written or free, and moves with each writing; CHECK covers the version and every
// word behind it but the three above. A copy with another version before or after, or with another sum, is no answer. Each guard alone
// would nearly do: the version on machines that keep loads in order, the sum with 32 bits. What is read is bounded before it is used.
//
// The constants stand in this file because V8 folds only those of the same file into the code: imported ones made the copy of a slot
// three times as slow (183 against 60 ns, bench of 28 words).

import { keyNameLength, sameName } from './key.ts';

/** Odd: being written, or free. */
export const VERSION = 0;
export const CHECK = 1;
/** key.ts: keyWordOf. */
export const KEY = 2;
/** Bytes of the message, and above 16 bits how many TTL offsets. */
export const LENGTHS = 3;
/** How many subjects; above 16 bits the rcode; above 28 IS_NEGATIVE and IS_AUTHENTIC. */
export const FACTS = 4;
/** The EDE code kept with the answer plus one; 0 for none. */
export const EDE = 5;
/** Doubles, in monotonic seconds, of two words each. */
export const INSERTED = 6;
export const EXPIRES = 8;
/** The sum of the subjects alone: they are copied only when somebody must look at them. */
export const FACTS_CHECK = 10;
/** Generation, count and check: memo.ts. */
export const MEMO = 11;
/** Monotonic seconds of the last hit, whole. */
export const TOUCHED = 14;
/** 1: somebody has asked for a fresh answer. */
export const REFRESH = 15;
export const MEMO_FINDINGS = 16;
export const MESSAGE = 24;

export const IS_NEGATIVE = 1 << 28;
export const IS_AUTHENTIC = 1 << 29;

/** 1,232 bytes of addresses with their facts, the most that a UDP client gets of us. */
export const MAX_SLOT_WORDS = 448;

/** Words of a slot that holds this much. */
export function slotWords(messageBytes: number, ttls: number, subjects: number): number {
  return MESSAGE + ((messageBytes + 3) >>> 2) + ((ttls + 1) >>> 1) + subjects;
}

/** Added to a word's factor for the next one: odd plus even stays odd, and odd factors lose no bit. */
const STEP = 0x9e3779b2 | 0;

/** The sum of a slot's copy begins with the version it must have. */
export function beginSum(version: number): number {
  return (Math.imul(version, 0x85ebca6b) + 0x165667b1) | 0;
}

/**
 * Adds each word times a factor of its own to a sum, so that words in other places or from another writing give another one: not one
 * long chain, so that the processor works on several at once. The fold brings a word's upper half down, or the top bits of two words could
 * cancel. No defence against an author: the memory is our own. `place` counts words from where the sum began.
 */
export function sumWords(words: Int32Array, at: number, count: number, before: number, place: number): number {
  let sum = before | 0;
  let factor = Math.imul(place, STEP) | 1;
  for (let i = 0; i < count; i++) {
    const word = words[at + i];
    sum = (sum + Math.imul(word ^ (word >>> 16), factor)) | 0;
    factor = (factor + STEP) | 0;
  }
  return sum;
}

/** As sumWords, of the words as they are in the copy. */
function copyWords(from: Int32Array, at: number, to: Int32Array, count: number, before: number, place: number): number {
  let sum = before | 0;
  let factor = Math.imul(place, STEP) | 1;
  for (let i = 0; i < count; i++) {
    const word = from[at + i];
    to[i] = word;
    sum = (sum + Math.imul(word ^ (word >>> 16), factor)) | 0;
    factor = (factor + STEP) | 0;
  }
  return sum;
}

/** As CachedAnswer, made anew at each copy. */
export interface KeptAnswer {
  /** The message; behind it room for its facts block. */
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  readonly words: Int32Array;
  factsAt: number;
  rcode: number;
  isNegative: boolean;
  authentic: boolean;
  insertedAt: number;
  expiresAt: number;
  /** End at a 0. */
  readonly ttlOffsets: Uint16Array;
  ede: number;
  readonly stale: false;
}

/** A slot in a thread's own memory. */
export interface SlotCopy {
  /** What the copy was made of: the slot's first word and the version that the copy has. */
  slot: number;
  version: number;
  readonly answer: KeptAnswer;
  /** From KEY on, as long as what CHECK covers. */
  readonly head: Int32Array;
  readonly times: Float64Array;
  readonly ttls: Int32Array;
  readonly subjects: Int32Array;
  /** The same memory. */
  readonly subjectBytes: Uint8Array;
}

/** `factsBytes`: of the largest facts block that a slot's subjects make. */
export function newSlotCopy(factsBytes: number): SlotCopy {
  const head = new Int32Array(MESSAGE);
  const bytes = new Uint8Array((MAX_SLOT_WORDS - MESSAGE) * 4 + factsBytes);
  const ttls = new Int32Array(MAX_SLOT_WORDS - MESSAGE + 1);
  const subjects = new Int32Array(MAX_SLOT_WORDS - MESSAGE);
  return {
    slot: 0,
    version: 0,
    answer: {
      ...{ bytes, view: new DataView(bytes.buffer), words: new Int32Array(bytes.buffer) },
      ...{ factsAt: 0, rcode: 0, isNegative: false, authentic: false },
      // No whole numbers: these fields are to hold doubles from the start.
      ...{ insertedAt: 0.5, expiresAt: 0.5, ttlOffsets: new Uint16Array(ttls.buffer), ede: -1, stale: false },
    },
    head,
    times: new Float64Array(head.buffer),
    ttls,
    subjects,
    subjectBytes: new Uint8Array(subjects.buffer),
  };
}

export const WHOLE = 0;
/** What a copy can be instead, as bits, so that a test can tell the guards apart. */
export const MOVED = 1;
export const BAD_SUM = 2;
export const NO_SLOT = 4;

/** Copies a slot but for its subjects, and says what is wrong with the copy. openCopy makes an answer of it. */
export function copySlot(shared: Int32Array, slot: number, copy: SlotCopy): number {
  const { head, ttls } = copy;
  if (slot < 0 || slot > shared.length - MESSAGE) return NO_SLOT;
  const version = Atomics.load(shared, slot + VERSION);
  const check = shared[slot + CHECK];
  let sum = copyHead(shared, slot, head, beginSum(version));
  const messageWords = ((head[LENGTHS] & 0xffff) + 3) >>> 2;
  const ttlWords = ((head[LENGTHS] >>> 16) + 1) >>> 1;
  const size = MESSAGE + messageWords + ttlWords + (head[FACTS] & 0xffff);
  if (size > MAX_SLOT_WORDS || slot + size > shared.length) return NO_SLOT;
  sum = copyWords(shared, slot + MESSAGE, copy.answer.words, messageWords, sum, MESSAGE_PLACE);
  sum = copyWords(shared, slot + MESSAGE + messageWords, ttls, ttlWords, sum, MESSAGE_PLACE + messageWords);
  ttls[ttlWords] = 0;
  copy.slot = slot;
  copy.version = version;
  const isSteady = (version & 1) === 0 && Atomics.load(shared, slot + VERSION) === version;
  return (isSteady ? WHOLE : MOVED) | (sum === check ? WHOLE : BAD_SUM);
}

/** As copyWords, to the same places as in the slot. */
function copyHead(shared: Int32Array, slot: number, head: Int32Array, before: number): number {
  let sum = before | 0;
  let factor = Math.imul(HEAD_PLACE, STEP) | 1;
  for (let i = KEY; i <= FACTS_CHECK; i++) {
    const word = shared[slot + i];
    head[i] = word;
    sum = (sum + Math.imul(word ^ (word >>> 16), factor)) | 0;
    factor = (factor + STEP) | 0;
  }
  return sum;
}

/** True when the copy answers this question, compared whole: the hash has only led here. */
export function answersQuestion({ head, answer }: SlotCopy, name: Int32Array, key: number): boolean {
  const length = keyNameLength(key);
  return (
    head[KEY] === key && (head[LENGTHS] & 0xffff) >= 4 * QNAME + length && sameName(answer.words, QNAME, name, length)
  );
}

/** Fills in what is not bytes. */
export function openCopy({ answer, head, times }: SlotCopy): void {
  const facts = head[FACTS];
  answer.factsAt = head[LENGTHS] & 0xffff;
  answer.rcode = (facts >>> 16) & 0xfff;
  answer.isNegative = (facts & IS_NEGATIVE) !== 0;
  answer.authentic = (facts & IS_AUTHENTIC) !== 0;
  answer.ede = head[EDE] - 1;
  answer.insertedAt = times[INSERTED / 2];
  answer.expiresAt = times[EXPIRES / 2];
}

/** Where a message's qname begins, in words. */
export const QNAME = 3;
const HEAD_PLACE = 1;
const MESSAGE_PLACE = HEAD_PLACE + FACTS_CHECK + 1 - KEY;

/** The CHECK of a slot whose body ends in front of word `end` of `shared`. */
export function checkOf(shared: Int32Array, slot: number, end: number, version: number): number {
  const head = sumWords(shared, slot + KEY, FACTS_CHECK + 1 - KEY, beginSum(version), HEAD_PLACE);
  return sumWords(shared, slot + MESSAGE, end - slot - MESSAGE, head, MESSAGE_PLACE);
}

/** Copies the subjects of a slot that has been copied; gives how many, or -1: it has moved on, and they are not this answer's. */
export function copySubjects(shared: Int32Array, copy: SlotCopy): number {
  const { slot, head, subjects, version } = copy;
  const count = head[FACTS] & 0xffff;
  const at = slot + MESSAGE + (((head[LENGTHS] & 0xffff) + 3) >>> 2) + (((head[LENGTHS] >>> 16) + 1) >>> 1);
  const sum = copyWords(shared, at, subjects, count, beginSum(0), HEAD_PLACE);
  return sum === head[FACTS_CHECK] && Atomics.load(shared, slot + VERSION) === version ? count : -1;
}

/** The FACTS_CHECK of subjects at word `at`. */
export function subjectsCheckOf(shared: Int32Array, at: number, count: number): number {
  return sumWords(shared, at, count, beginSum(0), HEAD_PLACE);
}

/** For whoever evicts: this slot was of use. Written at most once a second. */
export function touch(shared: Int32Array, slot: number, second: number): void {
  if (shared[slot + TOUCHED] !== second) shared[slot + TOUCHED] = second;
}

/** True for the first who asks for a fresh answer. */
export function takeRefresh(shared: Int32Array, slot: number): boolean {
  if (shared[slot + REFRESH] !== 0) return false;
  shared[slot + REFRESH] = 1;
  return true;
}
