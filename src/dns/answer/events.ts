// Decisions on their way to the log: a ring of fixed records, written on the hot path without allocating, read in batches by whoever
// stores them. When it is full the newest is lost and counted; a client never waits for a log.
//
//   tail ───▶ oldest unread          head ───▶ next to write          full: head − tail = RECORDS
//
// Numbers lie in columns of their own, bytes (client, qname, decision id) in one row of `bytes` a record:
//   ┌───────────┬────────────┬────────────────────┐
//   │ client 16 │ qname ≤255 │ decision id ≤ 400  │
//   └───────────┴────────────┴────────────────────┘

import type { Packet } from '../../base/packet.ts';
import type { DecisionEvent } from '../../policy/decide/decision.ts';
import { ROLES } from '../../policy/model.ts';
import { COUNTED_ACTIONS, TRANSPORTS } from './counters.ts';

/** A power of two: 4,096 events are four seconds at the log's default ceiling of 1,000 a second. 2.8 MB. */
export const EVENT_RECORDS = 4096;
const QNAME_AT = 16;
const ID_AT = QNAME_AT + 256;
const RECORD_BYTES = 672;
/** Room for directive, app and a rule part of 200 characters; what is longer is cut to `directive/app`. */
export const EVENT_ID_ROOM = RECORD_BYTES - ID_AT;

/** What a generation's numbers are called, kept until its last event is drained. */
export interface EventNames {
  readonly generation: number;
  /** By parent segment. */
  readonly segments: readonly string[];
  readonly apps: readonly string[];
  readonly directives: readonly string[];
}

export interface Events {
  readonly bytes: Uint8Array;
  readonly wallMs: Float64Array;
  readonly generations: Uint32Array;
  /** Parent segment, app, role, action − 1, directive, qtype, transport, qname length, id length: one column each. */
  readonly columns: Uint16Array;
  readonly names: Map<number, EventNames>;
  current: number;
  head: number;
  tail: number;
  lost: number;
}

const SEGMENT = 0;
const APP = 1;
const ROLE = 2;
const ACTION = 3;
const DIRECTIVE = 4;
const QTYPE = 5;
const TRANSPORT = 6;
const QNAME_LENGTH = 7;
const ID_LENGTH = 8;
const COLUMNS = 9;

export function newEvents(): Events {
  return {
    bytes: new Uint8Array(EVENT_RECORDS * RECORD_BYTES),
    wallMs: new Float64Array(EVENT_RECORDS),
    generations: new Uint32Array(EVENT_RECORDS),
    columns: new Uint16Array(EVENT_RECORDS * COLUMNS),
    names: new Map(),
    current: 0,
    head: 0,
    tail: 0,
    lost: 0,
  };
}

/** Later events belong to this generation. */
export function adoptEventNames(events: Events, names: EventNames): void {
  events.names.set(names.generation, names);
  events.current = names.generation;
  forgetNames(events);
}

/**
 * A record to fill in, as its number in the ring; -1 when the ring is full, which is counted. The caller writes its wallMs: a double that
 * is passed to a function costs 16 bytes (measured).
 */
export function claimEvent(events: Events): number {
  if (events.head - events.tail === EVENT_RECORDS) {
    events.lost++;
    return -1;
  }
  const record = events.head & (EVENT_RECORDS - 1);
  events.generations[record] = events.current;
  return record;
}

/** Where the record's decision id is to be written, EVENT_ID_ROOM bytes. */
export function eventIdAt(record: number): number {
  return record * RECORD_BYTES + ID_AT;
}

/** Fills in the rest of a claimed record, whose id is written already, and hands it to the reader. */
export function commitEvent(
  events: Events,
  record: number,
  packet: Packet,
  segment: number,
  app: number,
  role: number,
  action: number,
  directive: number,
  idLength: number,
): void {
  const { bytes, columns } = events;
  const at = record * RECORD_BYTES;
  for (let i = 0; i < 16; i++) bytes[at + i] = packet.client[i];
  for (let i = 0; i < packet.qnameLength; i++) bytes[at + QNAME_AT + i] = packet.qname[i];
  const column = record * COLUMNS;
  columns[column + SEGMENT] = segment;
  columns[column + APP] = app;
  columns[column + ROLE] = role;
  columns[column + ACTION] = action - 1;
  columns[column + DIRECTIVE] = directive;
  columns[column + QTYPE] = packet.qtype;
  columns[column + TRANSPORT] = packet.transport;
  columns[column + QNAME_LENGTH] = packet.qnameLength;
  columns[column + ID_LENGTH] = idLength;
  events.head++;
}

/** Hands at most `max` events, oldest first, to `visit`; gives how many. */
export function drainEvents(events: Events, max: number, visit: (event: DecisionEvent) => void): number {
  const count = Math.min(max, events.head - events.tail);
  for (let i = 0; i < count; i++) {
    const event = readEvent(events, events.tail & (EVENT_RECORDS - 1));
    events.tail++;
    visit(event);
  }
  forgetNames(events);
  return count;
}

/** Names of generations whose last event was read. */
function forgetNames(events: Events): void {
  const oldest = events.head === events.tail ? events.current : events.generations[events.tail & (EVENT_RECORDS - 1)];
  for (const generation of events.names.keys()) {
    if (generation !== events.current && generation !== oldest && generation < oldest) events.names.delete(generation);
  }
}

function readEvent(events: Events, record: number): DecisionEvent {
  const { bytes, columns, generations } = events;
  const names = events.names.get(generations[record]);
  if (names === undefined) throw new Error(`no names for events of generation ${generations[record]}`);
  const at = record * RECORD_BYTES;
  const column = record * COLUMNS;
  const id = String.fromCharCode(...bytes.subarray(at + ID_AT, at + ID_AT + columns[column + ID_LENGTH]));
  return {
    wallMs: events.wallMs[record],
    generation: generations[record],
    door: 'dns',
    action: COUNTED_ACTIONS[columns[column + ACTION]],
    id,
    segment: names.segments[columns[column + SEGMENT]],
    directive: names.directives[columns[column + DIRECTIVE]],
    app: names.apps[columns[column + APP]],
    role: ROLES[columns[column + ROLE]],
    client: bytes.slice(at, at + 16),
    qname: bytes.slice(at + QNAME_AT, at + QNAME_AT + columns[column + QNAME_LENGTH]),
    qtype: columns[column + QTYPE],
    transport: TRANSPORTS[columns[column + TRANSPORT]],
  };
}
