// Builds the kept form of an upstream's message: question, records copied one after another, their names compressed again. Owner names
// and the names in the RDATA of a few old types (rdata.ts) may point to bytes that do not come along; they are read through their
// pointers and written anew, letter case and all. The rest of each record is copied.

import { readU16, writeU16, writeU32 } from '../../base/bytes.ts';
import { LOWER, MAX_NAME } from '../../base/names.ts';
import { Prefixes } from '../../base/prefixes.ts';
import { CLASS_IN, HEADER_SIZE, MAX_MESSAGE } from './message.ts';
import { NameTable, NO_NAME } from './name-table.ts';
import { expandName, skipName } from './names.ts';
import { firstNameAt, type RdataShape, rdataShape } from './rdata.ts';
import { ownerAt, type Records, rdataAt, rdataEnd, TYPE_CNAME, typeOf } from './records.ts';

/** A pointer has 14 bits. */
const POINTER_LIMIT = 0x4000;

/** Fewer are copied faster one by one. */
const FEW_BYTES = 64;
/** Of 11 bytes at least, in 65,535. */
const MAX_RECORDS = 5957;

// Messages are built one at a time.
const table = new NameTable();
const expanded = new Uint8Array(MAX_NAME + 1);
const ttlOffsets = new Uint16Array(MAX_RECORDS);
const ttlPrefixes = new Prefixes(ttlOffsets);

export class MessageWriter {
  readonly bytes: Uint8Array;
  length: number;
  /** Where the RDATA of the last record written starts. */
  rdataAt = 0;
  readonly #sent: Uint8Array;
  readonly #questionEnd: number;
  #ttls = 0;
  /** The question's names are in the table. */
  #isTableReady = false;

  /** Starts behind the records' question, which is kept in lower case. `room` has MAX_MESSAGE bytes; the header is the caller's to write. */
  constructor(room: Uint8Array, records: Records) {
    const { bytes, questionEnd } = records;
    this.bytes = room;
    this.length = questionEnd;
    this.#sent = bytes;
    this.#questionEnd = questionEnd;
    for (let i = HEADER_SIZE; i < questionEnd - 4; i++) room[i] = LOWER[bytes[i]];
    for (let i = questionEnd - 4; i < questionEnd; i++) room[i] = bytes[i];
  }

  /** In the order of writing; good until the next message. */
  get ttlOffsets(): Uint16Array {
    return ttlPrefixes.of(this.#ttls);
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
    ttlOffsets[this.#ttls++] = this.length + 4;
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
    if (end - from > FEW_BYTES) this.bytes.set(bytes.subarray(from, end), this.length);
    else for (let i = from; i < end; i++) this.bytes[this.length + i - from] = bytes[i];
    this.length += end - from;
    return true;
  }

  #putName(bytes: Uint8Array, at: number, compress: boolean): boolean {
    if (compress && this.#isQuestion(bytes, at)) return this.#putPointer(HEADER_SIZE);
    if (compress && !this.#isTableReady) this.#fillTable();
    const size = expandName(bytes, at, expanded);
    if (!compress) return this.#raw(expanded, 0, size);
    const labels = table.take(expanded);
    let known = NO_NAME;
    let fresh = 0; // labels that stand nowhere yet
    while (fresh < labels && known === NO_NAME) {
      known = table.find(fresh);
      if (known === NO_NAME) fresh++;
    }
    const start = this.length;
    const ok = known === NO_NAME ? this.#raw(expanded, 0, size) : this.#putStart(table.labelAt(fresh), known);
    for (let label = 0; ok && label < fresh; label++) {
      const offset = start + table.labelAt(label);
      if (offset < POINTER_LIMIT) table.add(label, offset);
    }
    return ok;
  }

  #putStart(size: number, target: number): boolean {
    return this.#raw(expanded, 0, size) && this.#putPointer(target);
  }

  /** Nearly every owner: a pointer to the question, which stands at the same place in both messages. */
  #isQuestion(bytes: Uint8Array, at: number): boolean {
    return bytes === this.#sent && bytes[at] === 0xc0 && bytes[at + 1] === HEADER_SIZE && bytes[HEADER_SIZE] !== 0;
  }

  #putPointer(target: number): boolean {
    if (this.length + 2 > MAX_MESSAGE) return false;
    writeU16(this.bytes, this.length, 0xc000 | target);
    this.length += 2;
    return true;
  }

  /** As it was sent, perhaps in random letters (0x20), and in lower case, as it is kept: either points to the client's own. */
  #fillTable(): void {
    this.#isTableReady = true;
    table.start(this.bytes, this.#sent, this.#questionEnd);
    for (const bytes of [this.bytes, this.#sent]) {
      expandName(bytes, HEADER_SIZE, expanded);
      const labels = table.take(expanded);
      for (let label = 0; label < labels; label++) {
        if (table.find(label) === NO_NAME) table.add(label, HEADER_SIZE + table.labelAt(label));
      }
    }
  }
}

/** The last 32 bits of a SOA's RDATA: MINIMUM. */
export function soaMinimum(records: Records, i: number): number {
  const end = rdataEnd(records, i);
  return ((readU16(records.bytes, end - 4) << 16) | readU16(records.bytes, end - 2)) >>> 0;
}
