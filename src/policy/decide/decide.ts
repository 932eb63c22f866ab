// The only place that says yes or no. Numbers inside: these functions allocate nothing and are called per packet; decision.ts has the words.

import type { SegmentId, Verdict } from '../../base/brand.ts';
import { readU16, readU32, writeU32 } from '../../base/bytes.ts';
import { NO_SEGMENT, type Packet } from '../../base/packet.ts';
import { outcomeDirective, packOutcome } from '../snapshot/outcome.ts';
import { lookupAddress } from '../snapshot/prefix-trie.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import {
  actionOf,
  appOf,
  FREE,
  KIND_ADDRESS,
  KIND_EXCEPT_ADDRESS,
  KIND_NONE,
  kindOf,
  matchedOf,
  PROTECTED,
  packVerdict,
  RELEASED,
} from '../verdict.ts';
import {
  FACTS_COUNT_AT,
  FACTS_GENERATION_AT,
  FACTS_LENGTH_AT,
  FACTS_MAX_MEMOS,
  FACTS_MEMO_COUNT_AT,
  FACTS_MEMO_OVERFLOW,
  FACTS_MEMO_SIZE,
  FACTS_MEMOS_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  SUBJECT_IPV4,
  SUBJECT_IPV6,
} from './facts.ts';
import {
  beginFindings,
  judgeAddress,
  judgeLabels,
  judgeName,
  noteDetail,
  verdictOfFinding,
  weighFindings,
} from './judge.ts';
import { unpackName } from './unpack-name.ts';

/** A query name stands behind its message's header (RFC 1035 §4.1.1). */
const MESSAGE_HEADER = 12;

/**
 * The derived segment of a client (16 bytes at bytes[at…]), or NO_SEGMENT. Once an exemption's end has passed, its clients are judged as
 * the segment they came from, also while no newer snapshot is there (POLICY.md §5.7).
 */
export function segmentOf(snapshot: Snapshot, bytes: Uint8Array, at: number, nowMs: number): SegmentId {
  return segmentNow(snapshot, bytes, at, { nowMs });
}

/** As segmentOf; the time in an object, because a double that is handed over costs 16 bytes. */
export function segmentNow(
  snapshot: Snapshot,
  bytes: Uint8Array,
  at: number,
  clock: { readonly nowMs: number },
): SegmentId {
  const value = lookupAddress(snapshot.clients4, snapshot.clients6, bytes, at);
  if (value === 0) return NO_SEGMENT as SegmentId;
  const segment = value - 1;
  // Asked this way round, a time that is no number ends exemptions too.
  return (snapshot.until[segment] > clock.nowMs ? segment : snapshot.parents[segment]) as SegmentId;
}

/** What policy says of a query name: free-standing wire bytes in lower case. Fills snapshot.match. The segment must not be NO_SEGMENT. */
export function verdictForName(snapshot: Snapshot, segment: number, bytes: Uint8Array, at: number): Verdict {
  beginFindings(snapshot.findings);
  const guard = judgeName(snapshot, bytes, at, 0);
  return verdictOfName(snapshot, segment, at, guard);
}

/** As verdictForName, of a packet's qname, whose labels prepareName has seen to under this snapshot. */
export function verdictForPacket(snapshot: Snapshot, { segment, labels }: Packet): Verdict {
  beginFindings(snapshot.findings);
  const guard = judgeLabels(snapshot, labels, 0);
  const verdict = verdictOfName(snapshot, segment, 0, guard);
  snapshot.match.labels = labels;
  return verdict;
}

function verdictOfName(snapshot: Snapshot, segment: number, at: number, guard: number): Verdict {
  if (guard > 0) return protectedVerdict(snapshot, guard, at, -1);
  const winner = weighFindings(snapshot, segment);
  if (winner < 0) return packVerdict(FREE, KIND_NONE, false, 0, 0, 0);
  setMatch(snapshot, winner, at, -1, 0);
  return verdictOfFinding(snapshot, segment, winner) as Verdict;
}

/**
 * What policy says of a whole answer: its facts block (facts.ts) at bytes[factsAt…], the message in front of it. `nameVerdict` is
 * verdictForName's for the same name under this snapshot. Reads the memo, or judges every subject and writes the memo in place.
 */
export function verdictForFacts(
  snapshot: Snapshot,
  segment: number,
  nameVerdict: number,
  bytes: Uint8Array,
  factsAt: number,
): Verdict {
  const start = factsAt - readU16(bytes, factsAt + FACTS_LENGTH_AT);
  if (actionOf(nameVerdict) === PROTECTED)
    return protectedVerdict(snapshot, matchedOf(nameVerdict), start + MESSAGE_HEADER, start);
  if (!readMemo(snapshot, bytes, factsAt)) {
    judgeFacts(snapshot, bytes, start, factsAt);
    writeMemo(snapshot, bytes, factsAt);
  }
  const winner = weighFindings(snapshot, segment);
  if (winner < 0) return packVerdict(FREE, KIND_NONE, false, 0, 0, 0);
  return verdictOfWinner(snapshot, segment, winner, bytes, factsAt);
}

