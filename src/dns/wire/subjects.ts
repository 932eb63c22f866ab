// Collects what policy must see of an answer, as offsets into the kept message, and lays it down as the facts block of
// policy/decide/facts.ts: the qname, then names along the chain and behind SVCB records, then addresses and hints.

import { writeU16, writeU32 } from '../../base/bytes.ts';
import {
  FACTS_COUNT_AT,
  FACTS_GENERATION_AT,
  FACTS_LENGTH_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  factsSize,
  SUBJECT_IPV4,
  SUBJECT_IPV6,
  SUBJECT_NAME,
  SUBJECT_QNAME,
} from '../../policy/decide/facts.ts';
import { HEADER_SIZE, TYPE_A, TYPE_AAAA } from './message.ts';
import { TYPE_CNAME, TYPE_DNAME, TYPE_HTTPS, TYPE_SVCB } from './records.ts';
import { readSvcb, type SvcbSink } from './svcb.ts';

/** As many A records as fit into 65,535 bytes; only hints could give more, and nobody has a thousand addresses. */
export const MAX_SUBJECTS = 4096;

export class Subjects implements SvcbSink {
  readonly #names: number[] = [];
  /** Offset, with the kind in the bits above 16. */
  readonly #addresses: number[] = [];

  /** Takes a record of the ANSWER section as it stands in the kept message; false when its RDATA is malformed. */
  add(bytes: Uint8Array, type: number, at: number, end: number): boolean {
    switch (type) {
      case TYPE_CNAME:
      case TYPE_DNAME:
        this.target(at);
        return true;
      case TYPE_A:
        this.ipv4(at);
        return end - at === 4;
      case TYPE_AAAA:
        this.ipv6(at);
        return end - at === 16;
      case TYPE_SVCB:
      case TYPE_HTTPS:
        return readSvcb(bytes, at, end, this);
      default:
        return true;
    }
  }

  target(at: number): void {
    this.#names.push(at);
  }
  ipv4(at: number): void {
    this.#addresses.push((SUBJECT_IPV4 << 16) | at);
  }
  ipv6(at: number): void {
    this.#addresses.push((SUBJECT_IPV6 << 16) | at);
  }

  get count(): number {
    return 1 + this.#names.length + this.#addresses.length;
  }

  /** The message [0, length) and its facts block behind it, in bytes of their own. */
  pack(message: Uint8Array, length: number): Uint8Array {
    const bytes = new Uint8Array(length + factsSize(this.count));
    bytes.set(message.subarray(0, length));
    writeU16(bytes, length + FACTS_LENGTH_AT, length);
    writeU16(bytes, length + FACTS_COUNT_AT, this.count);
    writeU32(bytes, length + FACTS_GENERATION_AT, 0);
    let at = length + FACTS_SUBJECTS_AT;
    at = putSubject(bytes, at, SUBJECT_QNAME, HEADER_SIZE);
    for (const name of this.#names) at = putSubject(bytes, at, SUBJECT_NAME, name);
    for (const one of this.#addresses) at = putSubject(bytes, at, one >>> 16, one & 0xffff);
    return bytes;
  }
}

function putSubject(bytes: Uint8Array, at: number, kind: number, offset: number): number {
  bytes[at] = kind;
  writeU16(bytes, at + 2, offset);
  return at + FACTS_SUBJECT_SIZE;
}
