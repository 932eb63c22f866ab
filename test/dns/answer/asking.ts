// Asks answerQuery as a door would, in a buffer whose bytes around the packet's room are watched.

import { parseAddress } from '../../../src/base/addresses.ts';
import { newPacket, type Packet, TRANSPORT_TCP, TRANSPORT_UDP } from '../../../src/base/packet.ts';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import { type FastPath, type FastPathSettings, newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import type { CacheReader } from '../../../src/dns/answer/response-cache/reader.ts';
import type { Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { NOW } from './small-policy.ts';

const GUARD = 64;
const GUARD_BYTE = 0xa5;

export function newPath(
  snapshot: Snapshot | undefined,
  settings: Partial<FastPathSettings> = {},
  forwardZones: readonly string[] = [],
  cache?: CacheReader,
): FastPath {
  const path = newFastPath({
    counters: newCounters(),
    events: newEvents(),
    settings: {
      maxUdpSize: 1232,
      maxTtlSeconds: 3600,
      negativeMaxTtlSeconds: 300,
      allowNonRecursive: false,
      countsQueries: true,
      ...settings,
    },
    forwardZones,
    cache,
    seed: 42,
  });
  path.nowMs = NOW;
  path.nowSeconds = 1000;
  if (snapshot !== undefined) useSnapshot([path], snapshot);
  return path;
}

export interface Asked {
  /** answerQuery's number. */
  readonly result: number;
  /** The answer, empty for MISS and DROP. */
  readonly bytes: Uint8Array;
  readonly packet: Packet;
}

export interface AskOptions {
  readonly client: string;
  readonly transport?: 'udp' | 'tcp';
  readonly capacity?: number;
  readonly port?: number;
}

/** Puts a query into a guarded buffer as a door does. */
export function packetOf(query: Uint8Array, options: AskOptions): Packet {
  const capacity = Math.max(query.length, options.capacity ?? 4096);
  const packet = newPacket(new Uint8Array(capacity + 2 * GUARD).fill(GUARD_BYTE));
  packet.bytes.set(query, GUARD);
  packet.at = GUARD;
  packet.length = query.length;
  packet.capacity = capacity;
  const client = parseAddress(options.client);
  if (client === undefined) throw new Error(options.client);
  packet.client.set(client);
  packet.clientPort = options.port ?? 5353;
  packet.transport = options.transport === 'tcp' ? TRANSPORT_TCP : TRANSPORT_UDP;
  return packet;
}

export function ask(path: FastPath, query: Uint8Array, options: AskOptions): Asked {
  const packet = packetOf(query, options);
  return finished(packet, answerQuery(path, packet));
}

/** The answer of a result, after a look at the guards. */
export function finished(packet: Packet, result: number): Asked {
  const { bytes, at, capacity } = packet;
  for (let i = 0; i < GUARD; i++) {
    if (bytes[i] !== GUARD_BYTE || bytes[at + capacity + i] !== GUARD_BYTE) throw new Error('written outside the room');
  }
  if (result > capacity) throw new Error(`${result} bytes in a room of ${capacity}`);
  return { result, bytes: result > 0 ? bytes.slice(at, at + result) : new Uint8Array(0), packet };
}
