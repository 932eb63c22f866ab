// A client's query, read once: header, question, OPT. What is found goes into the Packet, so that nobody reads it again; what is wrong
// comes back as a FAULT_ number, one for each row of DNS.md §1. Every byte is hostile: each loop ends with the bytes it has.
//
//   ┌────────┬─────────────────────┬──────────────────────────────────┐
//   │ header │ qname qtype qclass  │ records (a query has an OPT, or  │
//   │ 12     │                     │ none; a TSIG is passed over)     │
//   └────────┴─────────────────────┴──────────────────────────────────┘
//   ▲ at                           ▲ questionEnd                      ▲ at + length

import { IS_LITTLE_ENDIAN, readU16 } from '../../base/bytes.ts';
import { lowerFour, MAX_LABEL, MAX_LABELS, MAX_NAME } from '../../base/names.ts';
import type { Packet } from '../../base/packet.ts';
import {
  ANCOUNT_AT,
  ARCOUNT_AT,
  CLASS_IN,
  FLAG_QR,
  FLAGS_AT,
  HEADER_SIZE,
  NSCOUNT_AT,
  OPCODE_MASK,
  QDCOUNT_AT,
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_MAILA,
  TYPE_MAILB,
  TYPE_NXNAME,
  TYPE_OPT,
  TYPE_TKEY,
  TYPE_TSIG,
} from './message.ts';

export const FAULT_NONE = 0;
/** Not to be answered at all: too short, an answer itself (answering one makes loops), or from source port 0. */
export const FAULT_DROP = 1;
export const FAULT_OPCODE = 2;
export const FAULT_FORMAT = 3;
/** EDNS version above 0. */
export const FAULT_VERSION = 4;
/** A zone transfer, or a class other than IN. */
export const FAULT_REFUSED = 5;
/** A meta type that nobody answers here. */
export const FAULT_NOTIMP = 6;

/** Smallest question (root, type, class) and smallest record (root, type, class, TTL, length). */
const MIN_QUESTION = 5;
const MIN_RECORD = 11;
const POINTER = 0xc0;

/** Reads the query of `packet` and fills in questionEnd, qtype, flags, hasOpt, udpSize, dnssecOk, qname, qnameLength. */
export function readQuery(packet: Packet): number {
  forget(packet);
  const { bytes, at, length } = packet;
  if (length < HEADER_SIZE || packet.clientPort === 0 || packet.capacity < length) return FAULT_DROP;
  packet.flags = readU16(bytes, at + FLAGS_AT);
  if ((packet.flags & FLAG_QR) !== 0) return FAULT_DROP;
  if ((packet.flags & OPCODE_MASK) !== 0) return FAULT_OPCODE;
  const questions = readU16(bytes, at + QDCOUNT_AT);
  const behind = readQuestions(packet, questions);
  if (behind < 0) return FAULT_FORMAT;
  const version = readRecords(packet, behind);
  if (version < 0 || questions !== 1) return FAULT_FORMAT; // RFC 9619
  if (version > 0) return FAULT_VERSION;
  return typeFault(packet.qtype, readU16(bytes, packet.questionEnd - 2));
}

function forget(packet: Packet): void {
  packet.questionEnd = packet.at + HEADER_SIZE;
  packet.qtype = 0;
  packet.flags = 0;
  packet.hasOpt = 0;
  packet.udpSize = 0;
  packet.dnssecOk = 0;
  packet.qname[0] = 0;
  packet.qnameLength = 1;
  packet.labels.count = 0;
  packet.verdict = 0;
}

/** Reads the first question and passes over any others (so that the OPT behind them is found). Gives the offset behind, or -1. */
function readQuestions(packet: Packet, count: number): number {
  const { bytes, at, length } = packet;
  const end = at + length;
  const records = readU16(bytes, at + ANCOUNT_AT) + readU16(bytes, at + NSCOUNT_AT) + readU16(bytes, at + ARCOUNT_AT);
  if (count * MIN_QUESTION + records * MIN_RECORD > length - HEADER_SIZE) return -1;
  let next = at + HEADER_SIZE;
  for (let i = 0; i < count; i++) {
    const nameEnd = i === 0 ? readName(packet, next, end) : skipOwner(bytes, at, next, end);
    if (nameEnd < 0 || nameEnd + 4 > end) return -1;
    next = nameEnd + 4;
    if (i > 0) continue;
    packet.qtype = readU16(bytes, nameEnd);
    packet.questionEnd = next;
  }
  return next;
}

