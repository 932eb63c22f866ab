// The DNS door's rule book, one query at a time (DNS.md §1 and §2): what can be answered from the policy, from built-in names and from the
// response cache is answered in place; everything else is a MISS for the resolver, which comes back through answerFromMemory or
// answerFailure.
//
//   format ─▶ segment ─▶ local names ─▶ response cache ─┬─ hit ─▶ policy by name and content, memo first ───────────────▶ copy
//                                                       └─▶ policy by name ─▶ RD ─▶ MISS ─▶ (resolver) ─▶ by content ───▶ copy

import type { NameLabels } from '../../base/name-labels.ts';
import { NO_SEGMENT, type Packet, SEGMENT_UNRESOLVED } from '../../base/packet.ts';
import { segmentNow, verdictForPacket } from '../../policy/decide/decide.ts';
import { prepareName } from '../../policy/decide/touch.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED } from '../../policy/verdict.ts';
import { EDE_NOT_AUTHORITATIVE, EDE_NOT_READY, EDE_NOT_SUPPORTED, EDE_PROHIBITED } from '../wire/edns.ts';
import { FLAG_RD, RCODE_BADVERS, RCODE_FORMERR, RCODE_NOTIMP, RCODE_REFUSED, RCODE_SERVFAIL } from '../wire/message.ts';
import {
  FAULT_DROP,
  FAULT_FORMAT,
  FAULT_NONE,
  FAULT_NOTIMP,
  FAULT_OPCODE,
  FAULT_VERSION,
  readQuery,
} from '../wire/question.ts';
import { writeBareHeader } from '../wire/reply.ts';
import { answerBlocked } from './blocked.ts';
import {
  countDropped,
  countQuery,
  countRefused,
  DROPPED_MALFORMED,
  DROPPED_RATE,
  REFUSED_NO_RECURSION,
  REFUSED_NO_SEGMENT,
} from './counting/counters.ts';
import type { FastPath } from './fast-path.ts';
import { finish, NO_EDE, sendRcode } from './finish.ts';
import { answerFromCache } from './from-cache.ts';
import { answerLocal } from './local-answer.ts';
import { LOCAL_NONE, localKind } from './local-zones.ts';
import { DROP, MISS, PROBE } from './outcome.ts';
import { answerOwnProbe, isOwnProbe } from './own-probe.ts';
import { parentNumber } from './record.ts';
import { mayRefuse } from './refusals.ts';

/**
 * Judges the query in `packet` and writes its answer over it. Gives the answer's length, MISS, DROP or PROBE. Never throws, never allocates,
 * never writes outside the packet's room. On a MISS the packet's fields are filled in and its bytes are as they came.
 */
export function answerQuery(path: FastPath, packet: Packet): number {
  readPacket(packet);
  return answerRead(path, packet);
}

/** The first part of answerQuery, for whoever has a batch of packets: read them all, touchBatch, then answerRead for each. */
export function readPacket(packet: Packet): void {
  packet.hashed = 0;
  packet.keyed = 0;
  packet.slot = -1;
  packet.refresh = 0;
  packet.fault = readQuery(packet);
}

/** The second part of answerQuery. */
export function answerRead(path: FastPath, packet: Packet): number {
  const { fault } = packet;
  if (fault !== FAULT_NONE) return answerFaulty(path, packet, fault);
  arrive(path, packet);
  const { snapshot } = path;
  if (packet.segment === NO_SEGMENT) return refuseStranger(path, packet, fault);
  if (snapshot === undefined) return sendRcode(path, packet, RCODE_SERVFAIL, EDE_NOT_READY);
  const local = localKind(path.localZones, packet.qname, packet.qnameLength, topAt(packet.labels));
  if (local !== LOCAL_NONE) {
    const length = answerLocal(path, snapshot, packet, local);
    if (length !== MISS) return length;
  }
  return answerByName(path, snapshot, packet);
}

/** Whose it is, and that it came. */
function arrive(path: FastPath, packet: Packet): void {
  const { snapshot } = path;
  if (snapshot !== undefined && packet.segment === SEGMENT_UNRESOLVED) {
    packet.segment = segmentNow(snapshot, packet.client, 0, path);
  }
  if (path.settings.countsQueries) countQuery(path.counters, packet.transport, parentNumber(snapshot, packet.segment));
}

function answerFaulty(path: FastPath, packet: Packet, fault: number): number {
  if (fault === FAULT_OPCODE && isOwnProbe(path.settings, packet)) {
    answerOwnProbe(packet);
    return PROBE;
  }
  arrive(path, packet);
  if (fault === FAULT_DROP) return drop(path, packet, DROPPED_MALFORMED);
  return packet.segment === NO_SEGMENT ? refuseStranger(path, packet, fault) : answerFault(path, packet, fault);
}

/** Where the last label starts; the root has none. */
function topAt({ starts, count }: NameLabels): number {
  return count === 0 ? 0 : starts[count - 1];
}

function answerByName(path: FastPath, snapshot: Snapshot, packet: Packet): number {
  const { cache } = path;
  const mayAsk = (packet.flags & FLAG_RD) !== 0 || path.settings.allowNonRecursive;
  if (cache !== undefined && mayAsk) {
    const length = answerFromCache(path, snapshot, packet, cache);
    if (length !== MISS) return length;
  }
  if (packet.hashed === 0) prepareName(snapshot, packet);
  packet.verdict = verdictForPacket(snapshot, packet);
  if (actionOf(packet.verdict) === BLOCKED) return answerBlocked(path, snapshot, packet, packet.qname);
  if (mayAsk) return MISS;
  countRefused(path.counters, REFUSED_NO_RECURSION);
  return sendRcode(path, packet, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
}

/** A client of no segment learns that it is refused, at a bounded rate, and nothing else: we are no reflector. */
function refuseStranger(path: FastPath, packet: Packet, fault: number): number {
  countRefused(path.counters, REFUSED_NO_SEGMENT);
  if (!mayRefuse(path.refusals, packet.client, path.nowSeconds >>> 0)) return drop(path, packet, DROPPED_RATE);
  if (fault !== FAULT_NONE) return answerFault(path, packet, fault);
  return sendRcode(path, packet, RCODE_REFUSED, EDE_PROHIBITED);
}

function answerFault(path: FastPath, packet: Packet, fault: number): number {
  switch (fault) {
    case FAULT_OPCODE:
      // Nothing behind the header was read, so there is no OPT either.
      return finish(path, packet, writeBareHeader(packet, RCODE_NOTIMP), RCODE_NOTIMP, NO_EDE);
    case FAULT_FORMAT:
      return finish(path, packet, writeBareHeader(packet, RCODE_FORMERR), RCODE_FORMERR, NO_EDE);
    case FAULT_VERSION:
      return sendRcode(path, packet, RCODE_BADVERS, NO_EDE);
    case FAULT_NOTIMP:
      return sendRcode(path, packet, RCODE_NOTIMP, EDE_NOT_SUPPORTED);
    default:
      return sendRcode(path, packet, RCODE_REFUSED, EDE_NOT_SUPPORTED);
  }
}

function drop(path: FastPath, packet: Packet, reason: number): number {
  countDropped(path.counters, packet.transport, reason);
  return DROP;
}
