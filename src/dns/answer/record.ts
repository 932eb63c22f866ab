// A decision that is final leaves two traces: its counts, and one event. Called once a query, when its answer is made.

import { nameLength } from '../../base/names.ts';
import type { Packet } from '../../base/packet.ts';
import { outcomeOfVerdict } from '../../policy/decide/decide.ts';
import { unpackName } from '../../policy/decide/unpack-name.ts';
import { parentOf, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, appOf, BLOCKED, RELEASED } from '../../policy/verdict.ts';
import { countDecision } from './counting/counters.ts';
import { claimEvent, commitEvent, MONOTONIC_AT, OUTCOME_AT, QNAME_AT, VERDICT_AT, WALL_AT } from './events/events.ts';
import type { FastPath } from './fast-path.ts';

/** The configured segment's number in the counters, -1 for none. */
export function parentNumber(snapshot: Snapshot | undefined, segment: number): number {
  return snapshot === undefined || segment < 0 ? -1 : parentOf(snapshot, segment);
}

/**
 * Counts and reports packet.verdict when an app matched: blocked, monitored, exempt or released. It was just reached on `judged`, and the
 * snapshot's scratch still says where.
 */
export function recordDecision(path: FastPath, snapshot: Snapshot, packet: Packet, judged: Uint8Array): void {
  const { verdict, segment } = packet;
  const action = actionOf(verdict);
  if (action < BLOCKED || action > RELEASED) return;
  const app = appOf(verdict);
  const parent = parentOf(snapshot, segment);
  const { role } = snapshot.match;
  countDecision(path.counters, parent, app, role, action);
  const { events } = path;
  const at = claimEvent(events, packet);
  if (at < 0) return;
  events.doubles[(at + WALL_AT) >>> 3] = path.nowMs;
  events.doubles[(at + MONOTONIC_AT) >>> 3] = path.nowSeconds;
  events.numbers[(at + VERDICT_AT) >>> 2] = verdict;
  events.numbers[(at + OUTCOME_AT) >>> 2] = outcomeOfVerdict(snapshot, segment, verdict);
  const subjectLength = writeSubject(snapshot, judged, events.bytes, at + QNAME_AT + packet.qnameLength);
  commitEvent(events, at, packet, parent, role, subjectLength);
}

/** What was judged, unless it was the qname; gives its length. */
function writeSubject({ match, findings }: Snapshot, judged: Uint8Array, out: Uint8Array, at: number): number {
  if (match.subject === 0) return 0;
  if (match.addressLength > 0) return copy(judged, match.at, match.addressLength, out, at);
  if (!unpackName(judged, match.messageAt, match.at, judged.length, findings.name)) return 0;
  return copy(findings.name, 0, nameLength(findings.name), out, at);
}

function copy(from: Uint8Array, fromAt: number, length: number, out: Uint8Array, at: number): number {
  for (let i = 0; i < length; i++) out[at + i] = from[fromAt + i];
  return length;
}
