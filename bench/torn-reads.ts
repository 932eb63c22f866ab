// Question: does a reader of the response cache ever believe an answer of two pieces? Run: npx node bench/torn-reads.ts [READS]
//
// One thread writes answers to one name as fast as it can, another reads them. Everything in an answer is made from one number: how many
// records it has, every address and TTL, its times and codes, so that a mixture shows. The reader is the product's, slot by slot, but for
// the guards that a variant leaves out: without both, mixtures must be believed, or the bench proves nothing.

import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type { CachedAnswer } from '../src/dns/answer/cached-answer.ts';
import { bucketOf, type CacheQuestion, hashKeyInto, keyWordOf } from '../src/dns/answer/response-cache/key.ts';
import { BUCKET_WORDS, type CacheMemory, newCacheMemory } from '../src/dns/answer/response-cache/layout.ts';
import { type CacheReader, loadFacts, newCacheReader } from '../src/dns/answer/response-cache/reader.ts';
import { BAD_SUM, copySlot, MOVED, NO_SLOT, openCopy } from '../src/dns/answer/response-cache/slot.ts';
import { CacheWriter } from '../src/dns/answer/response-cache/writer.ts';
import { FACTS_COUNT_AT, FACTS_SUBJECTS_AT, factsSize, SUBJECT_IPV4 } from '../src/policy/decide/facts.ts';

/** What a variant does not look at. */
export const GUARDS = { both: 0, 'sum alone': MOVED, 'version alone': BAD_SUM, none: MOVED | BAD_SUM } as const;
export type Guards = keyof typeof GUARDS;

export interface TornFigures {
  readonly guards: Guards;
  readonly reads: number;
  /** Copies that a write had passed over, as the guards together say. */
  readonly met: number;
  /** Answers believed, and among them mixtures. */
  readonly believed: number;
  readonly torn: number;
}

const NAME = '\x03www\x04torn\x07example\x00';
const RECORD = 16;
const MAX_RECORDS = 24;
const CACHE_BYTES = 2_000_000;
/** Made before, so that the writer does nothing but write. */
const ANSWERS = 1000;
/** A reader may be held up between index and slot for any time: it looks into the index once in so many reads. */
const READS_A_LOOK = 16;
const AT_MOST_MS = 20_000;

/**
 * Reads with each variant in turn, while the writer goes on: at least `reads` times, and on until one in a hundred has met a write (on a
 * busy machine the two threads seldom run at once) or the time is over.
 */
export async function measureTornReads(reads: number, variants: readonly Guards[]): Promise<TornFigures[]> {
  const memory = newCacheMemory(CACHE_BYTES, [0x2545f491, 0x1b873593]);
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const writer = new Worker(fileURLToPath(import.meta.url), { workerData: { memory, stop } });
  const ended = new Promise<void>((resolve, reject) => {
    writer.once('error', reject);
    writer.once('exit', () => resolve());
  });
  while (Atomics.load(stop, 1) === 0) Atomics.wait(stop, 1, 0);
  const figures = variants.map((guards) => readAll(memory, reads, guards));
  Atomics.store(stop, 0, 1);
  await ended;
  return figures;
}

function writeUntilStopped(memory: CacheMemory, stop: Int32Array): void {
  const writer = new CacheWriter(memory, 1);
  const question = questionOfName();
  const answers = Array.from({ length: ANSWERS }, (_, i) => answerOfNumber(i + 1));
  for (let i = 1; Atomics.load(stop, 0) === 0; i++) {
    writer.keep(question, answers[i % ANSWERS]);
    if (i === 1) {
      Atomics.store(stop, 1, 1);
      Atomics.notify(stop, 1);
    }
  }
}

function readAll(memory: CacheMemory, reads: number, guards: Guards): TornFigures {
  const reader = newCacheReader(memory);
  const question = questionOfName();
  let met = 0;
  let believed = 0;
  let torn = 0;
  let slot = 0;
  const end = performance.now() + AT_MOST_MS;
  let i = 0;
  for (; i < reads || (met * 100 < i && performance.now() < end); i++) {
    if (i % READS_A_LOOK === 0) slot = slotOf(reader, question) || slot;
    const fault = slot === 0 ? NO_SLOT : copySlot(reader.shared, slot, reader.copy);
    if ((fault & (MOVED | BAD_SUM)) !== 0) met++;
    if (fault === NO_SLOT || (fault & ~GUARDS[guards]) !== 0) continue;
    openCopy(reader.copy);
    believed++;
    if (!isOfOnePiece(reader, guards)) torn++;
  }
  return { guards, reads: i, met, believed, torn };
}

