// Answers for names that never leave the house (local-zones.ts): loopback addresses for localhost, else an empty zone's NODATA or NXDOMAIN
// with the SOA of that zone.

import type { Packet } from '../../base/packet.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import {
  ANCOUNT_AT,
  NSCOUNT_AT,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_DS,
  TYPE_SOA,
} from '../wire/message.ts';
import { A_SIZE, AAAA_SIZE, soaRoom, writeA, writeAaaa, writeHeader, writeSoa } from '../wire/reply.ts';
import type { FastPath } from './fast-path.ts';
import { answerLimit, finish, NO_EDE, optSize } from './finish.ts';
import { LOCAL_EMPTY, LOCAL_EMPTY_SIGNED_PARENT, LOCAL_LOOPBACK } from './local-zones.ts';
import { MISS } from './outcome.ts';

const LOOPBACK_IPV4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** `kind` is what localKind gave for the packet's qname. Gives the length, or MISS for the one question that is the parent's. */
export function answerLocal(path: FastPath, snapshot: Snapshot, packet: Packet, kind: number): number {
  const { qtype } = packet;
  const { apexAt } = path.localZones;
  if (kind === LOCAL_LOOPBACK && (qtype === TYPE_A || qtype === TYPE_AAAA || qtype === TYPE_ANY)) {
    return answerLoopback(path, snapshot, packet);
  }
  if (kind === LOCAL_EMPTY_SIGNED_PARENT && apexAt === 0 && qtype === TYPE_DS) return MISS;
  const isEmpty = kind === LOCAL_EMPTY || kind === LOCAL_EMPTY_SIGNED_PARENT;
  const rcode = isEmpty && apexAt > 0 ? RCODE_NXDOMAIN : RCODE_NOERROR;
  return answerSoa(path, packet, rcode, apexAt);
}

function answerLoopback(path: FastPath, snapshot: Snapshot, packet: Packet): number {
  const { qtype } = packet;
  const { ttlSeconds } = snapshot.answers;
  let end = writeHeader(packet, RCODE_NOERROR, 0);
  if (end + A_SIZE + AAAA_SIZE + optSize(packet) <= answerLimit(path, packet)) {
    if (qtype !== TYPE_AAAA) end = writeA(packet, end, LOOPBACK_IPV4, ttlSeconds);
    if (qtype !== TYPE_A) end = writeAaaa(packet, end, LOOPBACK_IPV6, ttlSeconds);
  }
  return finish(path, packet, end, RCODE_NOERROR, NO_EDE);
}

/** The zone's SOA: the answer itself when the apex is asked for it, else the proof that there is nothing. */
function answerSoa(path: FastPath, packet: Packet, rcode: number, apexAt: number): number {
  const { soa } = path;
  const { qtype } = packet;
  const section = apexAt === 0 && (qtype === TYPE_SOA || qtype === TYPE_ANY) ? ANCOUNT_AT : NSCOUNT_AT;
  let end = writeHeader(packet, rcode, 0);
  if (end + soaRoom(soa) + optSize(packet) <= answerLimit(path, packet)) {
    end = writeSoa(packet, end, section, apexAt, soa);
  }
  return finish(path, packet, end, rcode, NO_EDE);
}
