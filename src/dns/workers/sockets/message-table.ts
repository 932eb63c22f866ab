// A table of messages for recvmmsg and sendmmsg, laid out once in one memory: 64 headers, each with a name (the peer), an iovec, control
// bytes (packet info) and a room for the packet.
//
//   [headers 64 × 64][gathered headers 64 × 64][iovecs 64 × 16][names 64 × 32][controls 64 × 64][rooms 64 × (room + 64)]
//
// Rooms stand a cache line more than their size apart: at 2,048 bytes exactly the first lines of all packets fall into the same two sets of
// an L1 cache and push each other out (reading three lines of each: 2.7 ns a packet against 1.6).

import type { Libc } from './libc.ts';
import { C, CMSGHDR, controlSpace, IN_PKTINFO, IN6_PKTINFO, IOVEC, MMSGHDR, SOCKADDR_IN6 } from './struct-layout.ts';

/** Packets a call. The kernel's cost a packet falls until about here, and a batch's answers wait for its last question. */
export const BATCH = 64;

const NAME_ROOM = 32;
const CONTROL_ROOM = 64;
const CACHE_LINE = 64;

// Offsets of the parts in the memory, in bytes.
const GATHERED = BATCH * MMSGHDR.size;
const IOVECS = 2 * GATHERED;
const NAMES = IOVECS + BATCH * IOVEC.size;
const CONTROLS = NAMES + BATCH * NAME_ROOM;
const ROOMS = CONTROLS + BATCH * CONTROL_ROOM;

const HEADER_WORDS = MMSGHDR.size >> 2;
/** What sendmmsg reads of a header; the rest it writes. */
const SENT_WORDS = MMSGHDR.flags >> 2;

/** Control bytes of IPv4's and IPv6's packet info. */
export const IPV4_INFO_BYTES: number = controlSpace(IN_PKTINFO.size);
export const IPV6_INFO_BYTES: number = controlSpace(IN6_PKTINFO.size);

export class MessageTable {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly rooms: Uint8Array;
  readonly roomBytes: number;
  readonly #stride: number;
  readonly #address: number;

  constructor(libc: Libc, roomBytes: number) {
    this.roomBytes = roomBytes;
    this.#stride = roomBytes + CACHE_LINE;
    const memory = libc.newMemory(ROOMS + BATCH * this.#stride);
    this.bytes = memory.bytes;
    this.words = memory.words;
    this.rooms = memory.bytes.subarray(ROOMS);
    this.#address = memory.address;
    for (let i = 0; i < BATCH; i++) this.#layOut(i);
  }

  /** Of the first header, for recvmmsg and sendmmsg. */
  get headersAddress(): number {
    return this.#address;
  }

  /** Offset in `bytes` of message i's name: a sockaddr. */
  nameAt(i: number): number {
    return NAMES + i * NAME_ROOM;
  }

  /** Offset in `bytes` of message i's control bytes: a cmsghdr and its data. */
  controlAt(i: number): number {
    return CONTROLS + i * CONTROL_ROOM;
  }

  /** Offset in `rooms` of message i's bytes. */
  roomAt(i: number): number {
    return i * this.#stride;
  }

  received(i: number): number {
    return this.words[i * HEADER_WORDS + (MMSGHDR.length >> 2)];
  }

  flags(i: number): number {
    return this.words[i * HEADER_WORDS + (MMSGHDR.flags >> 2)];
  }

  nameLength(i: number): number {
    return this.words[i * HEADER_WORDS + (MMSGHDR.nameLength >> 2)];
  }

  setNameLength(i: number, bytes: number): void {
    this.words[i * HEADER_WORDS + (MMSGHDR.nameLength >> 2)] = bytes;
  }

  controlLength(i: number): number {
    return this.words[i * HEADER_WORDS + (MMSGHDR.controlLength >> 2)];
  }

  setControlLength(i: number, bytes: number): void {
    this.words[i * HEADER_WORDS + (MMSGHDR.controlLength >> 2)] = bytes;
  }

  /** How much of the room the next call may fill, or shall send. */
  setLength(i: number, bytes: number): void {
    this.words[(IOVECS + IOVEC.length + i * IOVEC.size) >> 2] = bytes;
  }

  /** Makes the first `count` headers ready to receive: the kernel has written over all four, and a send over the length. */
  reset(count: number): void {
    for (let i = 0; i < count; i++) {
      this.setNameLength(i, SOCKADDR_IN6.size);
      this.setControlLength(i, CONTROL_ROOM);
      this.words[i * HEADER_WORDS + (MMSGHDR.flags >> 2)] = 0;
      this.setLength(i, this.roomBytes);
    }
  }

  /** Copies the headers of these messages behind one another; gives the address of the first. */
  gather(indices: Uint8Array, count: number): number {
    const { words } = this;
    for (let to = 0; to < count; to++) {
      const from = indices[to] * HEADER_WORDS;
      const into = (GATHERED >> 2) + to * HEADER_WORDS;
      for (let word = 0; word < SENT_WORDS; word++) words[into + word] = words[from + word];
    }
    return this.#address + GATHERED;
  }

  /** Writes packet info as message i's control bytes: sent from this address (IPv4 when the peer is), through this interface or, with 0, any. */
  writePacketInfo(i: number, isIPv4: boolean, local: Uint8Array, at: number): void {
    const control = this.controlAt(i) >> 2;
    const { bytes, words } = this;
    words[control + (CMSGHDR.length >> 2)] = CMSGHDR.size + (isIPv4 ? IN_PKTINFO.size : IN6_PKTINFO.size);
    words[control + (CMSGHDR.level >> 2)] = isIPv4 ? C.IPPROTO_IP : C.IPPROTO_IPV6;
    words[control + (CMSGHDR.type >> 2)] = isIPv4 ? C.IP_PKTINFO : C.IPV6_PKTINFO;
    const data = this.controlAt(i) + CMSGHDR.size;
    if (isIPv4) {
      words.fill(0, data >> 2, (data + IN_PKTINFO.size) >> 2);
      for (let j = 0; j < 4; j++) bytes[data + IN_PKTINFO.specDst + j] = local[at + 12 + j];
      this.setControlLength(i, IPV4_INFO_BYTES);
    } else {
      for (let j = 0; j < IN6_PKTINFO.size; j++) bytes[data + j] = local[at + j];
      this.setControlLength(i, IPV6_INFO_BYTES);
    }
  }

  #layOut(i: number): void {
    const header = i * MMSGHDR.size;
    this.#setPointer(header + MMSGHDR.name, this.nameAt(i));
    this.#setPointer(header + MMSGHDR.iov, IOVECS + i * IOVEC.size);
    this.#setPointer(header + MMSGHDR.control, this.controlAt(i));
    this.#setPointer(IOVECS + i * IOVEC.size + IOVEC.base, ROOMS + this.roomAt(i));
    this.words[(header + MMSGHDR.iovCount) >> 2] = 1;
  }

  #setPointer(at: number, target: number): void {
    const address = this.#address + target;
    this.words[at >> 2] = address;
    this.words[(at >> 2) + 1] = Math.floor(address / 2 ** 32);
  }
}
