// The end of every answer: how long it may be, its OPT, and its count.

import { type Packet, TRANSPORT_UDP } from '../../base/packet.ts';
import { addEde, EDE_SIZE, OPT_SIZE, writeOpt } from '../wire/edns.ts';
import { ARCOUNT_AT, FLAG_TC, MAX_MESSAGE, MIN_UDP_SIZE } from '../wire/message.ts';
import { countRecord, writeHeader } from '../wire/reply.ts';
import { countResponse } from './counting/counters.ts';
import type { FastPath } from './fast-path.ts';

/** In place of an EDE code: none. */
export const NO_EDE = -1;

/** Offset behind the last byte that the answer may use (DNS.md §1). */
export function answerLimit(path: FastPath, packet: Packet): number {
  if (packet.transport !== TRANSPORT_UDP) return packet.at + Math.min(packet.capacity, MAX_MESSAGE);
  const asked = Math.max(MIN_UDP_SIZE, packet.udpSize);
  return packet.at + Math.min(packet.capacity, asked, path.settings.maxUdpSize);
}

/** Bytes that `finish` needs for the OPT. */
export function optSize(packet: Packet): number {
  return packet.hasOpt === 1 ? OPT_SIZE : 0;
}

/** Adds the OPT when the query had one; gives the offset behind it, or `end` when there is none. */
export function addOpt(path: FastPath, packet: Packet, end: number, rcode: number): number {
  if (packet.hasOpt === 0 || end + OPT_SIZE > answerLimit(path, packet)) return end;
  countRecord(packet, ARCOUNT_AT);
  return writeOpt(packet.view, end, path.settings.maxUdpSize, rcode, packet.dnssecOk);
}

/** Adds the OPT, with one EDE where there is room, and counts the answer. Gives the answer's length. */
export function finish(path: FastPath, packet: Packet, end: number, rcode: number, ede: number): number {
  let behind = addOpt(path, packet, end, rcode);
  if (behind > end && ede !== NO_EDE && behind + EDE_SIZE <= answerLimit(path, packet)) {
    behind = addEde(packet.view, end, behind, ede, 0);
  }
  countResponse(path.counters, packet.transport, rcode);
  return behind - packet.at;
}

/** An answer of question and OPT alone. */
export function sendRcode(path: FastPath, packet: Packet, rcode: number, ede: number): number {
  return finish(path, packet, writeHeader(packet, rcode, 0), rcode, ede);
}

/** Question and OPT only, TC set: ask again over TCP. `extraFlags` may carry AD. */
export function sendTruncated(path: FastPath, packet: Packet, rcode: number, extraFlags: number): number {
  return finish(path, packet, writeHeader(packet, rcode, FLAG_TC | extraFlags), rcode, NO_EDE);
}
