// What a slot's content matches, kept beside it for one generation: then a hit is weighed without walking a trie. Any reader may write it;
// all write the same for the same generation. Its sum holds it together and ties it to the slot's version and the generation, so that a memo
// half overwritten, or of the slot's content before, is none.

import { FACTS_MAX_MEMOS } from '../../../policy/decide/facts.ts';
import type { Findings } from '../../../policy/snapshot/snapshot.ts';
import { MEMO_CHECK, MEMO_COUNT, MEMO_GENERATION, MEMOS, VERSION } from './layout.ts';
import type { CacheReader } from './reader.ts';
import { beginSum, SUM_STEP, sumWord } from './sum.ts';

export const NO_MEMO = -1;
/** In place of a count: the query name lies below a protected name of so many labels, all apps are settled. */
const PROTECTED_MARK = 0x100;
const MAX_LABELS = 0x7f;

/**
 * Puts into `findings` what the copy in hand matches under this generation; gives 0, or a protected name's labels, or NO_MEMO, whatever
 * `findings` then hold.
 */
export function loadMemo(reader: CacheReader, generation: number, findings: Findings): number {
  const { shared, slot } = reader;
  const count = shared[slot + MEMO_COUNT];
  if (shared[slot + MEMO_GENERATION] !== (generation | 0)) return NO_MEMO;
  const labels = count & MAX_LABELS;
  if (count === (PROTECTED_MARK | labels)) {
    return labels > 0 && shared[slot + MEMO_CHECK] === beginMemo(reader, generation, count) ? labels : NO_MEMO;
  }
  if (count < 0 || count > FACTS_MAX_MEMOS || 2 * count > findings.words.length) return NO_MEMO;
  let sum = beginMemo(reader, generation, count);
  let step = SUM_STEP;
  for (let i = 0; i < 2 * count; i++) {
    const word = shared[slot + MEMOS + i];
    findings.words[i] = word;
    sum = sumWord(sum, word, step);
    step = (step + SUM_STEP) | 0;
  }
  findings.count = count;
  return sum === shared[slot + MEMO_CHECK] ? 0 : NO_MEMO;
}

/** Keeps what the copy in hand was found to match, for everybody; more than a memo holds is found anew each time. */
export function storeMemo(reader: CacheReader, generation: number, findings: Findings): void {
  const { shared, slot } = reader;
  const { count, words } = findings;
  if (count > FACTS_MAX_MEMOS || Atomics.load(shared, slot + VERSION) !== reader.version) return;
  let sum = beginMemo(reader, generation, count);
  let step = SUM_STEP;
  for (let i = 0; i < 2 * count; i++) {
    const word = words[i] | 0;
    shared[slot + MEMOS + i] = word;
    sum = sumWord(sum, word, step);
    step = (step + SUM_STEP) | 0;
  }
  writeHead(reader, generation, count, sum);
}

/** The same for a query name below a protected name of `labels` labels. */
export function storeProtected(reader: CacheReader, generation: number, labels: number): void {
  if (Atomics.load(reader.shared, reader.slot + VERSION) !== reader.version) return;
  const mark = PROTECTED_MARK | labels;
  writeHead(reader, generation, mark, beginMemo(reader, generation, mark));
}

function writeHead({ shared, slot }: CacheReader, generation: number, count: number, sum: number): void {
  shared[slot + MEMO_COUNT] = count;
  shared[slot + MEMO_CHECK] = sum;
  shared[slot + MEMO_GENERATION] = generation | 0;
}

function beginMemo(reader: CacheReader, generation: number, count: number): number {
  return sumWord(sumWord(beginSum(reader.version), generation | 0, 0x27d4eb2f), count, 0x165667b1);
}
