// The second half of a query that answerQuery called a MISS: a kept answer is judged by what is in it and copied behind the client's own
// question, or the failure to get one is told. Same rules as answerQuery: in place, no allocation, nothing outside the room.

import { copyByFours, readU32 } from '../../base/bytes.ts';
import type { Packet } from '../../base/packet.ts';
import { verdictForFacts, verdictForName } from '../../policy/decide/decide.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED, FREE } from '../../policy/verdict.ts';
import { ageInto, setTtls } from '../wire/age.ts';
import { addEde, EDE_NOT_READY, EDE_SIZE, EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN } from '../wire/edns.ts';
import { ANCOUNT_AT, FLAG_AD, RCODE_NXDOMAIN, RCODE_SERVFAIL } from '../wire/message.ts';
import { writeHeader } from '../wire/reply.ts';
import { answerBlocked } from './blocked.ts';
import type { CachedAnswer } from './cached-answer.ts';
import { countResponse } from './counting/counters.ts';
import type { FastPath } from './fast-path.ts';
import { addOpt, answerLimit, NO_EDE, optSize, sendRcode, sendTruncated } from './finish.ts';
import { recordDecision } from './record.ts';

/** What a stale answer's records show (RFC 8767 §4). */
const STALE_TTL = 30;

/** The answer was in memory, came from an upstream, or is past its end because no upstream answered. */
export type WaitedFor = 'hit' | 'miss' | 'stale';

/**
 * Answers the packet's query from a kept answer of the same question. answerQuery must have called this packet a MISS under the present
 * snapshot. Gives the answer's length or DROP.
 */
export function answerFromMemory(path: FastPath, packet: Packet, answer: CachedAnswer, waitedFor: WaitedFor): number {
  const { snapshot } = path;
  if (snapshot === undefined) return sendRcode(path, packet, RCODE_SERVFAIL, EDE_NOT_READY);
  packet.verdict = verdictForFacts(snapshot, packet.segment, packet.verdict, answer.bytes, answer.factsAt);
  return answerJudged(path, snapshot, packet, answer, waitedFor === 'stale');
}

/** Does with a kept answer what packet.verdict says, which was just reached on it. */
export function answerJudged(
  path: FastPath,
  snapshot: Snapshot,
  packet: Packet,
  answer: CachedAnswer,
  isStale: boolean,
): number {
  if (actionOf(packet.verdict) === BLOCKED) return answerBlocked(path, snapshot, packet, answer.bytes);
  if (packet.verdict !== FREE) recordDecision(path, snapshot, packet, answer.bytes);
  return copyAnswer(path, packet, answer, isStale);
}

/** No answer could be had: `rcode` with an EDE code, or NO_EDE. Same conditions as answerFromMemory. */
export function answerFailure(path: FastPath, packet: Packet, rcode: number, ede: number): number {
  const { snapshot } = path;
  if (snapshot !== undefined && packet.verdict !== FREE) {
    // Judged again, so that the scratch is this packet's: others may have been judged while it waited.
    packet.verdict = verdictForName(snapshot, packet.segment, packet.qname, 0);
    recordDecision(path, snapshot, packet, packet.qname);
  }
  return sendRcode(path, packet, rcode, ede);
}

/** The kept sections behind the client's question: both questions have one length, so compression pointers hold. */
function copyAnswer(path: FastPath, packet: Packet, answer: CachedAnswer, isStale: boolean): number {
  const { at } = packet;
  const { rcode } = answer;
  const wantsAuthentic = (packet.flags & FLAG_AD) !== 0 || packet.dnssecOk === 1;
  const authentic = answer.authentic && wantsAuthentic ? FLAG_AD : 0;
  const end = at + answer.factsAt;
  if (end + optSize(packet) > answerLimit(path, packet)) return sendTruncated(path, packet, rcode, authentic);
  writeHeader(packet, rcode, authentic);
  // NSCOUNT is the u16 behind it.
  packet.view.setUint32(at + ANCOUNT_AT, readU32(answer.bytes, ANCOUNT_AT));
  copySections(packet, answer);
  setAges(path, packet, answer, isStale);
  return finishCopy(path, packet, answer, end, isStale);
}

/** Everything behind the question, by fours where that may write over what lies behind (8 ns instead of 45 for 80 bytes). */
function copySections(packet: Packet, answer: CachedAnswer): void {
  const { bytes, view, at, questionEnd, capacity } = packet;
  const { factsAt } = answer;
  const from = questionEnd - at;
  if (answer.view !== undefined && factsAt + 3 <= capacity) {
    copyByFours(answer.view, from, view, questionEnd, factsAt - from);
  } else {
    for (let i = from; i < factsAt; i++) bytes[at + i] = answer.bytes[i];
  }
}

function setAges(path: FastPath, packet: Packet, answer: CachedAnswer, isStale: boolean): void {
  const { view, at } = packet;
  const { maxTtlSeconds, negativeMaxTtlSeconds } = path.settings;
  if (isStale) {
    setTtls(view, at, answer.ttlOffsets, STALE_TTL);
    return;
  }
  const cap = answer.isNegative ? negativeMaxTtlSeconds : maxTtlSeconds;
  // Whole, so that no double is handed over; the answer may have come after this batch began.
  const ageSeconds = Math.max(0, Math.ceil(path.nowSeconds - answer.insertedAt)) | 0;
  ageInto(view, at, answer.ttlOffsets, ageSeconds, cap);
}

function finishCopy(path: FastPath, packet: Packet, answer: CachedAnswer, optAt: number, isStale: boolean): number {
  const limit = answerLimit(path, packet);
  const staleCode = answer.rcode === RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER;
  let end = addOpt(path, packet, optAt, answer.rcode);
  if (end > optAt && isStale && end + EDE_SIZE <= limit) end = addEde(packet.view, optAt, end, staleCode, 0);
  if (end > optAt && answer.ede !== NO_EDE && end + EDE_SIZE <= limit) {
    end = addEde(packet.view, optAt, end, answer.ede, 0);
  }
  countResponse(path.counters, packet.transport, answer.rcode);
  return end - packet.at;
}
