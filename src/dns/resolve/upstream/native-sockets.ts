// Sockets of our own for SourcePorts, where batched system calls work: no object, callback or buffer of Node's for a packet. One epoll
// descriptor watches them all. While there is something to do it is asked once a turn of the event loop, which costs one system call for
// as many replies as have come; when there is nothing, a thread of libuv's pool waits in it.
//
//   send ─▶ turn: epoll_wait(0) ─┬─ replies ─▶ owners ─▶ next turn
//                                ├─ none, questions open ─▶ wait elsewhere, 250 ms at most ─▶ next turn
//                                └─ no question open: rest, until the next send

import { isIPv4 } from '../../../base/addresses.ts';
import { writeU16 } from '../../../base/bytes.ts';
import { Prefixes } from '../../../base/prefixes.ts';
import type { Libc, NativeMemory } from '../../workers/sockets/libc.ts';
import { C, EPOLL_EVENT, SOCKADDR_IN, SOCKADDR_IN6 } from '../../workers/sockets/struct-layout.ts';
import type { Ask, PortSocket, Sender, SocketKind, SocketOwner, Target } from './source-ports.ts';

/** Replies a system call; also how long doors may have to wait for their turn: about 0.3 ms. */
const EVENTS = 64;
/** A pool's thread cannot be called back, so it must come back soon when all is over. */
const WAIT_MS = 250;
const MAX_DATAGRAM = 65_535;

// Offsets in the one memory, in bytes.
const NAME = 0;
const NAME_LENGTH = 32;
const EVENT = 40;
const QUERY = 64;
/** A question and an OPT: at most 12 + 255 + 4 + 11. */
const QUERY_ROOM = 320;
const EVENTS_AT = QUERY + QUERY_ROOM;
const REPLY = EVENTS_AT + EVENTS * 16;

