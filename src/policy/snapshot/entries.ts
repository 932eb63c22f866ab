// One rule as two words, as it stands in a set. The rule's text is not kept: it is the judged name's own labels down to `depth`.
//
//   word 0   bits 22–31 0 │ depth 14–21 │ kind 11–13 │ app 0–10      depth: labels, or prefix length on the 16-byte form
//   word 1   attributes 16–31 │ role 8–15 │ answer 0–7               answer: index in ANSWERS plus one, 0 the segment's

import { KIND_EXACT, KIND_EXCEPT, KIND_EXCEPT_ADDRESS, KIND_WILDCARD } from '../verdict.ts';

export const ENTRY_WORDS = 2;
/** 16 bits of word 1. */
export const MAX_ATTRIBUTES = 0xffff;

export function packEntry(app: number, kind: number, depth: number): number {
  return app | (kind << 11) | (depth << 14);
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

/** At equal depth the higher one decides: except > exact > domain > wildcard (POLICY.md §5.3). */
export function strength(kind: number): number {
  if (isExcept(kind)) return 3;
  if (kind === KIND_EXACT) return 2;
  return kind === KIND_WILDCARD ? 0 : 1;
}

/** True when entry `a` decides over entry `b` of the same app within one walk. */
export function beats(a: number, b: number): boolean {
  const deeper = entryDepth(a) - entryDepth(b);
  return deeper > 0 || (deeper === 0 && strength(entryKind(a)) > strength(entryKind(b)));
}
