// The answer of a blocked name (DNS.md §2): the kind that the rule or the segment asks for, the directive's EDE with the decision id as its
// text, a count and an event. Nothing of the query but its question, type and OPT changes it.

import { type Packet, TRANSPORT_UDP } from '../../base/packet.ts';
import { answerOf, edeOf } from '../../policy/decide/decide.ts';
import { writeDecisionId } from '../../policy/decide/decision-id.ts';
import { ANSWERS, type Answer } from '../../policy/model.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { isOpen } from '../../policy/verdict.ts';
import { addEde, EDE_FORGED_ANSWER, EDE_SIZE } from '../wire/edns.ts';
import {
  FLAG_TC,
  NSCOUNT_AT,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
} from '../wire/message.ts';
import { A_SIZE, AAAA_SIZE, soaRoom, writeA, writeAaaa, writeHeader, writeSoa } from '../wire/reply.ts';
import { countDropped, countResponse, DROPPED_POLICY } from './counting/counters.ts';
import type { FastPath } from './fast-path.ts';
import { addOpt, answerLimit, optSize, sendTruncated } from './finish.ts';
import { DROP } from './outcome.ts';
import { recordDecision } from './record.ts';

const SINKHOLE = numberOf('sinkhole');
const NULL = numberOf('null');
const NXDOMAIN = numberOf('nxdomain');
const REFUSED = numberOf('refused');
const DROPPED = numberOf('drop');
const TCP_ONLY = numberOf('tcp-only');

function numberOf(answer: Answer): number {
  return ANSWERS.indexOf(answer);
}

const UNSPECIFIED_IPV4 = new Uint8Array(4);
const UNSPECIFIED_IPV6 = new Uint8Array(16);

/**
 * Answers for packet.verdict, which says BLOCKED and was just reached on `judged`: the qname, or a kept answer whose content matched (the
 * snapshot's scratch still says where). Gives the length or DROP.
 */
export function answerBlocked(path: FastPath, snapshot: Snapshot, packet: Packet, judged: Uint8Array): number {
  recordDecision(path, snapshot, packet, judged);
  const { sinkholeIPv4, sinkholeIPv6 } = snapshot.answers;
  switch (answerOf(snapshot, packet.segment, packet.verdict)) {
    case DROPPED:
      countDropped(path.counters, packet.transport, DROPPED_POLICY);
      return DROP;
    case REFUSED:
      return bare(path, snapshot, packet, judged, RCODE_REFUSED, 0);
    case TCP_ONLY:
      if (packet.transport === TRANSPORT_UDP) return bare(path, snapshot, packet, judged, RCODE_NOERROR, FLAG_TC);
      return negative(path, snapshot, packet, judged, nameErrorOf(packet));
    case NXDOMAIN:
      return negative(path, snapshot, packet, judged, nameErrorOf(packet));
    case SINKHOLE:
      return forged(path, snapshot, packet, judged, sinkholeIPv4, sinkholeIPv6);
    case NULL:
      return forged(path, snapshot, packet, judged, UNSPECIFIED_IPV4, UNSPECIFIED_IPV6);
    default:
      return negative(path, snapshot, packet, judged, RCODE_NOERROR);
  }
}

/**
 * NXDOMAIN, or NOERROR (NODATA) where free names may lie below: caches that follow RFC 8020 would take those for absent too. The verdict
 * says so of an exact rule, of an except or protected name underneath, and of every block by content.
 */
function nameErrorOf(packet: Packet): number {
  return isOpen(packet.verdict) ? RCODE_NOERROR : RCODE_NXDOMAIN;
}

function bare(
  path: FastPath,
  snapshot: Snapshot,
  packet: Packet,
  judged: Uint8Array,
  rcode: number,
  flags: number,
): number {
  return finishBlocked(path, snapshot, packet, judged, writeHeader(packet, rcode, flags), rcode, false);
}

/** No record but the SOA, owned by the qname (NODATA) or its parent (NXDOMAIN). Without room for it the answer is just not cached. */
function negative(path: FastPath, snapshot: Snapshot, packet: Packet, judged: Uint8Array, rcode: number): number {
  const { soa } = path;
  const ownerAt = rcode === RCODE_NXDOMAIN ? packet.qname[0] + 1 : 0;
  let end = writeHeader(packet, rcode, 0);
  if (end + soaRoom(soa) + optSize(packet) <= answerLimit(path, packet)) {
    end = writeSoa(packet, end, NSCOUNT_AT, ownerAt, soa);
  }
  return finishBlocked(path, snapshot, packet, judged, end, rcode, false);
}

/** An address of ours for A, AAAA or both (ANY); NODATA for other types and for a family that has none. */
function forged(
  path: FastPath,
  snapshot: Snapshot,
  packet: Packet,
  judged: Uint8Array,
  ipv4: Uint8Array | undefined,
  ipv6: Uint8Array | undefined,
): number {
  const { qtype } = packet;
  const { ttlSeconds } = snapshot.answers;
  const a = qtype === TYPE_A || qtype === TYPE_ANY ? ipv4 : undefined;
  const aaaa = qtype === TYPE_AAAA || qtype === TYPE_ANY ? ipv6 : undefined;
  if (a === undefined && aaaa === undefined) return negative(path, snapshot, packet, judged, RCODE_NOERROR);
  let end = writeHeader(packet, RCODE_NOERROR, 0);
  if (end + A_SIZE + AAAA_SIZE + optSize(packet) > answerLimit(path, packet)) {
    return sendTruncated(path, packet, RCODE_NOERROR, 0);
  }
  if (a !== undefined) end = writeA(packet, end, a, ttlSeconds);
  if (aaaa !== undefined) end = writeAaaa(packet, end, aaaa, ttlSeconds);
  return finishBlocked(path, snapshot, packet, judged, end, RCODE_NOERROR, true);
}

/** OPT, EDE 4 in front of a forged record, then the directive's own code with as much of the decision id as there is room for. */
function finishBlocked(
  path: FastPath,
  snapshot: Snapshot,
  packet: Packet,
  judged: Uint8Array,
  optAt: number,
  rcode: number,
  isForged: boolean,
): number {
  const { view, segment, verdict } = packet;
  const limit = answerLimit(path, packet);
  let end = addOpt(path, packet, optAt, rcode);
  if (end > optAt) {
    if (isForged && end + EDE_SIZE <= limit) end = addEde(view, optAt, end, EDE_FORGED_ANSWER, 0);
    const textAt = end + EDE_SIZE;
    if (textAt <= limit) {
      const text = writeDecisionId(snapshot, segment, verdict, judged, view, textAt, limit - textAt);
      end = addEde(view, optAt, end, edeOf(snapshot, segment, verdict), text);
    }
  }
  countResponse(path.counters, packet.transport, rcode);
  return end - packet.at;
}
