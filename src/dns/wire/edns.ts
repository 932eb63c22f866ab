// The OPT record of an answer (RFC 6891) and the Extended DNS Errors in it (RFC 8914). It is always the last record of the message, so
// that options can be added behind it.
//
//   optAt                                                    edeAt
//   ┌───┬──────┬──────────┬───────┬─────────┬────┬──────────┬┬────┬────────┬───────────┬────────────┐
//   │ 0 │ 0 41 │ UDP size │ rcode │ version │ DO │ RDLENGTH ││ 15 │ length │ INFO-CODE │ EXTRA-TEXT │
//   └───┴──────┴──────────┴───────┴─────────┴────┴──────────┴┴────┴────────┴───────────┴────────────┘
//     1    2        2         1        1       2      2         2      2         2

import { readU16, writeU16 } from '../../base/bytes.ts';
import { TYPE_OPT } from './message.ts';

export const OPT_SIZE = 11;
const RDLENGTH_AT = 9;

const OPTION_EDE = 15;
/** An EDE option without text. */
export const EDE_SIZE = 6;

export const EDE_STALE_ANSWER = 3;
export const EDE_FORGED_ANSWER = 4;
export const EDE_NOT_READY = 14;
export const EDE_PROHIBITED = 18;
export const EDE_STALE_NXDOMAIN = 19;
export const EDE_NOT_AUTHORITATIVE = 20;
export const EDE_NOT_SUPPORTED = 21;
export const EDE_NO_REACHABLE_AUTHORITY = 22;
export const EDE_NETWORK_ERROR = 23;

/** Writes an OPT without options; gives the offset behind it. `rcode` is the whole extended rcode. */
export function writeOpt(bytes: Uint8Array, at: number, udpSize: number, rcode: number, dnssecOk: number): number {
  bytes[at] = 0;
  writeU16(bytes, at + 1, TYPE_OPT);
  writeU16(bytes, at + 3, udpSize);
  bytes[at + 5] = rcode >> 4;
  bytes[at + 6] = 0;
  bytes[at + 7] = dnssecOk << 7;
  bytes[at + 8] = 0;
  writeU16(bytes, at + RDLENGTH_AT, 0);
  return at + OPT_SIZE;
}

/** Adds an EDE without text behind the OPT and its options; gives the offset behind it, which is where text goes. */
export function addEde(bytes: Uint8Array, optAt: number, end: number, code: number): number {
  writeU16(bytes, end, OPTION_EDE);
  writeU16(bytes, end + 2, EDE_SIZE - 4);
  writeU16(bytes, end + 4, code);
  writeU16(bytes, optAt + RDLENGTH_AT, readU16(bytes, optAt + RDLENGTH_AT) + EDE_SIZE);
  return end + EDE_SIZE;
}

/** Counts `length` bytes of text, already written behind the last EDE at `edeAt`, in; gives the offset behind them. */
export function extendEde(bytes: Uint8Array, optAt: number, edeAt: number, length: number): number {
  const size = readU16(bytes, edeAt + 2);
  writeU16(bytes, edeAt + 2, size + length);
  writeU16(bytes, optAt + RDLENGTH_AT, readU16(bytes, optAt + RDLENGTH_AT) + length);
  return edeAt + 4 + size + length;
}
