// Decisions on their way to the log: a ring of records in shared memory, one a thread that answers, written on the hot path without
// allocating, read by main (event-pump.ts). When it is full the newest is lost and counted; a client never waits for a log.
//
//   ┌─────────────────────────────┬──────────────┬──────────────────────────── RING_BYTES ──┬── longest record ──┐
//   │ head, lost, written  (128)  │ tail  (128)  │ records …                                │ margin             │
//   └─────────────────────────────┴──────────────┴──────────────────────────────────────────┴────────────────────┘
//
// The thread that answers writes the records, head, lost and written; main writes tail. Head and tail count bytes, modulo 2^32: what lies
// between them is main's to read, the rest the thread's to write. A record that begins in the ring may end in the margin, so that none is
// ever in two pieces. A thread that takes over from a dead one goes on at its head: a record half written was never there.
//
// A record, 8-byte aligned; numbers in the machine's own order, since they never leave it:
//   ┌────────┬────────────┬────────────┬────────────┬─────────┬─────────┬───────────────────────┬───────────────────────┬───────┬─────────┐
//   │ wall 8 │ monoton. 8 │ generation │ verdict 4  │ outcome │ segment │ transport, role,      │ client 16             │ qname │ subject │
//   │ ms     │ seconds    │ 4          │            │ 4       │ qtype 4 │ qname's, subject's    │                       │       │         │
//   └────────┴────────────┴────────────┴────────────┴─────────┴─────────┴─ length 4 ────────────┴───────────────────────┴───────┴─────────┘
// The subject is what was judged when it was not the qname: an address, or a name of the answer. The decision id is spelled out by the
// reader: that is a microsecond which nobody's answer waits for.

import type { Packet } from '../../../base/packet.ts';

/**
 * A power of two. A record is about 80 bytes, so 26,000 fit: at 200,000 blocked queries a second on one thread, main may be away for
 * 130 ms, five of its rounds.
 */
export const RING_BYTES = 2 * 1024 * 1024;

// Of the words, Int32.
export const HEAD = 0;
export const TAIL = 32;
// Of the doubles.
export const LOST = 1;
export const WRITTEN = 2;
/** The first record's place, bytes. */
const RECORDS_AT = 256;

// Of a record, bytes.
export const WALL_AT = 0;
export const MONOTONIC_AT = 8;
export const GENERATION_AT = 16;
export const VERDICT_AT = 20;
export const OUTCOME_AT = 24;
/** Segment in the lower half, qtype in the upper. */
export const SEGMENT_QTYPE_AT = 28;
/** Transport, role, length of the qname, length of the subject: a byte each, the first lowest. */
export const LENGTHS_AT = 32;
export const CLIENT_AT = 36;
export const QNAME_AT = 52;
const LONGEST_NAME = 255;
const LONGEST = recordBytes(LONGEST_NAME, LONGEST_NAME);

export interface Events {
  readonly memory: SharedArrayBuffer;
  /** The whole memory, four times. */
  readonly words: Int32Array;
  readonly numbers: Uint32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
  /** Later events belong to it. */
  generation: number;
  /** Behind the last record; in shared memory once it is published. */
  head: number;
  unpublished: number;
  /** True: whoever owns this calls publishEvents at the end of each batch. */
  isBatched: boolean;
  /** As last seen there: main moves it on. */
  tail: number;
}

/** Bytes of one thread's ring. */
export function eventBytes(): number {
  return RECORDS_AT + RING_BYTES + LONGEST;
}

export function newEvents(memory: SharedArrayBuffer = new SharedArrayBuffer(eventBytes())): Events {
  const words = new Int32Array(memory);
  return {
    memory,
    words,
    numbers: new Uint32Array(memory),
    doubles: new Float64Array(memory),
    bytes: new Uint8Array(memory),
    generation: 0,
    head: Atomics.load(words, HEAD),
    unpublished: 0,
    isBatched: false,
    tail: Atomics.load(words, TAIL),
  };
}

/** Where the record that begins at `head` or `tail` lies. */
export function recordAt(position: number): number {
  return RECORDS_AT + (position & (RING_BYTES - 1));
}

export function recordBytes(qnameLength: number, subjectLength: number): number {
  return (QNAME_AT + qnameLength + subjectLength + 7) & ~7;
}

/** A place in `bytes` for a record, who asked and what for already in it; -1 when the ring is full, which is counted. */
export function claimEvent(events: Events, packet: Packet): number {
  const { head } = events;
  if (((head - events.tail) | 0) > RING_BYTES - LONGEST) {
    events.tail = Atomics.load(events.words, TAIL);
    if (((head - events.tail) | 0) > RING_BYTES - LONGEST) {
      events.doubles[LOST]++;
      return -1;
    }
  }
  const at = recordAt(head);
  writeAsked(events, at, packet);
  return at;
}

/** The qname by words, with up to three bytes too many: what comes behind it is written later. */
function writeAsked({ bytes, numbers }: Events, at: number, { client, qnameWords, qnameLength }: Packet): void {
  for (let i = 0; i < 16; i++) bytes[at + CLIENT_AT + i] = client[i];
  const from = (at + QNAME_AT) >>> 2;
  for (let i = 0; i < (qnameLength + 3) >>> 2; i++) numbers[from + i] = qnameWords[i];
}

/**
 * Fills in the rest of a claimed record, which is the reader's once it is published. The caller has written the two times, verdict and outcome, because a
 * double that is passed to a function costs 16 bytes (measured), and the subject behind the qname.
 */
export function commitEvent(
  events: Events,
  at: number,
  packet: Packet,
  segment: number,
  role: number,
  subjectLength: number,
): void {
  const { numbers } = events;
  const { qnameLength } = packet;
  const word = at >>> 2;
  numbers[word + GENERATION_AT / 4] = events.generation;
  numbers[word + SEGMENT_QTYPE_AT / 4] = segment | (packet.qtype << 16);
  numbers[word + LENGTHS_AT / 4] = packet.transport | (role << 8) | (qnameLength << 16) | (subjectLength << 24);
  events.head = (events.head + recordBytes(qnameLength, subjectLength)) | 0;
  events.unpublished++;
  if (!events.isBatched) publishEvents(events);
}

/**
 * Hands the reader what was committed. Once a batch: the store waits until all writes before it have reached memory, 45 ns each time (of
 * 85 for an event), which for one event in 64 do not count.
 */
export function publishEvents(events: Events): void {
  if (events.unpublished === 0) return;
  Atomics.store(events.words, HEAD, events.head);
  // Behind the head: whoever reads this first and the head then finds at least as many records.
  events.doubles[WRITTEN] += events.unpublished;
  events.unpublished = 0;
}
