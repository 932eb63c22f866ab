// From subjects to a verdict, in two steps. First what the subjects match, whatever the segment: for each app the first subject, and in
// it the first walk, that meets a rule or an except settles that app (POLICY.md §5.2, §5.3). These findings are what a memo keeps:
//
//   word 0   walk 29–31 │ open, kind, skipped, matched, app as in a verdict
//   word 1   release 24–30 │ role 19–23 │ answer 16–18 │ subject 0–15
//
// Then, for one segment, the finding that weighs most: blocked beats monitored beats exempt beats released beats free. A release takes no
// finding away: it is noted beside it, and counts in derived segments, whose end is known, and never in the segments as configured.

import type { NameLabels } from '../../base/name-labels.ts';
import {
  detailAnswer,
  detailRole,
  ENTRY_WORDS,
  entryApp,
  entryDepth,
  entryKind,
  entryRelease,
  isExcept,
  setCount,
  setRelease,
} from '../snapshot/entries.ts';
import { hashLabel, readLabels, sameLabel, slotOf } from '../snapshot/labels.ts';
import {
  EMPTY_SLOT,
  hasOpenFlag,
  protectedDepth,
  ROOT,
  ROW_MASK,
  ROW_WORDS,
  SLOT_WORDS,
  slotWord,
  zoneDepth,
} from '../snapshot/layout.ts';
import { outcomeAction } from '../snapshot/outcome.ts';
import { lookupAddress } from '../snapshot/prefix-trie.ts';
import type { Findings, Match, Snapshot } from '../snapshot/snapshot.ts';
import { appOf, BLOCKED, EXEMPT, FREE, KIND_EXACT, kindOf, MONITORED, RELEASED } from '../verdict.ts';

/** CDN zones taken off one name: www.tiktok.com.edgekey.net.globalredir.akadns.net needs two. */
const MAX_ZONES = 4;
const UNDERSCORE = 0x5f;

export function beginFindings(findings: Findings): void {
  findings.count = 0;
  findings.release = 0;
  findings.stamp = (findings.stamp + 1) >>> 0;
  if (findings.stamp === 0) {
    findings.settled.fill(0);
    findings.stamp = 1;
  }
}

/**
 * Adds what a name matches. Subject 0 is the query name: when it is protected nothing is added and the protected name's labels are
 * given, otherwise 0. A malformed name matches nothing.
 */
export function judgeName(snapshot: Snapshot, bytes: Uint8Array, at: number, subject: number): number {
  const { labels } = snapshot.findings;
  readLabels(labels, bytes, at);
  hashLabels(snapshot, labels, labels.count, labels.hashes);
  return judgeLabels(snapshot, labels, subject);
}

/** Hashes a name's labels in front of label `end` as if the name ended there. */
export function hashLabels(
  { seed, multiplier }: Snapshot,
  { view, starts }: NameLabels,
  end: number,
  hashes: Int32Array,
): void {
  let hash = 0;
  for (let i = end - 1; i >= 0; i--) {
    hash = hashLabel(view, starts[i], hash, seed, multiplier);
    hashes[i] = hash;
  }
}

/** As judgeName, of a name whose labels are found and hashed under this snapshot. */
export function judgeLabels(snapshot: Snapshot, labels: NameLabels, subject: number): number {
  const { bytes, starts, count } = labels;
  let { hashes } = labels;
  let first = 0;
  while (first < count && bytes[starts[first] + 1] === UNDERSCORE) first++;
  // Names reached by a target never make NXDOMAIN true for the query name.
  let open = subject === 0 ? 0 : 1;
  let skipped = 0;
  for (let walk = 0; walk <= MAX_ZONES; walk++) {
    const met = walkDown(snapshot, labels, hashes, first, count - skipped);
    const row = (met >>> 1) * ROW_WORDS;
    const endsHere = (met & 1) === 1;
    const flags = snapshot.rows[row + 3];
    if (walk === 0 && subject === 0 && protectedDepth(flags) > 0) return protectedDepth(flags);
    if (endsHere && hasOpenFlag(flags)) open = 1;
    addSet(snapshot, snapshot.rows[row + (endsHere ? 1 : 2)], walk, skipped, open, subject);
    const zone = zoneDepth(flags);
    skipped += zone;
    if (zone === 0 || count - skipped - first < 2) return 0;
    // A packet's own hashes stay.
    hashes = snapshot.findings.labels.hashes;
    hashLabels(snapshot, labels, count - skipped, hashes);
  }
  return 0;
}

/** Adds what an address of 16 bytes matches. */
export function judgeAddress(snapshot: Snapshot, bytes: Uint8Array, at: number, subject: number): void {
  const set = lookupAddress(snapshot.addresses4, snapshot.addresses6, bytes, at);
  if (set !== 0) addSet(snapshot, set, 0, 0, 1, subject);
}