/** The verdict of one of snapshot.findings, which are those of the facts block at bytes[factsAt…]; says in snapshot.match where it is. */
export function verdictOfWinner(
  snapshot: Snapshot,
  segment: number,
  winner: number,
  bytes: Uint8Array,
  factsAt: number,
): Verdict {
  const start = factsAt - readU16(bytes, factsAt + FACTS_LENGTH_AT);
  const subject = snapshot.findings.words[winner * 2 + 1] & 0xffff;
  const subjectAt = factsAt + FACTS_SUBJECTS_AT + subject * FACTS_SUBJECT_SIZE;
  const verdict = verdictOfFinding(snapshot, segment, winner);
  const isAddress = kindOf(verdict) === KIND_ADDRESS || kindOf(verdict) === KIND_EXCEPT_ADDRESS;
  const addressLength = !isAddress ? 0 : bytes[subjectAt] === SUBJECT_IPV4 ? 4 : 16;
  setMatch(snapshot, winner, start + readU16(bytes, subjectAt + 2), start, addressLength);
  return verdict as Verdict;
}

/** Generation 0 is no generation: a fresh block is never taken for judged. */
function readMemo(snapshot: Snapshot, bytes: Uint8Array, factsAt: number): boolean {
  const count = readU32(bytes, factsAt + FACTS_MEMO_COUNT_AT);
  if (readU32(bytes, factsAt + FACTS_GENERATION_AT) !== snapshot.generation || count > FACTS_MAX_MEMOS) return false;
  const { findings } = snapshot;
  findings.count = Math.min(count, snapshot.apps);
  for (let i = 0; i < findings.count * 2; i++) findings.words[i] = readU32(bytes, factsAt + FACTS_MEMOS_AT + i * 4);
  return true;
}

function writeMemo({ generation, findings }: Snapshot, bytes: Uint8Array, factsAt: number): void {
  const fits = findings.count <= FACTS_MAX_MEMOS;
  writeU32(bytes, factsAt + FACTS_GENERATION_AT, generation);
  writeU32(bytes, factsAt + FACTS_MEMO_COUNT_AT, fits ? findings.count : FACTS_MEMO_OVERFLOW);
  if (!fits) return;
  for (let i = 0; i < findings.count * (FACTS_MEMO_SIZE / 4); i++) {
    writeU32(bytes, factsAt + FACTS_MEMOS_AT + i * 4, findings.words[i]);
  }
}

function judgeFacts(snapshot: Snapshot, bytes: Uint8Array, start: number, factsAt: number): void {
  const { findings } = snapshot;
  beginFindings(findings);
  const count = readU16(bytes, factsAt + FACTS_COUNT_AT);
  for (let subject = 0; subject < count; subject++) {
    const subjectAt = factsAt + FACTS_SUBJECTS_AT + subject * FACTS_SUBJECT_SIZE;
    const at = start + readU16(bytes, subjectAt + 2);
    if (bytes[subjectAt] === SUBJECT_IPV4) {
      for (let i = 0; i < 4; i++) findings.address[12 + i] = bytes[at + i];
      judgeAddress(snapshot, findings.address, 0, subject);
    } else if (bytes[subjectAt] === SUBJECT_IPV6) {
      judgeAddress(snapshot, bytes, at, subject);
    } else if (unpackName(bytes, start, at, factsAt, findings.name)) {
      judgeName(snapshot, findings.name, 0, subject);
    }
  }
}

/** Of a query name at bytes[at…] below a protected name of this many labels. */
export function protectedVerdict(snapshot: Snapshot, labels: number, at: number, messageAt: number): Verdict {
  const { match } = snapshot;
  match.subject = 0;
  match.at = at;
  match.messageAt = messageAt;
  match.labels = undefined;
  match.addressLength = 0;
  match.answer = 0;
  match.role = 0;
  match.release = 0;
  return packVerdict(PROTECTED, KIND_NONE, false, labels, 0, 0);
}

function setMatch(
  { match, findings }: Snapshot,
  finding: number,
  at: number,
  messageAt: number,
  addressLength: number,
): void {
  noteDetail(match, findings.words[finding * 2 + 1]);
  match.at = at;
  match.messageAt = messageAt;
  match.labels = undefined;
  match.addressLength = addressLength;
}

/** Index in model.ANSWERS: the rule's own answer (of snapshot.match) or the segment's. */
export function answerOf(snapshot: Snapshot, segment: number, _verdict: number): number {
  return snapshot.match.answer > 0 ? snapshot.match.answer - 1 : snapshot.segmentAnswers[snapshot.parents[segment]];
}

/** 15 Blocked or 16 Censored (RFC 8914 §4.16, §4.17), as the directive's file says. */
export function edeOf(snapshot: Snapshot, segment: number, verdict: number): number {
  return snapshot.directiveCodes[directiveOf(snapshot, segment, verdict)];
}

/** Index of the directive that decided; meaningful for all verdicts but free ones. */
export function directiveOf(snapshot: Snapshot, segment: number, verdict: number): number {
  return outcomeDirective(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)]);
}

/** What became of the app, as it is kept with an event: of a released one the override stands in the exemption's place. */
export function outcomeOfVerdict(snapshot: Snapshot, segment: number, verdict: number): number {
  const outcome = snapshot.outcomes[segment * snapshot.apps + appOf(verdict)];
  if (actionOf(verdict) !== RELEASED) return outcome;
  return packOutcome(RELEASED, outcomeDirective(outcome), snapshot.match.release - 1);
}
