// The query that we send on, and what makes a reply its answer. It is built anew, never copied: nothing of the client's header, case or
// options leaves the house.

import { readU16, writeU16 } from '../../../base/bytes.ts';
import { LOWER } from '../../../base/names.ts';
import { OPT_SIZE } from '../../wire/edns.ts';
import {
  ARCOUNT_AT,
  CLASS_IN,
  FLAG_AD,
  FLAG_CD,
  FLAG_QR,
  FLAG_RD,
  FLAG_TC,
  FLAGS_AT,
  HEADER_SIZE,
  OPCODE_MASK,
  QDCOUNT_AT,
  TYPE_OPT,
} from '../../wire/message.ts';
import type { Random } from '../random.ts';

/** RFC 9715 §3.2: below every path's MTU, so that no answer is fragmented. */
const UDP_SIZE = 1232;
/** RFC 3225, in the second half of the OPT's TTL. */
const FLAG_DO = 0x8000;

export interface UpstreamQuestion {
  /** Wire form in lower case. */
  readonly qname: Uint8Array;
  readonly qtype: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

/**
 * A whole query with id 0, in bytes of its own (a socket may hold them until they are sent). AD asks for the AD bit (RFC 6840 §5.7): one
 * cached answer serves clients that want it and clients that do not. With `caseBits` each letter's case is a coin toss (0x20).
 */
export function buildQuery(question: UpstreamQuestion, caseBits?: Random): Uint8Array {
  const { qname } = question;
  const bytes = new Uint8Array(HEADER_SIZE + qname.length + 4 + OPT_SIZE);
  writeU16(bytes, FLAGS_AT, FLAG_RD | FLAG_AD | (question.checkingDisabled ? FLAG_CD : 0));
  writeU16(bytes, QDCOUNT_AT, 1);
  writeU16(bytes, ARCOUNT_AT, 1);
  bytes.set(qname, HEADER_SIZE);
  if (caseBits !== undefined) tossCase(bytes, HEADER_SIZE, HEADER_SIZE + qname.length, caseBits);
  const behind = HEADER_SIZE + qname.length;
  writeU16(bytes, behind, question.qtype);
  writeU16(bytes, behind + 2, CLASS_IN);
  // The OPT without a DataView, which would move the bytes off V8's heap: root, type, size, DO, no options.
  writeU16(bytes, behind + 5, TYPE_OPT);
  writeU16(bytes, behind + 7, UDP_SIZE);
  if (question.dnssecOk) writeU16(bytes, behind + 11, FLAG_DO);
  return bytes;
}

/** Length bytes are below 64 and no letters, so the name need not be walked. */
function tossCase(bytes: Uint8Array, from: number, end: number, random: Random): void {
  for (let i = from; i < end; i++) {
    if (bytes[i] >= 0x61 && bytes[i] <= 0x7a && (random.byte() & 1) === 1) bytes[i] -= 0x20;
  }
}

export const MATCH = 0;
/** Another question, or no reply at all. */
export const NO_MATCH = 1;
/** The question in other letters: a server that folds case, or a forgery that guessed everything else. */
export const CASE_DIFFERS = 2;

/** Compares a reply with the query as it was sent; ids are the caller's business. An error may come without its question. */
export function matchReply(reply: Uint8Array, sent: Uint8Array): number {
  if (reply.length < HEADER_SIZE) return NO_MATCH;
  const flags = readU16(reply, FLAGS_AT);
  if ((flags & FLAG_QR) === 0 || (flags & OPCODE_MASK) !== 0) return NO_MATCH;
  const questions = readU16(reply, QDCOUNT_AT);
  if (questions === 0 && (flags & 15) !== 0) return MATCH;
  const end = sent.length - OPT_SIZE;
  if (questions !== 1 || reply.length < end) return NO_MATCH;
  let result = MATCH;
  for (let i = HEADER_SIZE; i < end; i++) {
    if (reply[i] === sent[i]) continue;
    if (i >= end - 4 || LOWER[reply[i]] !== LOWER[sent[i]]) return NO_MATCH;
    result = CASE_DIFFERS;
  }
  return result;
}

export function isTruncated(reply: Uint8Array): boolean {
  return (readU16(reply, FLAGS_AT) & FLAG_TC) !== 0;
}
