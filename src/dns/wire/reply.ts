// The parts of an answer that we write ourselves, in place over the query: header, A and AAAA records, SOA. The client's own question
// stays byte for byte, so that its case (0x20) and length are kept and every owner name is a pointer into it.

import { copyByFours, writeU16, writeU32 } from '../../base/bytes.ts';
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
  const { view, at } = packet;
  const kept = packet.flags & (OPCODE_MASK | FLAG_RD | FLAG_CD);
  const flags = FLAG_QR | FLAG_RA | kept | extraFlags | (rcode & 15);
  // The flags and the first count, the two in the middle, the last.
  view.setInt32(at + FLAGS_AT, (flags << 16) | 1);
  view.setInt32(at + ANCOUNT_AT, 0);
  view.setInt16(at + ARCOUNT_AT, 0);
  return packet.questionEnd;
}

/** As writeHeader, without the question: for queries whose question cannot be trusted to be one. */
export function writeBareHeader(packet: Packet, rcode: number): number {
  writeHeader(packet, rcode, 0);
  writeU16(packet.bytes, packet.at + QDCOUNT_AT, 0);
  return packet.at + HEADER_SIZE;
}

/** Adds one to a section's count. */
export function countRecord({ view, at }: Packet, countAt: number): void {
  view.setInt16(at + countAt, view.getInt16(at + countAt) + 1);
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

/** A SOA record as it goes on the wire, but for its owner. */
export interface Soa {
  readonly view: DataView;
  readonly length: number;
}

/** The SOA of negative answers (RFC 2308): TTL and MINIMUM are both `ttl`. */
export function newSoa(mname: Uint8Array, rname: Uint8Array, serial: number, ttl: number): Soa {
  const length = RECORD_HEAD + mname.length + rname.length + SOA_NUMBERS;
  // Copied by fours.
  const bytes = new Uint8Array(length + 3);
  const dataAt = writeRecordHead(bytes, 2, TYPE_SOA, ttl, length - RECORD_HEAD);
  bytes.set(mname, dataAt);
  bytes.set(rname, dataAt + mname.length);
  [serial, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, ttl].forEach((number, i) => {
    writeU32(bytes, length - SOA_NUMBERS + 4 * i, number);
  });
  return { view: new DataView(bytes.buffer), length };
}

/** Bytes of room that writeSoa needs, up to three more than the record has. */
export function soaRoom(soa: Soa): number {
  return (soa.length + 3) & ~3;
}

/**
 * Writes the SOA with the part of the qname that starts `ownerAt` bytes into it as its owner. `countAt` names the section. Gives the offset
 * behind it; needs soaRoom bytes.
 */
export function writeSoa(packet: Packet, end: number, countAt: number, ownerAt: number, soa: Soa): number {
  const { view } = packet;
  countRecord(packet, countAt);
  copyByFours(soa.view, 0, view, end, soa.length);
  view.setInt16(end, QNAME_POINTER + ownerAt);
  return end + soa.length;
}
