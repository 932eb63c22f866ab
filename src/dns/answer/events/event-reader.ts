// One thread's ring of events (events.ts) as main reads it: records become DecisionEvents, numbers become names.

import type { DecisionEvent } from '../../../policy/decide/decision.ts';
import { ROLES } from '../../../policy/model.ts';
import { outcomeDirective } from '../../../policy/snapshot/outcome.ts';
import { actionOf, appOf, KIND_ADDRESS, kindOf } from '../../../policy/verdict.ts';
import { COUNTED_ACTIONS, TRANSPORTS } from '../counting/counter-layout.ts';
import type { GenerationNames } from '../counting/generation-names.ts';
import { eventId } from './event-id.ts';
import {
  CLIENT_AT,
  GENERATION_AT,
  HEAD,
  LENGTHS_AT,
  LOST,
  MONOTONIC_AT,
  OUTCOME_AT,
  QNAME_AT,
  recordAt,
  recordBytes,
  SEGMENT_QTYPE_AT,
  TAIL,
  VERDICT_AT,
  WALL_AT,
  WRITTEN,
} from './events.ts';

export class EventReader {
  readonly #words: Int32Array;
  readonly #numbers: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  #tail: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#numbers = new Uint32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#bytes = new Uint8Array(memory);
    this.#tail = Atomics.load(this.#words, TAIL);
  }

  /** Events that found the ring full. */
  get lost(): number {
    return this.#doubles[LOST];
  }

  /** Events ever put into the ring; read before `head`, no more than lie before it. */
  get written(): number {
    return this.#doubles[WRITTEN];
  }

  /** Behind the last event. */
  get head(): number {
    return Atomics.load(this.#words, HEAD);
  }

  /** True when everything before `head` was read. */
  isAt(head: number): boolean {
    return this.#tail === head;
  }

  /** Passes over everything before `head`, whatever it is. */
  skipTo(head: number): void {
    this.#tail = head;
  }

  /** What was read is the writer's again. */
  release(): void {
    Atomics.store(this.#words, TAIL, this.#tail);
  }

  /** The generation of the oldest event; there must be one. */
  get generation(): number {
    return this.#numbers[(recordAt(this.#tail) + GENERATION_AT) >>> 2];
  }

  /** The oldest event; there must be one, and `names` are those of its generation. */
  read(names: GenerationNames): DecisionEvent {
    const at = recordAt(this.#tail);
    const number = (offset: number) => this.#numbers[(at + offset) >>> 2];
    const verdict = number(VERDICT_AT);
    const outcome = number(OUTCOME_AT);
    const segmentAndType = number(SEGMENT_QTYPE_AT);
    const lengths = number(LENGTHS_AT);
    const qnameLength = (lengths >>> 16) & 0xff;
    const subjectLength = lengths >>> 24;
    const behind = at + QNAME_AT + qnameLength;
    const qname = this.#bytes.slice(at + QNAME_AT, behind);
    const subject = subjectLength === 0 ? qname : this.#bytes.slice(behind, behind + subjectLength);
    this.#tail = (this.#tail + recordBytes(qnameLength, subjectLength)) | 0;
    return {
      wallMs: this.#doubles[(at + WALL_AT) >>> 3],
      monotonicSeconds: this.#doubles[(at + MONOTONIC_AT) >>> 3],
      generation: names.generation,
      door: 'dns',
      action: COUNTED_ACTIONS[actionOf(verdict) - 1],
      id: eventId(names, verdict, outcome, subject, kindOf(verdict) === KIND_ADDRESS),
      segment: names.segments[segmentAndType & 0xffff],
      directive: names.directives[outcomeDirective(outcome)],
      app: names.apps[appOf(verdict)],
      role: ROLES[(lengths >>> 8) & 0xff],
      client: this.#bytes.slice(at + CLIENT_AT, at + CLIENT_AT + 16),
      qname,
      qtype: segmentAndType >>> 16,
      transport: TRANSPORTS[lengths & 0xff],
    };
  }
}
