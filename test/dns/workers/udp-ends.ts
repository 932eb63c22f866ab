// Both ends of UDP flows for tests, on the real batched sockets: all calls are made at once and in order, so that a test says what is in a
// queue and never waits for an event loop. Plus the system calls that only tests make.

import koffi from 'koffi';
import { formatAddress, parseAddress } from '../../../src/base/addresses.ts';
import { writeU16 } from '../../../src/base/bytes.ts';
import { BatchSender } from '../../../src/dns/workers/sockets/batch-sender.ts';
import { BatchSocket, RETURN_PATH_BYTES } from '../../../src/dns/workers/sockets/batch-socket.ts';
import { Libc, SystemError } from '../../../src/dns/workers/sockets/libc.ts';
import { closeSocket, openUdpSockets } from '../../../src/dns/workers/sockets/open-sockets.ts';
import { C } from '../../../src/dns/workers/sockets/struct-layout.ts';

export interface Datagram {
  readonly address: string;
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly isTruncated: boolean;
}

export interface End {
  readonly socket: BatchSocket;
  readonly port: number;
}

export interface OpenOptions {
  readonly count?: number;
  readonly port?: number;
  readonly ipv6Only?: boolean;
  readonly bufferBytes?: number;
}

/** Receives that end without a packet before one is given up: each waits 250 ms. */
const MAX_IDLE = 24;

/** Opens sockets and closes them all at the end of a test. */
export class UdpEnds {
  readonly libc = new Libc();
  readonly sender = new BatchSender(this.libc);
  readonly #fds: number[] = [];

  tryOpen(address: string, options: OpenOptions = {}): End[] | SystemError {
    const { count = 1, port = 0, ipv6Only = false, bufferBytes = 1 << 20 } = options;
    const opened = openUdpSockets(this.libc, { address: bytesOf(address), port, ipv6Only, bufferBytes }, count);
    if (opened instanceof SystemError) return opened;
    this.#fds.push(...opened.map(({ fd }) => fd));
    return opened.map(({ fd, port }) => ({ socket: new BatchSocket(this.libc, fd), port }));
  }

  openAll(address: string, options: OpenOptions = {}): End[] {
    const opened = this.tryOpen(address, options);
    if (opened instanceof SystemError) throw opened;
    return opened;
  }

  open(address: string, options: OpenOptions = {}): End {
    return this.openAll(address, options)[0];
  }

  /** Gives how many could not be sent. */
  send(
    from: End,
    to: { readonly address: string; readonly port: number; readonly scopeId?: number },
    ...packets: Uint8Array[]
  ): number {
    const path = pathTo(to.address, to.port, to.scopeId);
    for (const packet of packets) this.sender.add(from.socket.fd, path, 0, packet);
    return this.sender.flush();
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) closeSocket(this.libc, fd);
  }
}

/** What has come or comes within 250 ms, at least `atLeast` (or what there is after 6 s). */
export function receiveAll(end: End, atLeast = 1): Datagram[] {
  const found: Datagram[] = [];
  for (let idle = 0; idle < MAX_IDLE; ) {
    const count = end.socket.receive(found.length < atLeast);
    for (let i = 0; i < count; i++) found.push(datagram(end.socket, i));
    if (count > 0) continue;
    if (found.length >= atLeast) break;
    idle++;
  }
  return found;
}

function datagram(socket: BatchSocket, i: number): Datagram {
  const client = new Uint8Array(16);
  const port = socket.readPeer(i, client);
  const at = socket.at(i);
  const bytes = socket.bytes.slice(at, at + socket.length(i));
  return { address: formatAddress(client), port, bytes, isTruncated: socket.isTruncated(i) };
}

/** Receives until `count` packets were answered, each with its own bytes, through the header or by return path. Gives who asked. */
export function echo(ends: UdpEnds, server: End, count: number, way: 'reply' | 'return path'): string[] {
  const askers: string[] = [];
  const path = new Uint8Array(RETURN_PATH_BYTES);
  for (let idle = 0; askers.length < count && idle < MAX_IDLE; idle++) {
    const got = server.socket.receive(true);
    for (let i = 0; i < got; i++) {
      const asker = datagram(server.socket, i);
      askers.push(asker.address);
      server.socket.copyReturnPath(i, path, 0);
      if (way === 'reply') server.socket.reply(i, asker.bytes.length);
      else ends.sender.add(server.socket.fd, path, 0, asker.bytes);
    }
    const failures = server.socket.flush() + ends.sender.flush();
    if (failures > 0) throw new Error(`${failures} answers could not be sent: ${errnosOf(server, ends)}`);
  }
  return askers;
}

function errnosOf(server: End, ends: UdpEnds): string {
  return JSON.stringify([failuresOf(server.socket.sendErrors), failuresOf(ends.sender.sendErrors)]);
}

/** Failures by errno, those that there are. */
export function failuresOf(counts: Float64Array): Record<number, number> {
  return Object.fromEntries(Array.from(counts.entries()).filter(([, count]) => count > 0));
}

/** A return path to this address, from whatever the kernel picks. */
export function pathTo(address: string, port: number, scopeId = 0): Uint8Array {
  const path = new Uint8Array(RETURN_PATH_BYTES);
  const isIPv4 = !address.includes(':');
  path[0] = isIPv4 ? C.AF_INET : C.AF_INET6;
  writeU16(path, 2, port);
  if (isIPv4) path.set(bytesOf(address).subarray(12), 4);
  else path.set(bytesOf(address), 8);
  path[24] = scopeId;
  return path;
}

function bytesOf(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new Error(`${address} is no address`);
  return bytes;
}

const library = koffi.load('libc.so.6');
const call = (name: string, ...types: string[]): ((...values: unknown[]) => number) => library.func(name, 'int', types);
const connectCall = call('connect', 'int', 'void *', 'uint');
const sendtoCall = call('sendto', 'int', 'void *', 'size_t', 'int', 'void *', 'uint');
const setnsCall = call('setns', 'int', 'int');

const SOCK_RAW = 3;
const IPPROTO_UDP = 17;
const CLONE_NEWNET = 0x40000000;

/** Lets the socket hear of ICMP errors, as one that is not connected does not. */
export function connect(end: End, to: { readonly address: string; readonly port: number }): void {
  const nameBytes = to.address.includes(':') ? 28 : 16;
  if (connectCall(end.socket.fd, pathTo(to.address, to.port), nameBytes) !== 0) throw new Error('connect failed');
}

/** Sends a datagram with this source port, 0 too, to a port of 127.0.0.1. Needs CAP_NET_RAW. */
export function sendRaw(libc: Libc, sourcePort: number, port: number, body: Uint8Array): void {
  const fd = libc.socket(C.AF_INET, SOCK_RAW, IPPROTO_UDP);
  const packet = new Uint8Array(8 + body.length);
  writeU16(packet, 0, sourcePort);
  writeU16(packet, 2, port);
  writeU16(packet, 4, packet.length);
  packet.set(body, 8);
  const sent = sendtoCall(fd, packet, packet.length, 0, pathTo('127.0.0.1', 0), 16);
  libc.close(fd);
  if (sent !== packet.length) throw new Error('a raw datagram could not be sent');
}

/** Moves this thread into a network namespace; sockets stay in the one they were opened in. */
export function enterNamespace(fd: number): void {
  if (setnsCall(fd, CLONE_NEWNET) !== 0) throw new Error('setns failed');
}
