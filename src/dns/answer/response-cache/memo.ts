// What a slot's content matches, kept beside it for one generation: then a hit is weighed without walking a trie. Any reader may write it;
// all write the same for the same generation. Its sum holds it together and ties it to the slot's version and the generation, so that a
// memo half overwritten, or of the slot's content before, is none.

import { FACTS_MAX_MEMOS } from '../../../policy/decide/facts.ts';
import type { Findings } from '../../../policy/snapshot/snapshot.ts';
import { beginSum, MEMO, MEMO_FINDINGS, type SlotCopy, VERSION } from './slot.ts';

// Constants of this file: see slot.ts.
const GENERATION = MEMO;
/** How many findings, or PROTECTED_MARK with the protected name's labels. */
const COUNT = MEMO + 1;
const CHECK = MEMO + 2;
const FINDINGS = MEMO_FINDINGS;
const MAX_FINDINGS = FACTS_MAX_MEMOS;

export const NO_MEMO = -1;
/** In place of a count: the query name lies below a protected name of so many labels, all apps are settled. */
const PROTECTED_MARK = 0x100;
const MAX_LABELS = 0x7f;

/**
 * Puts into `findings` what the copied slot matches under this generation; gives 0, or a protected name's labels, or NO_MEMO, whatever
 * `findings` then hold.
 */
export function loadMemo(shared: Int32Array, copy: SlotCopy, generation: number, findings: Findings): number {
  const at = copy.slot;
  if (shared[at + GENERATION] !== (generation | 0)) return NO_MEMO;
  const count = shared[at + COUNT];
  const check = shared[at + CHECK];
  const begun = beginMemo(copy.version, generation, count);
  if (count === 0) {
    findings.count = 0;
    return begun === check ? 0 : NO_MEMO;
  }
  const labels = count & MAX_LABELS;
  if (count === (PROTECTED_MARK | labels)) return begun === check && labels > 0 ? labels : NO_MEMO;
  if (count < 0 || count > MAX_FINDINGS || 2 * count > findings.words.length) return NO_MEMO;
  for (let i = 0; i < 2 * count; i++) findings.words[i] = shared[at + FINDINGS + i];
  findings.count = count;
  return sumFindings(findings, begun) === check ? 0 : NO_MEMO;
}

/** Keeps what the copied slot was found to match, for everybody; more than a memo holds is found anew each time. */
export function storeMemo(shared: Int32Array, copy: SlotCopy, generation: number, findings: Findings): void {
  const { slot, version } = copy;
  const { count, words } = findings;
  if (count > MAX_FINDINGS || Atomics.load(shared, slot + VERSION) !== version) return;
  for (let i = 0; i < 2 * count; i++) shared[slot + FINDINGS + i] = words[i];
  writeHead(shared, slot, generation, count, sumFindings(findings, beginMemo(version, generation, count)));
}

/** The same for a query name below a protected name of `labels` labels. */
export function storeProtected(shared: Int32Array, copy: SlotCopy, generation: number, labels: number): void {
  const { slot, version } = copy;
  if (Atomics.load(shared, slot + VERSION) !== version) return;
  const mark = PROTECTED_MARK | labels;
  writeHead(shared, slot, generation, mark, beginMemo(version, generation, mark));
}

/** For the writer: there is no memo of this slot. */
export function clearMemo(shared: Int32Array, slot: number): void {
  shared[slot + GENERATION] = 0;
}

function writeHead(shared: Int32Array, slot: number, generation: number, count: number, sum: number): void {
  shared[slot + COUNT] = count;
  shared[slot + CHECK] = sum;
  shared[slot + GENERATION] = generation | 0;
}

function beginMemo(version: number, generation: number, count: number): number {
  return (Math.imul(beginSum(version) ^ generation, 0x27d4eb2f) + Math.imul(count + 1, 0x165667b1)) | 0;
}

/** Of the words as this thread has them. */
function sumFindings({ words, count }: Findings, begun: number): number {
  let sum = begun | 0;
  let factor = 0x27d4eb2f;
  for (let i = 0; i < 2 * count; i++) {
    const word = words[i] | 0;
    sum = (sum + Math.imul(word ^ (word >>> 16), factor)) | 0;
    factor = (factor + 0x3c6ef372) | 0;
  }
  return sum;
}