export class NativeSockets implements SocketKind, Sender {
  readonly #libc: Libc;
  readonly #memory: NativeMemory;
  readonly #replies: Prefixes;
  readonly #epoll: number;
  /** By token, which an event carries; a place is used again. */
  readonly #sockets: (NativeSocket | undefined)[] = [];
  readonly #free: number[] = [];
  /** What is to leave, and by which socket. */
  readonly #leaving: Ask[] = [];
  readonly #leavingBy: NativeSocket[] = [];
  readonly #flush = () => this.#sendAll();
  readonly #turn = () => this.#takeTurn();
  readonly #came = (count: number) => this.#takeWait(count);
  /** Targets as the system wants them. */
  readonly #names = new WeakMap<Target, Uint8Array>();
  #isAwake = false;
  #isClosed = false;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#memory = libc.newMemory(REPLY + MAX_DATAGRAM + 1);
    this.#replies = new Prefixes(this.#memory.bytes.subarray(REPLY));
    this.#epoll = libc.epollCreate(C.EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw new Error(`epoll_create1: errno ${libc.errno()}`);
  }

  open(type: 'udp4' | 'udp6', owner: SocketOwner): PortSocket | undefined {
    const libc = this.#libc;
    const family = type === 'udp4' ? C.AF_INET : C.AF_INET6;
    const fd = libc.socket(family, C.SOCK_DGRAM | C.SOCK_CLOEXEC | C.SOCK_NONBLOCK, 0);
    if (fd < 0) return undefined;
    const token = this.#free.pop() ?? this.#sockets.length;
    if (!this.#bind(fd, family) || !this.#watch(fd, token)) {
      libc.close(fd);
      this.#free.push(token);
      return undefined;
    }
    const socket = new NativeSocket(this, owner, fd, token);
    this.#sockets[token] = socket;
    owner.bound();
    return socket;
  }

  /** The sockets have been closed. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isAwake) this.#libc.close(this.#epoll);
  }

  /** For NativeSocket: leaves with the others of this turn. */
  send(socket: NativeSocket, ask: Ask): void {
    this.#leaving.push(ask);
    this.#leavingBy.push(socket);
    if (this.#leaving.length > 1) return;
    setImmediate(this.#flush);
  }

  /** One after another, nothing in between: on loopback each would otherwise wake the upstream for itself, which costs more than to send. */
  #sendAll(): void {
    const asks = this.#leaving.splice(0);
    const sockets = this.#leavingBy.splice(0);
    for (let i = 0; i < asks.length; i++) {
      const { owner, fd } = sockets[i];
      // One that was given up meanwhile waits no longer at this port, which may be closed.
      if (asks[i].port === owner && !this.#sendNow(fd, asks[i])) owner.unsent(asks[i]);
    }
    if (this.#isAwake || this.#isClosed) return;
    this.#isAwake = true;
    this.#takeTurn();
  }

  #sendNow(fd: number, { query, target }: Ask): boolean {
    const { bytes, address } = this.#memory;
    const name = this.#nameOf(target);
    for (let i = 0; i < name.length; i++) bytes[NAME + i] = name[i];
    for (let i = 0; i < query.length; i++) bytes[QUERY + i] = query[i];
    const sent = this.#libc.sendto(fd, address + QUERY, query.length, C.MSG_DONTWAIT, address + NAME, name.length);
    return sent === query.length;
  }

  /** For NativeSocket: its descriptor, watched by epoll, leaves it with the closing. */
  forget({ fd, token }: NativeSocket): void {
    this.#sockets[token] = undefined;
    this.#free.push(token);
    this.#libc.close(fd);
  }

  /** Whether the packet in hand comes from there. */
  is(target: Target): boolean {
    const { bytes } = this.#memory;
    const name = this.#nameOf(target);
    const isFour = name.length === SOCKADDR_IN.size;
    const length = isFour ? SOCKADDR_IN.address + 4 : SOCKADDR_IN6.address + 16;
    for (let i = 0; i < length; i++) {
      // A flow label is the sender's own business.
      const isFlow = !isFour && i >= SOCKADDR_IN6.flowinfo && i < SOCKADDR_IN6.address;
      if (bytes[NAME + i] !== name[i] && !isFlow) return false;
    }
    return true;
  }

  #nameOf(target: Target): Uint8Array {
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    const isFour = isIPv4(target.address);
    const name = new Uint8Array(isFour ? SOCKADDR_IN.size : SOCKADDR_IN6.size);
    name[0] = isFour ? C.AF_INET : C.AF_INET6;
    writeU16(name, SOCKADDR_IN.port, target.port);
    name.set(
      isFour ? target.address.subarray(12) : target.address,
      isFour ? SOCKADDR_IN.address : SOCKADDR_IN6.address,
    );
    this.#names.set(target, name);
    return name;
  }

  /** To any address and to a port of the kernel's choice. */
  #bind(fd: number, family: number): boolean {
    const { bytes, address } = this.#memory;
    bytes.fill(0, NAME, NAME + SOCKADDR_IN6.size);
    bytes[NAME] = family;
    const size = family === C.AF_INET ? SOCKADDR_IN.size : SOCKADDR_IN6.size;
    return this.#libc.bind(fd, address + NAME, size) === 0;
  }

  #watch(fd: number, token: number): boolean {
    const { bytes, words, address } = this.#memory;
    bytes.fill(0, EVENT, EVENT + EPOLL_EVENT.size);
    words[(EVENT + EPOLL_EVENT.events) >> 2] = C.EPOLLIN;
    words[(EVENT + EPOLL_EVENT.data) >> 2] = token;
    return this.#libc.epollControl(this.#epoll, C.EPOLL_CTL_ADD, fd, address + EVENT) === 0;
  }

  #takeTurn(): void {
    if (this.#isClosed) {
      this.#libc.close(this.#epoll);
      return;
    }
    const count = this.#libc.epollWait(this.#epoll, this.#memory.address + EVENTS_AT, EVENTS, 0);
    this.#receive(count);
    if (count > 0) setImmediate(this.#turn);
    else if (this.#sockets.some((socket) => socket?.owner.isWaiting() === true)) this.#waitElsewhere();
    else this.#isAwake = false;
  }

  #waitElsewhere(): void {
    this.#libc.epollWaitLater(this.#epoll, this.#memory.address + EVENTS_AT, EVENTS, WAIT_MS, this.#came);
  }

  #takeWait(count: number): void {
    if (!this.#isClosed) this.#receive(count);
    this.#takeTurn();
  }

  #receive(count: number): void {
    const { words } = this.#memory;
    for (let i = 0; i < count; i++) {
      const socket = this.#sockets[words[(EVENTS_AT + i * EPOLL_EVENT.size + EPOLL_EVENT.data) >> 2]];
      if (socket !== undefined) this.#receiveFrom(socket);
    }
  }

  /** One packet: if more wait there, epoll says so again. An error (of another socket by now, or none) is passed over. */
  #receiveFrom({ fd, owner }: NativeSocket): void {
    const { words, address } = this.#memory;
    words[NAME_LENGTH >> 2] = SOCKADDR_IN6.size;
    const length = this.#libc.recvfrom(
      fd,
      address + REPLY,
      MAX_DATAGRAM,
      C.MSG_DONTWAIT,
      address + NAME,
      address + NAME_LENGTH,
    );
    if (length >= 0) owner.received(this.#replies.of(length), this);
  }
}

class NativeSocket implements PortSocket {
  readonly #sockets: NativeSockets;
  readonly owner: SocketOwner;
  readonly fd: number;
  readonly token: number;

  constructor(sockets: NativeSockets, owner: SocketOwner, fd: number, token: number) {
    this.#sockets = sockets;
    this.owner = owner;
    this.fd = fd;
    this.token = token;
  }

  send(ask: Ask): void {
    this.#sockets.send(this, ask);
  }

  close(): void {
    this.#sockets.forget(this);
  }
}
