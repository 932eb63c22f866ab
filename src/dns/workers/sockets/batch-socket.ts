// A UDP socket that is read and answered in batches, by one thread: up to 64 packets in one recvmmsg, the answers written over the questions
// in the same rooms and sent by one sendmmsg. Two system calls a batch, and per answer nothing but its length: the header that brought a
// question carries its answer back, to the peer and from the address that was asked.

import type { Libc } from './libc.ts';
import { BATCH, IPV4_INFO_BYTES, IPV6_INFO_BYTES, MessageTable } from './message-table.ts';
import { readOption } from './open-sockets.ts';
import { copyReturnPath, RETURN_PATH_BYTES } from './return-path.ts';
import { type ErrnoCounts, newErrnoCounts, sendMessages } from './send-messages.ts';
import { C, CMSGHDR, controlSpace, IN_PKTINFO, IN6_PKTINFO, SOCKADDR_IN, SOCKADDR_IN6 } from './struct-layout.ts';

export { RETURN_PATH_BYTES };

/** Bytes of a packet; a longer one is cut and known as such. No DNS query without megabytes of options comes near. */
export const PACKET_ROOM = 2048;

/** SO_RXQ_OVFL's control message, which stands before the packet info once a datagram was lost. */
const DROPS_BYTES = controlSpace(4);

/** The third word of an IPv4-mapped address, ::ffff:0:0/96, in memory. */
const MAPPED = 0xffff0000;

export class BatchSocket {
  /** All rooms: packet i's bytes are at `at(i)`, with PACKET_ROOM bytes to write an answer into. */
  readonly bytes: Uint8Array;
  /** By errno; a receive or one packet each. */
  readonly receiveErrors: ErrnoCounts = newErrnoCounts();
  readonly sendErrors: ErrnoCounts = newErrnoCounts();
  /** Datagrams that the kernel dropped since the socket was opened because its buffer was full (SO_RXQ_OVFL), as of the last one received. */
  drops = 0;
  readonly fd: number;
  readonly #libc: Libc;
  readonly #table: MessageTable;
  readonly #infoBytes: number;
  /** Headers that a receive has written to. */
  #used: number = BATCH;
  /** Packets with an answer, in the order of reply(). */
  readonly #answered = new Uint8Array(BATCH);
  #answers = 0;
  /** The caller's client address, and a view of it as words: four stores take 8 ns a packet, sixteen of bytes 26. */
  #client: Uint8Array = new Uint8Array(16);
  #clientWords: Uint32Array = new Uint32Array(4);
  /** The answers are those of packets 0, 1, 2, …: their headers can be sent as they stand. */
  #isGapless = true;

  constructor(libc: Libc, fd: number) {
    this.fd = fd;
    this.#libc = libc;
    this.#table = new MessageTable(libc, PACKET_ROOM);
    this.#infoBytes = packetInfoBytes(libc, fd);
    this.bytes = this.#table.rooms;
  }

