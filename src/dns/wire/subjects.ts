// Collects what policy must see of an answer, as offsets into the kept message, and lays it down as the facts block of
// policy/decide/facts.ts: the qname, then names along the chain and behind SVCB records, then addresses and hints.

import { writeU16 } from '../../base/bytes.ts';
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

// Those of one message at a time.
const names = new Uint16Array(MAX_SUBJECTS);
/** Offset, with the kind in the bits above 16. */
const addresses = new Uint32Array(MAX_SUBJECTS);

export class Subjects implements SvcbSink {
  // Beyond MAX_SUBJECTS they are counted, and no longer kept: the typed arrays let them fall.
  #names = 0;
  #addresses = 0;

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
    names[this.#names++] = at;
  }
  ipv4(at: number): void {
    addresses[this.#addresses++] = (SUBJECT_IPV4 << 16) | at;
  }
  ipv6(at: number): void {
    addresses[this.#addresses++] = (SUBJECT_IPV6 << 16) | at;
  }

  get count(): number {
    return 1 + this.#names + this.#addresses;
  }

  /** Writes the facts block behind the message [0, length); gives the offset behind it. At most MAX_SUBJECTS. */
  write(bytes: Uint8Array, length: number): number {
    writeU16(bytes, length + FACTS_LENGTH_AT, length);
    writeU16(bytes, length + FACTS_COUNT_AT, this.count);
    for (let i = length + FACTS_GENERATION_AT; i < length + FACTS_SUBJECTS_AT; i++) bytes[i] = 0;
    let at = length + FACTS_SUBJECTS_AT;
    at = putSubject(bytes, at, SUBJECT_QNAME, HEADER_SIZE);
    for (let i = 0; i < this.#names; i++) at = putSubject(bytes, at, SUBJECT_NAME, names[i]);
    for (let i = 0; i < this.#addresses; i++) at = putSubject(bytes, at, addresses[i] >>> 16, addresses[i] & 0xffff);
    return length + factsSize(this.count);
  }
}

function putSubject(bytes: Uint8Array, at: number, kind: number, offset: number): number {
  bytes[at] = kind;
  bytes[at + 1] = 0;
  writeU16(bytes, at + 2, offset);
  return at + FACTS_SUBJECT_SIZE;
}
