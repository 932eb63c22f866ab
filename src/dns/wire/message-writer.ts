// Builds the kept form of an upstream's message: question, records copied one after another, their names compressed again. Owner names
// and the names in the RDATA of a few old types (rdata.ts) may point to bytes that do not come along; they are read through their
// pointers and written anew, letter case and all. The rest of each record is copied.

import { readU16, writeU16, writeU32 } from '../../base/bytes.ts';
import { LOWER, MAX_NAME } from '../../base/names.ts';
import { CLASS_IN, HEADER_SIZE, MAX_MESSAGE } from './message.ts';
import { expandName, skipName } from './names.ts';
import { firstNameAt, type RdataShape, rdataShape } from './rdata.ts';
import { ownerAt, type Records, rdataAt, rdataEnd, TYPE_CNAME, typeOf } from './records.ts';

/** A pointer has 14 bits. */
const POINTER_LIMIT = 0x4000;

export class MessageWriter {
  readonly bytes: Uint8Array;
  length: number;
  readonly ttlOffsets: number[] = [];
  /** Where the RDATA of the last record written starts. */
  rdataAt = 0;
  /** Offsets of names written, by their exact bytes: a name differing in case is another one. */
  readonly #names = new Map<string, number>();
  readonly #name = new Uint8Array(MAX_NAME + 1);

  /** Starts behind the records' question, which is kept in lower case. `room` has MAX_MESSAGE bytes; the header is the caller's to write. */
  constructor(room: Uint8Array, records: Records) {
    this.bytes = room;
    this.bytes.set(records.bytes.subarray(HEADER_SIZE, records.questionEnd), HEADER_SIZE);
    this.length = records.questionEnd;
    const end = records.questionEnd - 4;
    for (let i = HEADER_SIZE; i < end; i++) room[i] = LOWER[room[i]];
    // As it was sent, perhaps in random letters (0x20), and in lower case, as it is kept: either points to the client's own.
    for (let i = HEADER_SIZE; room[i] !== 0; i += room[i] + 1) {
      this.#names.set(key(records.bytes, i, end), i);
      this.#names.set(key(room, i, end), i);
    }
  }

  /** Copies record `i`; false when its RDATA is malformed or the message grows too long. */
  copy(records: Records, i: number, ttl: number): boolean {
    if (!this.#begin(records.bytes, ownerAt(records, i), typeOf(records, i), ttl)) return false;
    const shape = rdataShape(typeOf(records, i));
    const from = rdataAt(records, i);
    const end = rdataEnd(records, i);
    const ok =
      shape === undefined ? this.#raw(records.bytes, from, end) : this.#shaped(records.bytes, from, end, shape);
    return ok && this.#end();
  }

  /** A CNAME record that the upstream did not send. */
  addCname(owner: Uint8Array, target: Uint8Array, ttl: number): boolean {
    return this.#begin(owner, 0, TYPE_CNAME, ttl) && this.#putName(target, 0, true) && this.#end();
  }

  #begin(bytes: Uint8Array, owner: number, type: number, ttl: number): boolean {
    if (!this.#putName(bytes, owner, true) || this.length + 10 > MAX_MESSAGE) return false;
    writeU16(this.bytes, this.length, type);
    writeU16(this.bytes, this.length + 2, CLASS_IN);
    writeU32(this.bytes, this.length + 4, ttl);
    this.ttlOffsets.push(this.length + 4);
    this.length += 10;
    this.rdataAt = this.length;
    return true;
  }

  #end(): boolean {
    writeU16(this.bytes, this.rdataAt - 2, this.length - this.rdataAt);
    return true;
  }

  #shaped(bytes: Uint8Array, from: number, end: number, shape: RdataShape): boolean {
    let next = firstNameAt(bytes, from, end, shape);
    if (next < 0 || !this.#raw(bytes, from, next)) return false;
    for (let i = 0; i < shape.names; i++) {
      const behind = skipName(bytes, next, end);
      if (behind < 0 || !this.#putName(bytes, next, shape.compress)) return false;
      next = behind;
    }
    return (shape.behind < 0 || end - next === shape.behind) && this.#raw(bytes, next, end);
  }

  #raw(bytes: Uint8Array, from: number, end: number): boolean {
    if (this.length + end - from > MAX_MESSAGE) return false;
    this.bytes.set(bytes.subarray(from, end), this.length);
    this.length += end - from;
    return true;
  }

  #putName(bytes: Uint8Array, at: number, compress: boolean): boolean {
    const name = this.#name;
    const size = expandName(bytes, at, name);
    if (!compress) return this.#raw(name, 0, size);
    let i = 0;
    while (name[i] !== 0) {
      const suffix = key(name, i, size);
      const known = this.#names.get(suffix);
      if (known !== undefined) return this.#putPointer(name, i, known);
      if (this.length + i < POINTER_LIMIT) this.#names.set(suffix, this.length + i);
      i += name[i] + 1;
    }
    return this.#raw(name, 0, size);
  }

  #putPointer(name: Uint8Array, labelsEnd: number, target: number): boolean {
    if (!this.#raw(name, 0, labelsEnd) || this.length + 2 > MAX_MESSAGE) return false;
    writeU16(this.bytes, this.length, 0xc000 | target);
    this.length += 2;
    return true;
  }
}

/** Bytes as a string of their values: a Map key. */
function key(bytes: Uint8Array, from: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(from, end));
}

/** The last 32 bits of a SOA's RDATA: MINIMUM. */
export function soaMinimum(records: Records, i: number): number {
  const end = rdataEnd(records, i);
  return ((readU16(records.bytes, end - 4) << 16) | readU16(records.bytes, end - 2)) >>> 0;
}