/** Walks labels end−1 … first down the trie; gives the last row met, times two, plus one when the name ends at that row's own node. */
function walkDown(
  snapshot: Snapshot,
  { view, starts }: NameLabels,
  hashes: Int32Array,
  first: number,
  end: number,
): number {
  const { slots } = snapshot;
  let parent = ROOT;
  let met = 0;
  for (let i = end - 1; i >= first; i--) {
    const slot = findSlot(snapshot, parent, hashes[i], view, starts[i]);
    if (slot < 0) return met;
    const word = slots[slot * SLOT_WORDS + 2];
    const row = word & ROW_MASK;
    if (row !== 0) met = row * 2 + (i === first ? 1 : 0);
    if (word !== row) return met; // LEAF
    parent = slot;
  }
  return met;
}

/** The slot of a label below `parent`, or -1. `hash` is the label's, below its own labels above. */
export function findSlot(snapshot: Snapshot, parent: number, hash: number, name: DataView, at: number): number {
  const { slots, slotCount, labelView, longestProbe } = snapshot;
  const wanted = slotWord(parent, hash);
  let slot = slotOf(hash, slotCount);
  for (let probe = 0; probe < longestProbe; probe++) {
    const found = slots[slot * SLOT_WORDS];
    if (found === wanted && sameLabel(name, at, labelView, slots[slot * SLOT_WORDS + 1])) return slot;
    if (found === EMPTY_SLOT) return -1;
    slot = slot + 1 === slotCount ? 0 : slot + 1;
  }
  return -1;
}

function addSet(snapshot: Snapshot, set: number, walk: number, skipped: number, open: number, subject: number): void {
  const { sets, findings } = snapshot;
  const head = sets[set];
  const end = set + 1 + setCount(head) * ENTRY_WORDS;
  for (let i = set + 1; i < end; i += ENTRY_WORDS) {
    const entry = sets[i];
    const app = entryApp(entry);
    if (findings.settled[app] === findings.stamp) continue;
    findings.settled[app] = findings.stamp;
    const kind = entryKind(entry);
    const isOpen = open | (kind === KIND_EXACT ? 1 : 0);
    const rule = (isOpen << 28) | (kind << 25) | (skipped << 18) | (entryDepth(entry) << 11) | app;
    findings.words[findings.count * 2] = (walk << 29) | rule;
    const release = findings.release || entryRelease(entry);
    findings.words[findings.count * 2 + 1] =
      (release << 24) | (detailRole(sets[i + 1]) << 19) | (detailAnswer(sets[i + 1]) << 16) | subject;
    findings.count++;
  }
  if (setRelease(head) > 0) findings.release ||= setRelease(head);
}

/** What a finding says beside its rule, from its second word. */
export function noteDetail(match: Match, detail: number): void {
  match.subject = detail & 0xffff;
  match.answer = (detail >>> 16) & 7;
  match.role = (detail >>> 19) & 31;
  match.release = releaseOf(detail);
}

/** Number of the override that releases a finding, 0 for none, from its second word. */
export function releaseOf(detail: number): number {
  return detail >>> 24;
}

/** Number of the finding that decides for the segment, -1 when nothing matched. Findings stand in the order subject, walk, app. */
export function weighFindings(snapshot: Snapshot, segment: number): number {
  const { words, count } = snapshot.findings;
  let best = -1;
  let bestWeight = -1;
  for (let i = 0; i < count; i++) {
    const weight = isExcept(kindOf(words[i * 2]))
      ? 0
      : WEIGHT[actionIn(snapshot, segment, words[i * 2], words[i * 2 + 1])];
    if (weight < bestWeight || (weight === bestWeight && !isDeeper(words, i, best))) continue;
    best = i;
    bestWeight = weight;
  }
  return best;
}

/** By action; 0 is an except, which frees its app but says least. */
const WEIGHT = /* @__PURE__ */ (() => {
  const weights = new Uint8Array(8);
  weights[FREE] = 1;
  weights[RELEASED] = 2;
  weights[EXEMPT] = 3;
  weights[MONITORED] = 4;
  weights[BLOCKED] = 5;
  return weights;
})();

/** In the same walk of the same subject the deeper rule is named; otherwise the earlier finding stays. */
function isDeeper(words: Uint32Array, a: number, b: number): boolean {
  if ((words[a * 2 + 1] & 0xffff) !== (words[b * 2 + 1] & 0xffff)) return false;
  if (words[a * 2] >>> 29 !== words[b * 2] >>> 29) return false;
  return depthOf(words[a * 2]) > depthOf(words[b * 2]);
}

function depthOf(rule: number): number {
  // An address rule's prefix length spreads over both fields; a name's skipped labels are equal within a walk.
  return (rule >>> 11) & 0x3fff;
}

/** The finding as a verdict: an except or an app that the segment does not enforce stays FREE, with its rule beside it. */
export function verdictOfFinding(snapshot: Snapshot, segment: number, finding: number): number {
  const { words } = snapshot.findings;
  const rule = words[finding * 2];
  return (actionIn(snapshot, segment, rule, words[finding * 2 + 1]) << 29) | (rule & 0x1fffffff);
}

/** What the segment makes of a finding, given as its two words. */
function actionIn({ outcomes, apps, parents }: Snapshot, segment: number, rule: number, detail: number): number {
  if (isExcept(kindOf(rule))) return FREE;
  const action = outcomeAction(outcomes[segment * apps + appOf(rule)]);
  if (releaseOf(detail) === 0 || action === FREE) return action;
  return parents[segment] === segment ? action : RELEASED;
}
