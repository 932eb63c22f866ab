// The way of a miss from a worker to the resolver: a ring in shared memory, one a worker, so that neither ever waits for the other.
//
//   ring   │ head i32 … │ tail i32 … │ slot 0 │ slot 1 │ … │ slot 1023 │        a cache line each for head and tail; they wrap at 2^32
//   slot   │ length u32 │ socket u16 │ port u16 │ arrived f64 │ client 16 │ return path 48 │ flags u32 … │ query … │
//          0            4            6          8             16          32               80              96
//
// Who writes what: the worker writes a slot, then head; the resolver reads what lies below head, then writes tail, and no longer looks at
// it. A worker that dies loses at most the slot it had not counted in head yet; its successor goes on from there.

import type { Packet } from '../../base/packet.ts';
import { giveShareBack, newShares, type Shares, takeShare } from '../listeners/shares.ts';
import type { Bell } from './bell.ts';
import type { BatchSocket } from './sockets/batch-socket.ts';
import { RETURN_PATH_BYTES } from './sockets/return-path.ts';

/**
 * At 100,000 misses a second the ring holds 10 ms: longer than any slice of the resolver's work and its usual collections. What waits
 * longer is better told at once (SERVFAIL) than answered when the client has given up. 2.3 MB a worker.
 */
export const MISS_SLOTS = 1024;
/** A datagram's room (batch-socket.ts): no query is longer. */
const QUERY_ROOM = 2048;

/** Nobody waits: an answer nears its end and is to be fetched anew. */
export const REFRESH = 1;
/** What take() gives when the ring is empty. */
export const NOTHING = -1;

const HEAD = 0;
const TAIL = 16;
const SLOTS_AT = 128;
const SOCKET_AT = 4;
const PORT_AT = 6;
const ARRIVED_AT = 8;
const CLIENT_AT = 16;
const PATH_AT = 32;
const FLAGS_AT = 80;
const QUERY_AT = 96;
/** 34 cache lines: no power of two, so that slots do not all fall into the same sets of a cache. */
const SLOT_SIZE = 2176;
const MASK = MISS_SLOTS - 1;

export function newMissRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS_AT + MISS_SLOTS * SLOT_SIZE);
}

/** One ring's memory as numbers. */
class RingView {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly data: DataView;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, SLOTS_AT / 4);
    this.bytes = new Uint8Array(memory);
    this.data = new DataView(memory);
  }
}

function slotAt(index: number): number {
  return SLOTS_AT + (index & MASK) * SLOT_SIZE;
}

type MissSocket = Pick<BatchSocket, 'copyReturnPath'>;

/** The worker's end. */
export class MissProducer<Socket extends MissSocket = BatchSocket> {
  readonly #ring: RingView;
  readonly #bell: Bell;
  readonly #sockets: readonly Socket[];
  readonly #path: { readonly nowSeconds: number };
  readonly #shares: Shares;
  /** The network's share that each slot has taken. */
  readonly #taken = new Int16Array(MISS_SLOTS).fill(-1);
  /** Shares below here have been given back. */
  #released: number;

  /** `sockets`: in the order in which the resolver knows their descriptors. `path`: its nowSeconds is when the batch came. */
  constructor(
    memory: SharedArrayBuffer,
    bell: Bell,
    sockets: readonly Socket[],
    path: { readonly nowSeconds: number },
    seed: number,
  ) {
    this.#ring = new RingView(memory);
    this.#bell = bell;
    this.#sockets = sockets;
    this.#path = path;
    this.#shares = newShares(MISS_SLOTS, seed);
    this.#released = Atomics.load(this.#ring.words, TAIL);
  }

  /**
   * Hands packet `i` of the socket over, whose query lies in `packet` as it came. False when the ring is full, the client's network has its
   * share of it, or the query is longer than any datagram.
   */
  push(socket: Socket, i: number, packet: Packet, flags: number): boolean {
    const { words } = this.#ring;
    const head = Atomics.load(words, HEAD);
    const tail = Atomics.load(words, TAIL);
    this.#giveBack(tail);
    if (((head - tail) | 0) >= MISS_SLOTS || packet.length > QUERY_ROOM) return false;
    const share = takeShare(this.#shares, packet.client);
    if (share < 0) return false;
    this.#taken[head & MASK] = share;
    this.#write(slotAt(head), socket, i, packet, flags);
    Atomics.store(words, HEAD, (head + 1) | 0);
    this.#bell.ring();
    return true;
  }

  /** What the resolver has taken no longer counts. */
  #giveBack(tail: number): void {
    for (; this.#released !== tail; this.#released = (this.#released + 1) | 0) {
      const slot = this.#released & MASK;
      if (this.#taken[slot] < 0) continue; // a predecessor's
      giveShareBack(this.#shares, this.#taken[slot]);
      this.#taken[slot] = -1;
    }
  }

  #write(at: number, socket: Socket, i: number, packet: Packet, flags: number): void {
    const { bytes, data } = this.#ring;
    data.setUint32(at, packet.length, true);
    data.setUint16(at + SOCKET_AT, this.#sockets.indexOf(socket), true);
    data.setUint16(at + PORT_AT, packet.clientPort, true);
    data.setFloat64(at + ARRIVED_AT, this.#path.nowSeconds, true);
    data.setUint32(at + FLAGS_AT, flags, true);
    for (let k = 0; k < 16; k++) bytes[at + CLIENT_AT + k] = packet.client[k];
    socket.copyReturnPath(i, bytes, at + PATH_AT);
    const from = packet.at;
    for (let k = 0; k < packet.length; k++) bytes[at + QUERY_AT + k] = packet.bytes[from + k];
  }
}

/** What the resolver copies a miss into. */
export interface MissRecord {
  /** Room for `length` bytes of query; sets `length`. */
  room(length: number): Uint8Array;
  readonly client: Uint8Array;
  readonly returnPath: Uint8Array;
  clientPort: number;
  arrivedSeconds: number;
  /** Which of the worker's sockets it came by. */
  socket: number;
}

/** The resolver's end. */
export class MissConsumer {
  readonly #ring: RingView;
  #tail: number;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new RingView(memory);
    this.#tail = Atomics.load(this.#ring.words, TAIL);
  }

  isEmpty(): boolean {
    return Atomics.load(this.#ring.words, HEAD) === this.#tail;
  }

  /** Copies the oldest miss out and frees its slot; gives its flags, or NOTHING. */
  take(into: MissRecord): number {
    if (this.isEmpty()) return NOTHING;
    const flags = this.#read(slotAt(this.#tail), into);
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#ring.words, TAIL, this.#tail);
    return flags;
  }

  #read(at: number, into: MissRecord): number {
    const { bytes, data } = this.#ring;
    const length = Math.min(QUERY_ROOM, data.getUint32(at, true));
    into.socket = data.getUint16(at + SOCKET_AT, true);
    into.clientPort = data.getUint16(at + PORT_AT, true);
    into.arrivedSeconds = data.getFloat64(at + ARRIVED_AT, true);
    for (let k = 0; k < 16; k++) into.client[k] = bytes[at + CLIENT_AT + k];
    for (let k = 0; k < RETURN_PATH_BYTES; k++) into.returnPath[k] = bytes[at + PATH_AT + k];
    const room = into.room(length);
    for (let k = 0; k < length; k++) room[k] = bytes[at + QUERY_AT + k];
    return data.getUint32(at + FLAGS_AT, true);
  }
}
