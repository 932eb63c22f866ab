// A decision that is final leaves two traces: its counts, and one event. Called once a query, when its answer is made.

import { NO_SEGMENT, type Packet } from '../../base/packet.ts';
import { directiveOf } from '../../policy/decide/decide.ts';
import { writeEventId } from '../../policy/decide/decision-id.ts';
import { parentOf, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, appOf, BLOCKED, RELEASED } from '../../policy/verdict.ts';
import { countDecision } from './counters.ts';
import { claimEvent, commitEvent, EVENT_ID_ROOM, eventIdAt } from './events.ts';
import type { FastPath } from './fast-path.ts';

/** The configured segment's number in the counters, -1 for none. */
export function parentNumber(snapshot: Snapshot | undefined, segment: number): number {
  return snapshot === undefined || segment <= NO_SEGMENT || segment < 0 ? -1 : parentOf(snapshot, segment);
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
  const record = claimEvent(events);
  if (record < 0) return;
  events.wallMs[record] = path.nowMs;
  const idLength = writeEventId(snapshot, segment, verdict, judged, events.bytes, eventIdAt(record), EVENT_ID_ROOM);
  const directive = directiveOf(snapshot, segment, verdict);
  commitEvent(events, record, packet, parent, app, role, action, directive, idLength);
}
