// Subjects for callers that are not on the hot path: names and addresses as objects, judged by the same code as packets.

import { formatAddress } from '../../base/addresses.ts';
import { countLabels, formatName, nameLength } from '../../base/names.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { KIND_ADDRESS, KIND_EXCEPT_ADDRESS, kindOf, skippedOf } from '../verdict.ts';
import { segmentOf } from './decide.ts';
import { writeRule } from './decision-id.ts';
import { beginFindings, judgeAddress, judgeName } from './judge.ts';

export type Subject =
  /** Wire form, lower case. */
  | { readonly kind: 'name'; readonly name: Uint8Array }
  /** 16 bytes. */
  | { readonly kind: 'address'; readonly address: Uint8Array };

export interface Asker {
  /** 16 bytes; not needed when the segment is known. */
  readonly client?: Uint8Array;
  /** A derived segment's number; a configured one's stands for its clients that are not exempt, as things are now. */
  readonly segment?: number;
  readonly nowMs: number;
}

/** A derived segment's number, or NO_SEGMENT (negative). An asker without client and segment belongs to none. */
export function segmentOfAsker(snapshot: Snapshot, asker: Asker): number {
  if (asker.segment !== undefined)
    return asker.segment < snapshot.derived ? presentSegment(snapshot, asker.segment, asker.nowMs) : -2;
  return asker.client === undefined ? -2 : segmentOf(snapshot, asker.client, 0, asker.nowMs);
}

/** While an override loosens a segment, all its clients are in derived ones, one of them without exemptions. */
function presentSegment({ parents, until, words }: Snapshot, segment: number, nowMs: number): number {
  if (parents[segment] !== segment) return segment;
  const loose = words.lifted.findIndex(
    (lifted, i) => i !== segment && parents[i] === segment && lifted.length === 0 && until[i] > nowMs,
  );
  return loose < 0 ? segment : loose;
}

/** Judges the subjects in their order, the first being what was asked for; gives the labels of a protected name, or 0. */
export function judgeSubjects(snapshot: Snapshot, subjects: readonly Subject[]): number {
  beginFindings(snapshot.findings);
  for (const [i, subject] of subjects.entries()) {
    const guard = subject.kind === 'name' ? judgeName(snapshot, subject.name, 0, i) : 0;
    if (guard > 0) return guard;
    if (subject.kind === 'address') judgeAddress(snapshot, subject.address, 0, i);
  }
  return 0;
}

export function bytesOf(subject: Subject): Uint8Array {
  return subject.kind === 'name' ? subject.name : subject.address;
}

export function formatSubject(subject: Subject): string {
  return subject.kind === 'name' ? formatName(subject.name) : formatAddress(subject.address);
}

/** The rule part of the decision id of a verdict on this subject; sets snapshot.match. */
export function ruleTextOf(snapshot: Snapshot, verdict: number, subject: Subject): string {
  const { match, findings } = snapshot;
  match.at = 0;
  match.messageAt = -1;
  match.addressLength = subject.kind === 'address' ? 16 : 0;
  const length = writeRule(snapshot, verdict, bytesOf(subject));
  return asciiOf(findings.text, length);
}

/** The CDN zone labels that were taken off before the rule matched. */
export function throughOf(verdict: number, subject: Subject): string | undefined {
  const kind = kindOf(verdict);
  if (subject.kind === 'address' || kind === KIND_ADDRESS || kind === KIND_EXCEPT_ADDRESS) return undefined;
  return skippedOf(verdict) === 0 ? undefined : lastLabels(subject.name, skippedOf(verdict));
}

/** The last `count` labels as text. */
export function lastLabels(name: Uint8Array, count: number): string {
  let at = 0;
  for (let skip = countLabels(name) - count; skip > 0; skip--) at += name[at] + 1;
  return formatName(name.subarray(at, nameLength(name)));
}

export function asciiOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
