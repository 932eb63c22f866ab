// The OPT record of an answer (RFC 6891) and the Extended DNS Errors in it (RFC 8914). It is always the last record of the message, so
// that options can be added behind it.
//
//   optAt                                                    edeAt
//   ┌───┬──────┬──────────┬───────┬─────────┬────┬──────────┬┬────┬────────┬───────────┬────────────┐
//   │ 0 │ 0 41 │ UDP size │ rcode │ version │ DO │ RDLENGTH ││ 15 │ length │ INFO-CODE │ EXTRA-TEXT │
//   └───┴──────┴──────────┴───────┴─────────┴────┴──────────┴┴────┴────────┴───────────┴────────────┘
//     1    2        2         1        1       2      2         2      2         2

import { TYPE_OPT } from './message.ts';

export const OPT_SIZE = 11;
const RDLENGTH_AT = 9;

const OPTION_EDE = 15;
/** An EDE option without text, which begins behind so many bytes. */
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
export function writeOpt(view: DataView, at: number, udpSize: number, rcode: number, dnssecOk: number): number {
  view.setUint8(at, 0);
  view.setInt32(at + 1, (TYPE_OPT << 16) | udpSize);
  // Upper bits of the rcode, version 0, DO.
  view.setInt32(at + 5, ((rcode >> 4) << 24) | (dnssecOk << 15));
  view.setInt16(at + RDLENGTH_AT, 0);
  return at + OPT_SIZE;
}

/** Adds an EDE behind the OPT and its options, its text of `textLength` bytes already in its place; gives the offset behind it. */
export function addEde(view: DataView, optAt: number, end: number, code: number, textLength: number): number {
  const size = EDE_SIZE + textLength;
  view.setInt32(end, (OPTION_EDE << 16) | (size - 4));
  view.setInt16(end + 4, code);
  view.setInt16(optAt + RDLENGTH_AT, view.getInt16(optAt + RDLENGTH_AT) + size);
  return end + size;
}
