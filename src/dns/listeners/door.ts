// What UDP and TCP share: a query's bytes go in, the answer's bytes come out, at once from memory or later from the resolver. One door a
// thread; it owns the one Packet that answerQuery works on.

import { NO_SEGMENT, newPacket, SEGMENT_UNRESOLVED } from '../../base/packet.ts';
import { segmentOf } from '../../policy/decide/decide.ts';
import { answerQuery } from '../answer/answer.ts';
import {
  countDropped,
  countDuration,
  countOverload,
  DROPPED_MALFORMED,
  DURATION_MEMORY,
} from '../answer/counting/counters.ts';
import type { FastPath } from '../answer/fast-path.ts';
import { NO_EDE } from '../answer/finish.ts';
import { answerFailure } from '../answer/from-memory.ts';
import { DROP, MISS, PROBE } from '../answer/outcome.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { MAX_MESSAGE, RCODE_SERVFAIL } from '../wire/message.ts';
import { giveShareBack, newShares, takeShare } from './shares.ts';

/** Misses that wait for the resolver at once; at 20,000 a second and half a second each. Beyond: SERVFAIL, counted. */
const MAX_MISSES_IN_FLIGHT = 10_000;
/** How often `close` looks whether the last answer is out. */
const CLOSE_POLL_MS = 10;

/** A packet that no code path foresaw: counted, dropped, shown to the operator; the door goes on. */
export interface PacketFault {
  readonly error: unknown;
  readonly sample: Uint8Array;
}

interface DoorClock {
  wallMs(): number;
  monotonicSeconds(): number;
}

export interface DoorOptions {
  readonly path: FastPath;
  readonly resolver: Resolver;
  readonly clock: DoorClock;
  readonly onFault: (fault: PacketFault) => void;
  readonly maxMisses?: number;
}

/** Undefined: send nothing. */
export type Reply = Uint8Array | undefined;

export interface Door {
  /** `client` holds 16 bytes, which are copied when they are needed later; so are the query's. The reply is the caller's own. */
  answer(query: Uint8Array, client: Uint8Array, clientPort: number, transport: number): Reply | Promise<Reply>;
  /** True when a segment holds the client. */
  knows(client: Uint8Array): boolean;
  inFlight(): number;
  /** Resolves when nothing is in flight any more, or after `graceMs`. */
  idle(graceMs: number): Promise<void>;
}

export function createDoor(options: DoorOptions): Door {
  const { path, resolver, clock, onFault, maxMisses = MAX_MISSES_IN_FLIGHT } = options;
  const packet = newPacket(new Uint8Array(MAX_MESSAGE));
  const shares = newShares(maxMisses, path.refusals.seed);
  let misses = 0;

  function answer(given: Uint8Array, client: Uint8Array, clientPort: number, transport: number) {
    // Node's sockets give Buffers, whose slice() is a view: what is kept of a query must be a copy.
    const query = new Uint8Array(given.buffer, given.byteOffset, given.length);
    try {
      return answerNow(query, client, clientPort, transport);
    } catch (error) {
      return fault(error, query, transport);
    }
  }

  function answerNow(query: Uint8Array, client: Uint8Array, clientPort: number, transport: number) {
    const arrived = clock.monotonicSeconds();
    packet.bytes.set(query);
    packet.length = query.length;
    packet.client.set(client);
    packet.clientPort = clientPort;
    packet.transport = transport;
    packet.segment = SEGMENT_UNRESOLVED;
    path.nowMs = clock.wallMs();
    path.nowSeconds = arrived;
    let length = answerQuery(path, packet);
    if (length === PROBE) return packet.bytes.slice(0, packet.length);
    if (length === MISS) {
      const slot = misses < maxMisses ? takeShare(shares, client) : -1;
      if (slot >= 0) return miss(query, client.slice(), clientPort, transport, slot);
      countOverload(path.counters);
      length = answerFailure(path, packet, RCODE_SERVFAIL, NO_EDE);
    }
    if (packet.refresh === 1) resolver.refresh(query, { client, clientPort, transport, segment: SEGMENT_UNRESOLVED });
    const reply = length === DROP ? undefined : packet.bytes.slice(0, length);
    countDuration(path.counters, DURATION_MEMORY, clock.monotonicSeconds() - arrived);
    return reply;
  }

  /** The segment stays open: its number may mean something else by the time the answer comes. */
  async function miss(
    query: Uint8Array,
    client: Uint8Array,
    clientPort: number,
    transport: number,
    slot: number,
  ): Promise<Reply> {
    misses++;
    try {
      return await resolver.resolve(query, { client, clientPort, transport, segment: SEGMENT_UNRESOLVED });
    } catch (error) {
      return fault(error, query, transport);
    } finally {
      misses--;
      giveShareBack(shares, slot);
    }
  }

  function fault(error: unknown, query: Uint8Array, transport: number): undefined {
    countDropped(path.counters, transport, DROPPED_MALFORMED);
    onFault({ error, sample: query.slice() });
    return undefined;
  }

  function knows(client: Uint8Array): boolean {
    const { snapshot } = path;
    return snapshot !== undefined && segmentOf(snapshot, client, 0, clock.wallMs()) !== NO_SEGMENT;
  }

  async function idle(graceMs: number): Promise<void> {
    const end = clock.monotonicSeconds() + graceMs / 1000;
    while (misses > 0 && clock.monotonicSeconds() < end) {
      await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS));
    }
  }

  return { answer, knows, inFlight: () => misses, idle };
}
