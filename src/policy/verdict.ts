// A verdict is 32 bits: what policy says of a subject for one segment, small enough to travel in a ring. Words are made from it by
// decide/decide-in-words.ts. Numbers inside mean nothing outside their snapshot's generation. As a number it has a sign: V8 keeps no
// object for those (16 bytes for each verdict with the top bit otherwise, measured).
//
//   31    29 28   27    25 24      18 17      11 10         0
//   ┌───────┬────┬────────┬──────────┬──────────┬────────────┐
//   │action │open│ kind   │ skipped  │ matched  │ app        │
//   └───────┴────┴────────┴──────────┴──────────┴────────────┘
//
// matched: labels of the rule, counted from the right after `skipped` labels of CDN zones were taken off. For an address rule the two
// fields together hold the prefix length (0–128 on the 16-byte form). open: free names may lie below the name, so NXDOMAIN would lie.

import type { Verdict } from '../base/brand.ts';

/** No app matched, an `except` settled it, or the segment does not enforce the app. */
export const FREE = 0;
export const BLOCKED = 1;
export const MONITORED = 2;
export const EXEMPT = 3;
export const RELEASED = 4;
/** The literal query name lies under a protected name: all apps are settled. */
export const PROTECTED = 5;

export const KIND_NONE = 0;
export const KIND_DOMAIN = 1;
export const KIND_EXACT = 2;
export const KIND_WILDCARD = 3;
export const KIND_ADDRESS = 4;
export const KIND_EXCEPT = 5;
export const KIND_EXCEPT_ADDRESS = 6;

/** 11 bits of the verdict. */
export const MAX_APPS = 2048;

const APP_MASK = 0x7ff;
const FIELD_MASK = 0x7f;

export function packVerdict(
  action: number,
  kind: number,
  open: boolean,
  matched: number,
  skipped: number,
  app: number,
): Verdict {
  const value = (action << 29) | (open ? 1 << 28 : 0) | (kind << 25) | (skipped << 18) | (matched << 11) | app;
  return value as Verdict;
}

export function actionOf(verdict: number): number {
  return verdict >>> 29;
}
export function kindOf(verdict: number): number {
  return (verdict >>> 25) & 7;
}
export function isOpen(verdict: number): boolean {
  return ((verdict >>> 28) & 1) === 1;
}
export function matchedOf(verdict: number): number {
  return (verdict >>> 11) & FIELD_MASK;
}
export function skippedOf(verdict: number): number {
  return (verdict >>> 18) & FIELD_MASK;
}
export function appOf(verdict: number): number {
  return verdict & APP_MASK;
}
/** Prefix length of an address rule, 0–128. */
export function prefixBitsOf(verdict: number): number {
  return (verdict >>> 11) & 0x3fff;
}
