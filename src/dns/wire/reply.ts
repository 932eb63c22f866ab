// The parts of an answer that we write ourselves, in place over the query: header, A and AAAA records, SOA. The client's own question
// stays byte for byte, so that its case (0x20) and length are kept and every owner name is a pointer into it.

import { readU16, writeU16, writeU32 } from '../../base/bytes.ts';
import type { Packet } from '../../base/packet.ts';
import {
  ANCOUNT_AT,
  ARCOUNT_AT,
  CLASS_IN,
  FLAG_CD,
  FLAG_QR,
  FLAG_RA,
  FLAG_RD,
  FLAGS_AT,
  HEADER_SIZE,
  NSCOUNT_AT,
  OPCODE_MASK,
  QDCOUNT_AT,
  TYPE_A,
  TYPE_AAAA,
  TYPE_SOA,
} from './message.ts';

/** A compression pointer to the qname, which always starts behind the header. */
const QNAME_POINTER = 0xc000 | HEADER_SIZE;
/** Owner pointer, type, class, TTL, RDLENGTH. */
const RECORD_HEAD = 12;
export const A_SIZE = RECORD_HEAD + 4;
export const AAAA_SIZE = RECORD_HEAD + 16;
/** Five 32-bit numbers behind the two names of a SOA. */
const SOA_NUMBERS = 20;
// RFC 1912 §2.2; nobody transfers these zones, so the values are customary and mean nothing.
const SOA_REFRESH = 3600;
const SOA_RETRY = 600;
const SOA_EXPIRE = 86_400;

/**
 * Turns the query's header into the answer's: QR and RA set, opcode, RD and CD kept, AA clear, the question kept, no records yet.
 * `extraFlags` may add AD or TC. The part of an rcode above 15 travels in the OPT. Gives the offset behind the question.
 */
export function writeHeader(packet: Packet, rcode: number, extraFlags: number): number {
  const { bytes, at } = packet;
  const kept = packet.flags & (OPCODE_MASK | FLAG_RD | FLAG_CD);
  writeU16(bytes, at + FLAGS_AT, FLAG_QR | FLAG_RA | kept | extraFlags | (rcode & 15));
  writeU16(bytes, at + QDCOUNT_AT, 1);
  writeU16(bytes, at + ANCOUNT_AT, 0);
  writeU16(bytes, at + NSCOUNT_AT, 0);
  writeU16(bytes, at + ARCOUNT_AT, 0);
  return packet.questionEnd;
}

/** As writeHeader, without the question: for queries whose question cannot be trusted to be one. */
export function writeBareHeader(packet: Packet, rcode: number): number {
  writeHeader(packet, rcode, 0);
  writeU16(packet.bytes, packet.at + QDCOUNT_AT, 0);
  return packet.at + HEADER_SIZE;
}

/** Adds one to a section's count. */
export function countRecord(packet: Packet, countAt: number): void {
  writeU16(packet.bytes, packet.at + countAt, readU16(packet.bytes, packet.at + countAt) + 1);
}

/** An A record of the qname, four bytes of address; gives the offset behind it. Needs A_SIZE bytes. */
export function writeA(packet: Packet, end: number, address: Uint8Array, ttl: number): number {
  return writeAddress(packet, end, TYPE_A, address, ttl);
}

/** An AAAA record of the qname; gives the offset behind it. Needs AAAA_SIZE bytes. */
export function writeAaaa(packet: Packet, end: number, address: Uint8Array, ttl: number): number {
  return writeAddress(packet, end, TYPE_AAAA, address, ttl);
}

function writeAddress(packet: Packet, end: number, type: number, address: Uint8Array, ttl: number): number {
  const { bytes } = packet;
  countRecord(packet, ANCOUNT_AT);
  writeU16(bytes, end, QNAME_POINTER);
  const dataAt = writeRecordHead(bytes, end + 2, type, ttl, address.length);
  for (let i = 0; i < address.length; i++) bytes[dataAt + i] = address[i];
  return dataAt + address.length;
}

function writeRecordHead(bytes: Uint8Array, at: number, type: number, ttl: number, length: number): number {
  writeU16(bytes, at, type);
  writeU16(bytes, at + 2, CLASS_IN);
  writeU32(bytes, at + 4, ttl);
  writeU16(bytes, at + 8, length);
  return at + 10;
}

/** Bytes of a SOA record whose owner is a pointer. */
export function soaSize(mname: Uint8Array, rname: Uint8Array): number {
  return RECORD_HEAD + mname.length + rname.length + SOA_NUMBERS;
}

/**
 * The SOA of a negative answer (RFC 2308): TTL and MINIMUM are both `ttl`. The owner is the part of the qname that starts `ownerAt` bytes
 * into it. `countAt` names the section. Gives the offset behind it; needs soaSize bytes.
 */
export function writeSoa(
  packet: Packet,
  end: number,
  countAt: number,
  ownerAt: number,
  mname: Uint8Array,
  rname: Uint8Array,
  serial: number,
  ttl: number,
): number {
  const { bytes } = packet;
  countRecord(packet, countAt);
  writeU16(bytes, end, QNAME_POINTER + ownerAt);
  let next = writeRecordHead(bytes, end + 2, TYPE_SOA, ttl, mname.length + rname.length + SOA_NUMBERS);
  for (let i = 0; i < mname.length; i++) bytes[next++] = mname[i];
  for (let i = 0; i < rname.length; i++) bytes[next++] = rname[i];
  writeU32(bytes, next, serial);
  writeU32(bytes, next + 4, SOA_REFRESH);
  writeU32(bytes, next + 8, SOA_RETRY);
  writeU32(bytes, next + 12, SOA_EXPIRE);
  writeU32(bytes, next + 16, ttl);
  return next + SOA_NUMBERS;
}