  /**
   * Packets now in hand; those before, with their answers not flushed, are gone. `wait`: until one is there or the socket's receive timeout
   * ends. 0: none came, or the socket is shut. Negative: -errno, counted (an ICMP error, say); receive again.
   */
  receive(wait: boolean): number {
    const table = this.#table;
    table.reset(this.#used);
    this.#answers = 0;
    this.#isGapless = true;
    this.#used = 0;
    const flags = wait ? C.MSG_WAITFORONE : C.MSG_DONTWAIT;
    let count = this.#libc.recvmmsg(this.fd, table.headersAddress, BATCH, flags, 0);
    if (count < 0) return this.#failed();
    this.#used = count;
    // A socket that was shut down gives as many nothings as there is room for: no bytes, from nobody.
    while (count > 0 && table.nameLength(count - 1) === 0) count--;
    for (let i = 0; i < count; i++) this.#turnRound(i);
    return count;
  }

  at(i: number): number {
    return this.#table.roomAt(i);
  }

  /** Bytes of packet i, at most PACKET_ROOM; 0 is possible. */
  length(i: number): number {
    return this.#table.received(i);
  }

  /** Packet i was longer than its room. */
  isTruncated(i: number): boolean {
    return (this.#table.flags(i) & C.MSG_TRUNC) !== 0;
  }

  /** Writes the peer's address into `client`: 16 bytes at a multiple of 4, IPv4 mapped. Gives its port, which may be 0. */
  readPeer(i: number, client: Uint8Array): number {
    if (client !== this.#client) this.#lookAt(client);
    const { words } = this.#table;
    const to = this.#clientWords;
    const name = this.#table.nameAt(i) >> 2;
    const isIPv4 = (words[name] & 0xffff) === C.AF_INET;
    const from = name + ((isIPv4 ? SOCKADDR_IN.address - 12 : SOCKADDR_IN6.address) >> 2);
    to[0] = isIPv4 ? 0 : words[from];
    to[1] = isIPv4 ? 0 : words[from + 1];
    to[2] = isIPv4 ? MAPPED : words[from + 2];
    to[3] = words[from + 3];
    const port = words[name] >>> 16;
    return ((port & 0xff) << 8) | (port >>> 8);
  }

  /** RETURN_PATH_BYTES for BatchSender.add: where packet i came from and which address it asked. */
  copyReturnPath(i: number, into: Uint8Array, at: number): void {
    copyReturnPath(this.#table, i, into, at);
  }

  /** Packet i's room holds its answer of `length` bytes. Once a packet. */
  reply(i: number, length: number): void {
    this.#table.setLength(i, length);
    if (i !== this.#answers) this.#isGapless = false;
    this.#answered[this.#answers++] = i;
  }

  /** Sends all answers. Gives how many could not be sent, each counted. */
  flush(): number {
    const count = this.#answers;
    if (count === 0) return 0;
    const table = this.#table;
    const headers = this.#isGapless ? table.headersAddress : table.gather(this.#answered, count);
    this.#answers = 0;
    this.#isGapless = true;
    return sendMessages(this.#libc, this.fd, headers, count, this.sendErrors);
  }

  #lookAt(client: Uint8Array): void {
    this.#client = client;
    this.#clientWords = new Uint32Array(client.buffer, client.byteOffset, 4);
  }

  #failed(): number {
    const errno = this.#libc.errno();
    if (errno === C.EAGAIN || errno === C.EINTR) return 0;
    this.receiveErrors[errno]++;
    return -errno;
  }

  /** Makes the header that brought packet i one that takes its answer back: what control bytes it has must be packet info alone. */
  #turnRound(i: number): void {
    const table = this.#table;
    if (table.controlLength(i) !== this.#infoBytes) this.#takeDrops(i);
    // Interface 0: the way back is the routing table's, not the one that the question took.
    const data = (table.controlAt(i) + CMSGHDR.size) >> 2;
    if (this.#infoBytes === IPV4_INFO_BYTES) table.words[data + (IN_PKTINFO.ifindex >> 2)] = 0;
    else if (!isLinkLocal(table.words[data])) table.words[data + (IN6_PKTINFO.ifindex >> 2)] = 0;
  }

  #takeDrops(i: number): void {
    const table = this.#table;
    const { words, bytes } = table;
    const control = table.controlAt(i);
    const isKnown =
      table.controlLength(i) === DROPS_BYTES + this.#infoBytes &&
      words[(control + CMSGHDR.level) >> 2] === C.SOL_SOCKET &&
      words[(control + CMSGHDR.type) >> 2] === C.SO_RXQ_OVFL;
    if (isKnown) this.drops = words[(control + CMSGHDR.size) >> 2];
    bytes.copyWithin(control, control + DROPS_BYTES, control + DROPS_BYTES + this.#infoBytes);
    // Control bytes of another shape are not sent back: the kernel picks the source.
    table.setControlLength(i, isKnown ? this.#infoBytes : 0);
  }
}

/** The first 32 bits of an address in memory are of fe80::/10. */
function isLinkLocal(word: number): boolean {
  return (word & 0xc0ff) === 0x80fe;
}

function packetInfoBytes(libc: Libc, fd: number): number {
  if (readOption(libc, fd, C.IPPROTO_IPV6, C.IPV6_RECVPKTINFO) !== 0) return IPV6_INFO_BYTES;
  return readOption(libc, fd, C.IPPROTO_IP, C.IP_PKTINFO) !== 0 ? IPV4_INFO_BYTES : 0;
}
