import { expect, test } from 'vitest';
import { loadMemo, NO_MEMO, storeMemo, storeProtected } from '../../../../src/dns/answer/response-cache/memo.ts';
import { lookUp, newCacheReader } from '../../../../src/dns/answer/response-cache/reader.ts';
import { MEMO, MEMO_FINDINGS } from '../../../../src/dns/answer/response-cache/slot.ts';
import { CacheWriter } from '../../../../src/dns/answer/response-cache/writer.ts';
import type { Findings } from '../../../../src/policy/snapshot/snapshot.ts';
import { answerOf, questionOf, STALE_SECONDS, smallCache } from './keeping.ts';

const NAME = 'www.example.net';
const GENERATION = 0xfffffff0;

function findingsOf(...words: number[]): Findings {
  return {
    count: words.length / 2,
    words: Uint32Array.from([...words, ...Array(20 - words.length).fill(0)]),
  } as Findings;
}

function setUp() {
  const memory = smallCache();
  const writer = new CacheWriter(memory, STALE_SECONDS);
  writer.keep(questionOf(NAME), answerOf(NAME));
  const found = () => {
    const reader = newCacheReader(memory);
    expect(lookUp(reader, questionOf(NAME))).toBe(true);
    return reader;
  };
  const load = (generation = GENERATION) => {
    const { shared, copy } = found();
    const findings = findingsOf();
    const result = loadMemo(shared, copy, generation, findings);
    return result === NO_MEMO ? undefined : [result, ...findings.words.subarray(0, 2 * findings.count)];
  };
  return { writer, found, load };
}

const MANY = [0xe0000001, 7, 2, 0xffffffff, 3, 9, 4, 10];

test('a memo is read by everybody, for its generation alone, and says of a protected name how many labels', () => {
  const { found, load } = setUp();
  const { shared, copy } = found();
  expect(load()).toBeUndefined();
  for (const words of [[], [0x90000001, 5], MANY]) {
    storeMemo(shared, copy, GENERATION, findingsOf(...words));
    expect(load()).toEqual([0, ...words]);
    expect(load(GENERATION + 1)).toBeUndefined();
  }
  storeProtected(shared, copy, GENERATION, 127);
  expect(load()).toEqual([127]);
});

test('more than a memo holds is not kept', () => {
  const { found, load } = setUp();
  const { shared, copy } = found();
  storeMemo(shared, copy, GENERATION, findingsOf(...MANY, 5, 11));
  expect(load()).toBeUndefined();
});

test('a memo of which any word is another is none', () => {
  const { found, load } = setUp();
  const { shared, copy } = found();
  storeMemo(shared, copy, GENERATION, findingsOf(...MANY));
  for (const at of [MEMO, MEMO + 1, MEMO + 2, ...MANY.map((_, i) => MEMO_FINDINGS + i)]) {
    const word = shared[copy.slot + at];
    for (const bit of [0, 15, 31]) {
      shared[copy.slot + at] = word ^ (1 << bit);
      expect(load(), `word ${at}, bit ${bit}`).toBeUndefined();
    }
    shared[copy.slot + at] = word;
  }
  expect(load()).toEqual([0, ...MANY]);
});

test('a memo of the content before is none, also when it comes late', () => {
  const { writer, found, load } = setUp();
  const late = found();
  storeMemo(late.shared, late.copy, GENERATION, findingsOf(1, 2));
  const words = late.shared.slice(late.copy.slot + MEMO, late.copy.slot + MEMO_FINDINGS + 8);
  // Twice: the second writing is in the first's slot again.
  writer.keep(questionOf(NAME), answerOf(NAME, 2));
  writer.keep(questionOf(NAME), answerOf(NAME, 3));
  expect(found().copy.slot).toBe(late.copy.slot);
  expect(load()).toBeUndefined();
  storeMemo(late.shared, late.copy, GENERATION, findingsOf(1, 2));
  expect(load()).toBeUndefined();
  // As if the writer had come between its look at the version and its words.
  late.shared.set(words, late.copy.slot + MEMO);
  expect(load()).toBeUndefined();
});
