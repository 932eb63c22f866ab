// The sections of a message as offsets: one walk proves that every record lies inside the message, and fills a flat table of u16 (a
// message has at most 65,535 bytes). Nothing is decoded.
//
//   owner  type  class  ttl  rdlength  rdata            per record: ownerAt, rdataAt, rdataEnd; the ten fixed bytes stand before rdataAt
//          u16   u16    u32  u16

import { readU16, readU32 } from '../../base/bytes.ts';
import { ANCOUNT_AT, ARCOUNT_AT, HEADER_SIZE, MAX_MESSAGE, NSCOUNT_AT, QDCOUNT_AT } from './message.ts';
import { skipName } from './names.ts';

// The types whose meaning the walk over an upstream's answer needs; message.ts has the others.
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_DNAME = 39;
export const TYPE_RRSIG = 46;
export const TYPE_NSEC = 47;
export const TYPE_NSEC3 = 50;
export const TYPE_SVCB = 64;
export const TYPE_HTTPS = 65;

/** Root owner and the ten fixed bytes. */
const SMALLEST_RECORD = 11;
const COLUMNS = 3;

export interface Records {
  readonly bytes: Uint8Array;
  /** Offset of the first byte behind the question. */
  readonly questionEnd: number;
  /** Record numbers: ANSWER is [0, answers), AUTHORITY [answers, authorities), ADDITIONAL [authorities, count). */
  readonly answers: number;
  readonly authorities: number;
  readonly count: number;
  readonly table: Uint16Array;
}

export type RecordsFault = 'short' | 'question-count' | 'question' | 'counts' | 'record';

/** Of one message at a time. */
const table = new Uint16Array(Math.ceil(MAX_MESSAGE / SMALLEST_RECORD) * COLUMNS);

/** Walks a whole message with one question; the records are good until the next one. Bytes behind the last record are none of its business. */
export function readRecords(bytes: Uint8Array): Records | RecordsFault {
  if (bytes.length < HEADER_SIZE || bytes.length > MAX_MESSAGE) return 'short';
  if (readU16(bytes, QDCOUNT_AT) !== 1) return 'question-count';
  const nameEnd = skipName(bytes, HEADER_SIZE, bytes.length);
  if (nameEnd < 0 || nameEnd + 4 > bytes.length) return 'question';
  const answers = readU16(bytes, ANCOUNT_AT);
  const authorities = answers + readU16(bytes, NSCOUNT_AT);
  const count = authorities + readU16(bytes, ARCOUNT_AT);
  const questionEnd = nameEnd + 4;
  if (count * SMALLEST_RECORD > bytes.length - questionEnd) return 'counts';
  let at = questionEnd;
  for (let i = 0; i < count; i++) {
    at = readRecord(bytes, at, table, i * COLUMNS);
    if (at < 0) return 'record';
  }
  return { bytes, questionEnd, answers, authorities, count, table };
}

function readRecord(bytes: Uint8Array, at: number, table: Uint16Array, row: number): number {
  const fixedAt = skipName(bytes, at, bytes.length);
  const rdataAt = fixedAt + 10;
  if (fixedAt < 0 || rdataAt > bytes.length) return -1;
  const rdataEnd = rdataAt + readU16(bytes, fixedAt + 8);
  if (rdataEnd > bytes.length) return -1;
  table[row] = at;
  table[row + 1] = rdataAt;
  table[row + 2] = rdataEnd;
  return rdataEnd;
}

export function ownerAt(records: Records, i: number): number {
  return records.table[i * COLUMNS];
}
export function rdataAt(records: Records, i: number): number {
  return records.table[i * COLUMNS + 1];
}
export function rdataEnd(records: Records, i: number): number {
  return records.table[i * COLUMNS + 2];
}
export function typeOf(records: Records, i: number): number {
  return readU16(records.bytes, rdataAt(records, i) - 10);
}
export function classOf(records: Records, i: number): number {
  return readU16(records.bytes, rdataAt(records, i) - 8);
}
/** A TTL with its top bit set is 0 (RFC 2181 §8). */
export function ttlOf(records: Records, i: number): number {
  const ttl = readU32(records.bytes, rdataAt(records, i) - 6);
  return ttl > 0x7fffffff ? 0 : ttl;
}
/** TYPE COVERED of an RRSIG, 0 when its RDATA is too short. */
export function coveredBy(records: Records, i: number): number {
  const at = rdataAt(records, i);
  return rdataEnd(records, i) - at < 18 ? 0 : readU16(records.bytes, at);
}
