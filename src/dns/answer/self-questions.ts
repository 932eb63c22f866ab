// Asks answerQuery as a client of a given address would, to find out whether the policy in force does what it is meant to: the same judge
// over the same memory, with counters and events of its own that nobody reads. It has no response cache: what may be asked upstream is let
// through, and that is all there is to know.

import type { Address, Instant, WireName } from '../../base/brand.ts';
import { MAX_NAME } from '../../base/names.ts';
import { NO_SEGMENT, newPacket, type Packet, SEGMENT_UNRESOLVED } from '../../base/packet.ts';
import { writeDecisionId } from '../../policy/decide/decision-id.ts';
import { parentOf, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED } from '../../policy/verdict.ts';
import { CLASS_IN, HEADER_SIZE, MIN_UDP_SIZE, TYPE_A } from '../wire/message.ts';
import { answerQuery } from './answer.ts';
import { newCounters } from './counting/counters.ts';
import { newEvents } from './events/events.ts';
import { type FastPath, type FastPathOptions, newFastPath, useSnapshot } from './fast-path.ts';
import { MISS } from './outcome.ts';

/** The client as answerQuery sees it, and what it did. */
export interface SelfAnswer {
  /** Undefined: the client is in none. */
  readonly segment?: string;
  readonly isBlocked: boolean;
  /** Of a block. */
  readonly decision?: string;
}

/** Standard query, recursion desired, one question. */
const HEADER = Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0);
/** Any but 0, from which nobody asks. */
const CLIENT_PORT = 53;
/** Directive, app and rule, cut where it is longer. */
const ID_ROOM = 512;

export class SelfQuestions {
  readonly #path: FastPath;
  readonly #packet: Packet = newPacket(new Uint8Array(HEADER_SIZE + MAX_NAME + 4 + MIN_UDP_SIZE));
  readonly #id = new Uint8Array(ID_ROOM);

  constructor(options: Pick<FastPathOptions, 'settings' | 'forwardZones' | 'seed'>) {
    this.#path = newFastPath({ ...options, counters: newCounters(), events: newEvents() });
  }

  follow(snapshot: Snapshot): void {
    useSnapshot([this.#path], snapshot);
  }

  ask(name: WireName, client: Address, now: Instant): SelfAnswer {
    const path = this.#path;
    const packet = this.#packet;
    const { events } = path;
    path.nowMs = now;
    // Nobody takes the events out: each is written over the one before.
    events.head = events.tail;
    write(packet, name, client);
    const length = answerQuery(path, packet);
    const { snapshot } = path;
    if (snapshot === undefined || packet.segment === NO_SEGMENT) return { isBlocked: false };
    const segment = snapshot.segmentNames[parentOf(snapshot, packet.segment)];
    const isBlocked = length !== MISS && actionOf(packet.verdict) === BLOCKED;
    return isBlocked ? { segment, isBlocked, decision: this.#decision(snapshot) } : { segment, isBlocked };
  }

  #decision(snapshot: Snapshot): string {
    const { segment, verdict, qname } = this.#packet;
    const room = new DataView(this.#id.buffer);
    return String.fromCharCode(
      ...this.#id.subarray(0, writeDecisionId(snapshot, segment, verdict, qname, room, 0, ID_ROOM)),
    );
  }
}

function write(packet: Packet, name: WireName, client: Address): void {
  const { bytes, view, at } = packet;
  bytes.set(HEADER, at);
  bytes.set(name, at + HEADER_SIZE);
  const behind = at + HEADER_SIZE + name.length;
  view.setUint16(behind, TYPE_A);
  view.setUint16(behind + 2, CLASS_IN);
  packet.length = behind + 4 - at;
  packet.client.set(client);
  packet.clientPort = CLIENT_PORT;
  packet.segment = SEGMENT_UNRESOLVED;
}
