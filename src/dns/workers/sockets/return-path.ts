// Where a packet came from and which address it asked, out of and into a message's header, in a form that threads can hand over:
//
//   [sockaddr of the peer 28][local address 16, IPv4 mapped][interface 4, little-endian]
//
// A local address of zeros: the socket is bound to one, nothing to say. The interface is 0 but for a link-local address.

import type { MessageTable } from './message-table.ts';
import { C, CMSGHDR, IN_PKTINFO, IN6_PKTINFO, SOCKADDR_IN, SOCKADDR_IN6 } from './struct-layout.ts';

const LOCAL = SOCKADDR_IN6.size;
export const RETURN_PATH_BYTES: number = LOCAL + IN6_PKTINFO.size;

/** Of a message whose control bytes are packet info alone, or none. */
export function copyReturnPath(table: MessageTable, i: number, into: Uint8Array, at: number): void {
  const { bytes } = table;
  const name = table.nameAt(i);
  const info = table.controlAt(i) + CMSGHDR.size;
  const nameBytes = table.nameLength(i);
  into.fill(0, at + nameBytes, at + RETURN_PATH_BYTES);
  for (let j = 0; j < nameBytes; j++) into[at + j] = bytes[name + j];
  if (table.controlLength(i) === 0) return;
  if (bytes[name] === C.AF_INET) map(bytes, info + IN_PKTINFO.specDst, into, at + LOCAL);
  else for (let j = 0; j < IN6_PKTINFO.size; j++) into[at + LOCAL + j] = bytes[info + j];
}

/** Makes message i one that goes back that way. */
export function takeReturnPath(table: MessageTable, i: number, path: Uint8Array, at: number): void {
  const { bytes } = table;
  const name = table.nameAt(i);
  const isIPv4 = path[at] === C.AF_INET;
  for (let j = 0; j < SOCKADDR_IN6.size; j++) bytes[name + j] = path[at + j];
  table.setNameLength(i, isIPv4 ? SOCKADDR_IN.size : SOCKADDR_IN6.size);
  if (isZero(path, at + LOCAL)) table.setControlLength(i, 0);
  else table.writePacketInfo(i, isIPv4, path, at + LOCAL);
}

function map(bytes: Uint8Array, from: number, into: Uint8Array, at: number): void {
  for (let j = 0; j < 10; j++) into[at + j] = 0;
  into[at + 10] = 0xff;
  into[at + 11] = 0xff;
  for (let j = 0; j < 4; j++) into[at + 12 + j] = bytes[from + j];
}

function isZero(bytes: Uint8Array, at: number): boolean {
  for (let j = 0; j < 16; j++) if (bytes[at + j] !== 0) return false;
  return true;
}
