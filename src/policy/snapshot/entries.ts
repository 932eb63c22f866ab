// One rule as two words, as it stands in a set. The rule's text is not kept: it is the judged name's own labels down to `depth`.
//
//   word 0   release 22–28 │ depth 14–21 │ kind 11–13 │ app 0–10     depth: labels, or prefix length on the 16-byte form
//   word 1   attributes 16–31 │ role 8–15 │ answer 0–7               answer: index in ANSWERS plus one, 0 the segment's
//
// release: the override that frees what is matched, as an index in the words' overrides plus one; 0 for none. The word in front of a set
// holds their number, and above it the override that frees whatever else the rest of the answer may match.

import { KIND_EXACT, KIND_EXCEPT, KIND_EXCEPT_ADDRESS, KIND_WILDCARD } from '../verdict.ts';

export const ENTRY_WORDS = 2;
/** 16 bits of word 1. */
export const MAX_ATTRIBUTES = 0xffff;
/** Overrides in force at once; seven bits wherever one is noted, so that no number needs its sign. */
export const MAX_OVERRIDES = 127;

export function packEntry(app: number, kind: number, depth: number, release = 0): number {
  return app | (kind << 11) | (depth << 14) | (release << 22);
}
export function entryApp(entry: number): number {
  return entry & 0x7ff;
}
export function entryKind(entry: number): number {
  return (entry >>> 11) & 7;
}
export function entryDepth(entry: number): number {
  return (entry >>> 14) & 0xff;
}
export function entryRelease(entry: number): number {
  return entry >>> 22;
}

export function packSetHead(count: number, release: number): number {
  return count | (release << 16);
}
export function setCount(head: number): number {
  return head & 0xffff;
}
export function setRelease(head: number): number {
  return head >>> 16;
}

export function packDetail(attributes: number, role: number, answer: number): number {
  return ((attributes << 16) | (role << 8) | answer) >>> 0;
}
export function detailAnswer(detail: number): number {
  return detail & 0xff;
}
export function detailRole(detail: number): number {
  return (detail >>> 8) & 0xff;
}
export function detailAttributes(detail: number): number {
  return detail >>> 16;
}

export function isExcept(kind: number): boolean {
  return kind === KIND_EXCEPT || kind === KIND_EXCEPT_ADDRESS;
}

/** At equal depth the higher one decides: except > released > exact > domain > wildcard (POLICY.md §5.3, §6). */
export function strength(kind: number, release: number): number {
  if (isExcept(kind)) return 4;
  if (release > 0) return 3;
  if (kind === KIND_EXACT) return 2;
  return kind === KIND_WILDCARD ? 0 : 1;
}

/** True when entry `a` decides over entry `b` of the same app within one walk. */
export function beats(a: number, b: number): boolean {
  const deeper = entryDepth(a) - entryDepth(b);
  return deeper > 0 || (deeper === 0 && strengthOf(a) > strengthOf(b));
}

function strengthOf(entry: number): number {
  return strength(entryKind(entry), entryRelease(entry));
}