/**
 * Finds the qname's labels, then copies it in lower case by fours. It may not be compressed: there is nothing before it to point at. Gives the
 * offset behind, where type and class lie within the message, or -1. The name ends with the first label that is too much: no limit of its own.
 */
function readName(packet: Packet, from: number, end: number): number {
  const { bytes, view, qnameWords, labels } = packet;
  let next = from;
  let count = 0;
  while (bytes[next] !== 0) {
    const size = bytes[next];
    const behind = next + size + 1;
    if (size > MAX_LABEL || behind - from >= MAX_NAME || behind >= end) return -1;
    labels.starts[count++] = next - from;
    next = behind;
  }
  if (next + 5 > end) return -1;
  const length = next - from;
  labels.starts[count] = length;
  labels.count = count;
  // Up to three bytes of what is behind come along; they are within the message, and the copy has 256 bytes.
  for (let i = 0; i <= length >>> 2; i++) qnameWords[i] = lowerFour(view.getInt32(from + i * 4, IS_LITTLE_ENDIAN));
  packet.qnameLength = length + 1;
  return next + 1;
}

/** Walks the records, which must end with the message, and reads the OPT. Gives the EDNS version (0 without OPT), or -1. */
function readRecords(packet: Packet, from: number): number {
  const { bytes, at } = packet;
  const end = at + packet.length;
  const before = readU16(bytes, at + ANCOUNT_AT) + readU16(bytes, at + NSCOUNT_AT);
  const total = before + readU16(bytes, at + ARCOUNT_AT);
  let version = 0;
  let next = from;
  for (let i = 0; i < total; i++) {
    const typeAt = skipOwner(bytes, at, next, end);
    if (typeAt < 0 || typeAt + 10 > end) return -1;
    const dataAt = typeAt + 10;
    const dataEnd = dataAt + readU16(bytes, typeAt + 8);
    if (dataEnd > end) return -1;
    if (readU16(bytes, typeAt) === TYPE_OPT) {
      // RFC 6891 §6.1.1: one OPT, in the additional section, owned by the root.
      if (i < before || packet.hasOpt === 1 || typeAt !== next + 1 || bytes[next] !== 0) return -1;
      readOpt(packet, typeAt);
      version = bytes[typeAt + 5];
      if (version === 0 && !optionsFit(bytes, dataAt, dataEnd)) return -1;
    }
    next = dataEnd;
  }
  return next === end ? version : -1;
}

function readOpt(packet: Packet, typeAt: number): void {
  packet.hasOpt = 1;
  packet.udpSize = readU16(packet.bytes, typeAt + 2);
  packet.dnssecOk = packet.bytes[typeAt + 6] >> 7;
}

/** The options are looked at only for their lengths: none of them changes an answer, none is echoed or passed on. */
function optionsFit(bytes: Uint8Array, from: number, end: number): boolean {
  let next = from;
  while (next + 4 <= end) next += 4 + readU16(bytes, next + 2);
  return next === end;
}

/** Gives the offset behind a record's owner name, or -1. A pointer ends the name; it must point backwards, behind the header. */
function skipOwner(bytes: Uint8Array, start: number, from: number, end: number): number {
  let next = from;
  for (let labels = 0; labels <= MAX_LABELS && next < end; labels++) {
    const size = bytes[next];
    if (size === 0) return next + 1;
    if (size >= POINTER) {
      const target = start + (((size & 0x3f) << 8) | bytes[next + 1]);
      return next + 2 <= end && target < from && target >= start + HEADER_SIZE ? next + 2 : -1;
    }
    if (size > MAX_LABEL) return -1;
    next += size + 1;
  }
  return -1;
}

function typeFault(qtype: number, qclass: number): number {
  // OPT is no question (RFC 6891 §6.1.1), nor is type 0 (RFC 2931) or NXNAME (RFC 9824 §3.4).
  if (qtype === TYPE_OPT || qtype === 0 || qtype === TYPE_NXNAME) return FAULT_FORMAT;
  if (qclass !== CLASS_IN || qtype === TYPE_AXFR || qtype === TYPE_IXFR) return FAULT_REFUSED;
  const isMeta = qtype === TYPE_TKEY || qtype === TYPE_TSIG || qtype === TYPE_MAILA || qtype === TYPE_MAILB;
  return isMeta ? FAULT_NOTIMP : FAULT_NONE;
}
