// Which types have names in their RDATA that a sender may have compressed (RFC 3597 §4): only these are rewritten when a record moves
// to another place in a message; the RDATA of every other type, known or not, is copied as it is.

import { TYPE_SOA } from './message.ts';
import { TYPE_CNAME, TYPE_DNAME, TYPE_NS } from './records.ts';

export interface RdataShape {
  /** Fixed bytes before the first name. */
  readonly before: number;
  /** Character strings (length byte and text) between those and the first name: NAPTR has three. */
  readonly strings: number;
  readonly names: number;
  /** Bytes behind the last name; -1: any number. */
  readonly behind: number;
  /** Sent compressed by us too: the types of RFC 1035 only. */
  readonly compress: boolean;
}

function shape(before: number, names: number, behind: number, compress: boolean, strings = 0): RdataShape {
  return { before, strings, names, behind, compress };
}

const SHAPES = new Map<number, RdataShape>([
  [TYPE_NS, shape(0, 1, 0, true)],
  [3, shape(0, 1, 0, true)], // MD
  [4, shape(0, 1, 0, true)], // MF
  [TYPE_CNAME, shape(0, 1, 0, true)],
  [TYPE_SOA, shape(0, 2, 20, true)],
  [7, shape(0, 1, 0, true)], // MB
  [8, shape(0, 1, 0, true)], // MG
  [9, shape(0, 1, 0, true)], // MR
  [12, shape(0, 1, 0, true)], // PTR
  [14, shape(0, 2, 0, true)], // MINFO
  [15, shape(2, 1, 0, true)], // MX
  [17, shape(0, 2, 0, false)], // RP
  [18, shape(2, 1, 0, false)], // AFSDB
  [21, shape(2, 1, 0, false)], // RT
  [24, shape(18, 1, -1, false)], // SIG
  [26, shape(2, 2, 0, false)], // PX
  [30, shape(0, 1, -1, false)], // NXT
  [33, shape(6, 1, 0, false)], // SRV
  [35, shape(4, 1, 0, false, 3)], // NAPTR
  [36, shape(2, 1, 0, false)], // KX
  [TYPE_DNAME, shape(0, 1, 0, false)], // RFC 6672 §2.5
]);

/** Undefined: copy the RDATA as it is. */
export function rdataShape(type: number): RdataShape | undefined {
  return SHAPES.get(type);
}

/** The offset of the first name inside the RDATA, or -1 when the strings in front of it leave it. */
export function firstNameAt(bytes: Uint8Array, at: number, end: number, shape: RdataShape): number {
  let i = at + shape.before;
  for (let k = 0; k < shape.strings && i < end; k++) i += bytes[i] + 1;
  return i < end ? i : -1;
}
