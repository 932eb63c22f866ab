// All threads' events on their way to whoever subscribes. Main drains the rings often and never long: an event that nobody has room for
// is not even looked at, so that 200,000 a second cost no more than the 1,000 that a log writes.

import type { DecisionEvent } from '../../../policy/decide/decision.ts';
import type { GenerationNames } from '../counting/generation-names.ts';
import { EventReader } from './event-reader.ts';

/** Main may not be kept for longer at a time (DESIGN.md §4). */
const SLICE_MS = 5;
/** The clock is asked once in as many events, 2 µs each. */
const EVENTS_A_LOOK = 64;

export interface EventSink {
  /** How many events it takes now; what waits beyond passes it by. */
  room(): number;
  push(event: DecisionEvent): void;
  /** So many more have passed it by. */
  missed(count: number): void;
}

/** A sink and how it stands: events taken and passed by are all that were written since it is there. */
interface Subscription {
  readonly sink: EventSink;
  readonly since: number;
  room: number;
  taken: number;
  missed: number;
}

export class EventPump {
  readonly #rings: readonly EventReader[];
  readonly #nowMs: () => number;
  readonly #names = new Map<number, GenerationNames>();
  #subscriptions: readonly Subscription[] = [];

  /** One ring a thread, made by eventBytes; `nowMs` is monotonic. */
  constructor(memories: readonly SharedArrayBuffer[], nowMs: () => number) {
    this.#rings = memories.map((memory) => new EventReader(memory));
    this.#nowMs = nowMs;
  }

  /** Events that found their ring full. */
  get lost(): number {
    return this.#rings.reduce((sum, ring) => sum + ring.lost, 0);
  }

  /** To be told before the generation is published. */
  learn(names: GenerationNames): void {
    this.#names.set(names.generation, names);
  }

  /** The sink gets events from now on, until the function that is given is called. */
  subscribe(sink: EventSink): () => void {
    const subscription = { sink, since: this.#written(), room: 0, taken: 0, missed: 0 };
    this.#subscriptions = [...this.#subscriptions, subscription];
    return () => {
      this.#subscriptions = this.#subscriptions.filter((one) => one !== subscription);
    };
  }

  /** Hands out what waits, for SLICE_MS at most; true when there is more that a sink has room for. */
  drain(): boolean {
    const written = this.#written();
    const heads = this.#rings.map(({ head }) => head);
    for (const one of this.#subscriptions) one.room = one.sink.room();
    const isDone = this.#handOut(heads, this.#nowMs() + SLICE_MS);
    if (isDone) this.#passOver(heads, written);
    for (const ring of this.#rings) ring.release();
    return !isDone;
  }

  /** At the end, when nobody writes any more: everything there is, however long it takes. */
  drainAll(): void {
    while (this.drain());
  }

  #written(): number {
    return this.#rings.reduce((sum, ring) => sum + ring.written, 0);
  }

  /** In turns, a fair share of what is wanted from each ring that has something; false when time is up. */
  #handOut(heads: readonly number[], endMs: number): boolean {
    for (;;) {
      const waiting = heads.map((_, i) => i).filter((i) => !this.#rings[i].isAt(heads[i]));
      const wanted = this.#subscriptions.reduce((most, { room }) => Math.max(most, room), 0);
      if (waiting.length === 0 || wanted < 1) return true;
      const share = Math.min(EVENTS_A_LOOK, Math.ceil(wanted / waiting.length));
      for (const i of waiting) {
        for (let n = 0; n < share && !this.#rings[i].isAt(heads[i]); n++) this.#handOutOne(this.#rings[i]);
        if (this.#nowMs() >= endMs) return false;
      }
    }
  }

  #handOutOne(ring: EventReader): void {
    const names = this.#names.get(ring.generation);
    if (names === undefined) throw new Error(`no names for events of generation ${ring.generation}`);
    const event = ring.read(names);
    for (const one of this.#subscriptions) {
      if (one.room < 1) continue;
      one.room--;
      one.taken++;
      one.sink.push(event);
    }
  }

  #passOver(heads: readonly number[], written: number): void {
    heads.forEach((head, i) => {
      this.#rings[i].skipTo(head);
    });
    for (const one of this.#subscriptions) {
      const missed = written - one.since - one.taken - one.missed;
      if (missed <= 0) continue;
      one.missed += missed;
      one.sink.missed(missed);
    }
    this.#forget();
  }

  /** The rings are empty but for what came in the meantime, of the generation in force, the one before or the one to come. */
  #forget(): void {
    for (const generation of [...this.#names.keys()].slice(0, -3)) this.#names.delete(generation);
  }
}
