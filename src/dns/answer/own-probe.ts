// The message by which a process asks its own listeners whether they answer. It takes the way of every other query, from the socket to
// answerQuery and back, and is counted nowhere: not as a query, not as an answer, not in the times.
//
//   ┌────┬──────────────────────┬──────────────────────┬────────┐
//   │ id │ opcode 15, all else 0 │ counts, all 0       │ key 16 │   the reply is the same bytes with QR set
//   └────┴──────────────────────┴──────────────────────┴────────┘
//
// Opcode 15 is assigned to nobody (IANA), so every query with it goes the slow way of faults: recognising ours costs other queries nothing.
// The key is random, of this process alone; who guessed it would be answered without being counted, and no more.

import type { Packet } from '../../base/packet.ts';
import { FLAGS_AT, HEADER_SIZE } from '../wire/message.ts';
import type { FastPathSettings } from './fast-path.ts';

export const PROBE_KEY_BYTES = 16;
const PROBE_BYTES = HEADER_SIZE + PROBE_KEY_BYTES;
const OPCODE_15 = 0x78;
const QR = 0x80;

export function probeMessage(key: Uint8Array, id: number): Uint8Array {
  const message = new Uint8Array(PROBE_BYTES);
  message[0] = id >>> 8;
  message[1] = id;
  message[FLAGS_AT] = OPCODE_15;
  message.set(key, HEADER_SIZE);
  return message;
}

export function isProbeReply(message: Uint8Array, reply: Uint8Array): boolean {
  if (reply.length !== message.length || reply[FLAGS_AT] !== (message[FLAGS_AT] | QR)) return false;
  return message.every((byte, i) => i === FLAGS_AT || byte === reply[i]);
}

/** Of a packet with another opcode than that of a query. Looks at every byte, so that the time it takes tells nothing of the key. */
export function isOwnProbe({ probeKey }: FastPathSettings, { bytes, at, length }: Packet): boolean {
  if (probeKey === undefined || length !== PROBE_BYTES || bytes[at + FLAGS_AT] !== OPCODE_15) return false;
  let differing = 0;
  for (let i = 0; i < PROBE_KEY_BYTES; i++) differing |= probeKey[i] ^ bytes[at + HEADER_SIZE + i];
  return differing === 0;
}

/** Turns it into its reply, in place: as long as it is. */
export function answerOwnProbe({ bytes, at }: Packet): void {
  bytes[at + FLAGS_AT] |= QR;
}