/** As lookUp: the first slot of the bucket with this tag, 0 for none. */
function slotOf({ shared, hash, buckets }: CacheReader, question: CacheQuestion): number {
  hashKeyInto(hash, question.qnameWords, keyWordOf(question));
  const bucket = bucketOf(hash, buckets) * BUCKET_WORDS;
  for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += 2) {
    if (shared[entry] === hash.tag && shared[entry + 1] !== 0) return shared[entry + 1];
  }
  return 0;
}

function questionOfName(): CacheQuestion {
  const qname = new Uint8Array(256);
  for (let i = 0; i < NAME.length; i++) qname[i] = NAME.charCodeAt(i);
  return { qnameWords: new Int32Array(qname.buffer), qnameLength: NAME.length, qtype: 1, dnssecOk: 0, flags: 0 };
}

const FIRST_RECORD = 12 + NAME.length + 4;

function recordsOf(number: number): number {
  return 1 + (number % MAX_RECORDS);
}

/** An answer in which every part is made from one number. */
function answerOfNumber(number: number): CachedAnswer {
  const count = recordsOf(number);
  const factsAt = FIRST_RECORD + count * RECORD;
  const bytes = new Uint8Array(factsAt + factsSize(count));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < NAME.length; i++) bytes[12 + i] = NAME.charCodeAt(i);
  view.setUint32(FIRST_RECORD - 4, 0x0001_0001);
  view.setUint16(factsAt + FACTS_COUNT_AT, count);
  const ttlOffsets = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const at = FIRST_RECORD + i * RECORD;
    view.setUint32(at, number);
    view.setUint32(at + 4, ~number);
    view.setUint32(at + 8, Math.imul(number, 0x9e3779b1) >>> 0);
    view.setUint32(at + 12, number + i);
    ttlOffsets[i] = at + 4;
    view.setUint32(factsAt + FACTS_SUBJECTS_AT + 4 * i, (SUBJECT_IPV4 << 24) | (at + 8));
  }
  const times = { insertedAt: number, expiresAt: number * 2 };
  const flags = { rcode: number & 15, isNegative: (number & 16) !== 0, authentic: (number & 32) !== 0 };
  return { bytes, factsAt, ttlOffsets, ...times, ...flags, ede: number & 0x7fff, stale: false };
}

function isOfOnePiece(reader: CacheReader, guards: Guards): boolean {
  const { kept } = reader;
  const number = kept.insertedAt;
  const count = recordsOf(number);
  if (kept.factsAt !== FIRST_RECORD + count * RECORD || kept.expiresAt !== number * 2) return false;
  if (kept.rcode !== (number & 15) || kept.ede !== (number & 0x7fff)) return false;
  if (kept.isNegative !== ((number & 16) !== 0) || kept.authentic !== ((number & 32) !== 0)) return false;
  for (let i = 0; i < count; i++)
    if (!isRecord(kept.view, number, i) || kept.ttlOffsets[i] !== FIRST_RECORD + i * RECORD + 4) return false;
  if (kept.ttlOffsets[count] !== 0) return false;
  // The subjects have guards of their own, which every variant but the bare one looks at.
  if (guards === 'none' || !loadFacts(reader)) return true;
  for (let i = 0; i < count; i++) {
    const subject = kept.view.getUint32(kept.factsAt + FACTS_SUBJECTS_AT + 4 * i);
    if (subject !== ((SUBJECT_IPV4 << 24) | (FIRST_RECORD + i * RECORD + 8))) return false;
  }
  return true;
}

function isRecord(view: DataView, number: number, i: number): boolean {
  const at = FIRST_RECORD + i * RECORD;
  return (
    view.getUint32(at) === number &&
    view.getInt32(at + 4) === ~number &&
    view.getInt32(at + 8) === Math.imul(number, 0x9e3779b1) &&
    view.getUint32(at + 12) === number + i
  );
}

if (!isMainThread && workerData?.stop instanceof Int32Array) {
  writeUntilStopped(workerData.memory, workerData.stop);
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reads = Number(process.argv[2] ?? 10_000_000);
  const figures = [
    ...(await measureTornReads(reads, ['both'])),
    ...(await measureTornReads(Math.ceil(reads / 10), ['sum alone', 'version alone', 'none'])),
  ];
  console.table(
    figures.map(({ guards, met, ...rest }) => ({
      guards,
      ...rest,
      'met a write': `${((100 * met) / rest.reads).toFixed(2)} %`,
    })),
  );
  if (figures.some(({ guards, believed, torn }) => believed === 0 || (guards === 'none') !== torn > 0))
    process.exitCode = 1;
}
