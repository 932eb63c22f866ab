// A worker's whole life: wait in the socket, answer the batch in place, send it, again. Nothing else runs on the thread, so nothing here
// may wait, and nothing is allocated for a query.
//
//   receive ─▶ command, policy, clocks (once a batch) ─▶ read all ─▶ touchBatch ─▶ each: answerRead ─┬─ answer ─▶ its own room ─▶ flush
//                                                                                                   ├─ miss ───▶ ring of the resolver
//                                                                                                   └─ drop
//
// One packet cannot stop it: what throws is counted, shown and dropped. What throws outside of that ends the thread, and the pool puts
// another one on the same sockets: at most the batch in hand is lost.

import { newPacket, type Packet, SEGMENT_UNRESOLVED, TRANSPORT_UDP } from '../../base/packet.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { answerRead, readPacket } from '../answer/answer.ts';
import {
  countDropped,
  countDurations,
  countOverload,
  DROPPED_MALFORMED,
  DURATION_MEMORY,
} from '../answer/counting/counters.ts';
import { publishEvents } from '../answer/events/events.ts';
import { type FastPath, useSnapshot } from '../answer/fast-path.ts';
import { NO_EDE } from '../answer/finish.ts';
import { answerFailure } from '../answer/from-memory.ts';
import { MISS, PROBE } from '../answer/outcome.ts';
import { touchBatch } from '../answer/prepare.ts';
import { buildQuery } from '../resolve/upstream/upstream-query.ts';
import { FLAG_CD, RCODE_SERVFAIL } from '../wire/message.ts';
import { type ControlWords, CRASH, RUN } from './control-words.ts';
import { FaultBudget } from './fault-budget.ts';
import { REFRESH } from './miss-ring.ts';
import { type BatchSocket, PACKET_ROOM } from './sockets/batch-socket.ts';
import { BATCH } from './sockets/message-table.ts';
import type { SocketCounter } from './sockets/socket-counts.ts';

/** A socket that gives nothing but errors is broken, and asking it again would spin. A few are a client's (ICMP) or a moment's. */
const MAX_FAILURES = 1000;
/** As the sockets' own receive timeout. */
const POLL_MS = 250;

/** In place of what readQuery says. */
const UNREAD = -1;

export type LoopSocket = Pick<
  BatchSocket,
  'bytes' | 'receive' | 'at' | 'length' | 'isTruncated' | 'readPeer' | 'reply' | 'flush'
>;

/** A socket with what goes with it. */
export interface Lane<Socket extends LoopSocket = BatchSocket> {
  readonly socket: Socket;
  readonly counts: Pick<SocketCounter, 'publishDrops' | 'publishErrors'>;
}

export interface LoopOptions<Socket extends LoopSocket = BatchSocket> {
  readonly lanes: readonly Lane<Socket>[];
  /** Which lanes have something. Undefined with a single one, where the loop waits in the socket itself. */
  readonly poll: { wait(timeoutMs: number): number; isReady(i: number): boolean } | undefined;
  readonly path: FastPath;
  /** Gives the policy when it is another one than at the last call. */
  readonly policy: { next(): Snapshot | undefined };
  /** To the resolver; false when there is no room for this client's. */
  readonly misses: { push(socket: Socket, i: number, packet: Packet, flags: number): boolean };
  readonly control: ControlWords;
  readonly clock: { wallMs(): number; monotonicSeconds(): number };
  readonly onFault: (error: unknown, sample: Uint8Array) => void;
}

/** Returns when it is told to stop; throws when the thread can no longer be trusted. */
export function runLoop<Socket extends LoopSocket>(options: LoopOptions<Socket>): void {
  new Loop(options).run();
}

function packetAt(socket: LoopSocket, i: number): Packet {
  return { ...newPacket(socket.bytes), at: socket.at(i), capacity: PACKET_ROOM };
}

function fill(packet: Packet, socket: LoopSocket, i: number): void {
  // A datagram that did not fit its room is treated like one that is too short: dropped and counted.
  packet.length = socket.isTruncated(i) ? 0 : socket.length(i);
  packet.clientPort = socket.readPeer(i, packet.client);
  packet.segment = SEGMENT_UNRESOLVED;
  packet.fault = UNREAD;
}

class Loop<Socket extends LoopSocket> {
  readonly #o: LoopOptions<Socket>;
  readonly #path: FastPath;
  /** By lane, each with its place in the socket's memory. */
  readonly #packets: readonly (readonly Packet[])[];
  /** By lane, errors since the last packet. */
  readonly #failures: Uint32Array;
  readonly #faults = new FaultBudget();
  #areFaultsMany = false;
  /** Of the batch in hand: what the resolver answers, and our own probes. */
  #untimed = 0;

  constructor(options: LoopOptions<Socket>) {
    this.#o = options;
    this.#path = options.path;
    this.#path.events.isBatched = true;
    this.#packets = options.lanes.map(({ socket }) => Array.from({ length: BATCH }, (_, i) => packetAt(socket, i)));
    this.#failures = new Uint32Array(options.lanes.length);
  }

  run(): void {
    const { lanes, poll, control } = this.#o;
    this.#follow();
    while (true) {
      poll?.wait(POLL_MS);
      for (let i = 0; i < lanes.length; i++) {
        const count = this.#receive(i);
        if (control.command === CRASH) throw new Error('crashed because it was told to');
        // A batch in hand is lost, as is what waits in the socket behind it.
        if (control.command !== RUN) return;
        // After the receive, and also when nothing came: what is judged now is judged by what is in force now, and an old policy's
        // memory is written again only when each thread has left it.
        this.#follow();
        if (count > 0) this.#answerBatch(i, count);
        else if (count < 0) this.#receiveFailed(i, -count);
      }
    }
  }

  #receive(lane: number): number {
    const { lanes, poll } = this.#o;
    if (poll === undefined) return lanes[lane].socket.receive(true);
    return poll.isReady(lane) ? lanes[lane].socket.receive(false) : 0;
  }

  #follow(): void {
    const snapshot = this.#o.policy.next();
    if (snapshot !== undefined) useSnapshot([this.#path], snapshot);
  }

  #receiveFailed(lane: number, errno: number): void {
    this.#o.lanes[lane].counts.publishErrors();
    if (++this.#failures[lane] >= MAX_FAILURES) throw new Error(`a socket gives nothing but errors, errno ${errno}`);
  }

  #answerBatch(lane: number, count: number): void {
    const { socket, counts } = this.#o.lanes[lane];
    const { monotonicSeconds, wallMs } = this.#o.clock;
    const path = this.#path;
    path.nowMs = wallMs();
    path.nowSeconds = monotonicSeconds();
    this.#failures[lane] = 0;
    this.#untimed = 0;
    this.#read(socket, this.#packets[lane], count);
    // Hits first, then the others: each way through the code in one go (a tenth of the time, half hits and half blocked).
    const packets = this.#packets[lane];
    for (let i = 0; i < count; i++) if (packets[i].hashed === 0) this.#answer(socket, i, packets[i]);
    for (let i = 0; i < count; i++) if (packets[i].hashed === 1) this.#answer(socket, i, packets[i]);
    if (socket.flush() > 0) counts.publishErrors();
    publishEvents(path.events);
    counts.publishDrops();
    // One sample a batch: its packets came together and leave together.
    countDurations(path.counters, DURATION_MEMORY, monotonicSeconds() - path.nowSeconds, count - this.#untimed);
    if (this.#areFaultsMany) throw new Error('too many packets made it throw');
  }

  #read(socket: Socket, packets: readonly Packet[], count: number): void {
    for (let i = 0; i < count; i++) fill(packets[i], socket, i);
    try {
      for (let i = 0; i < count; i++) readPacket(packets[i]);
      touchBatch(this.#path, packets, count);
    } catch {
      // Whichever packet it was throws again in its own turn, where it is counted; those behind it are read there.
    }
  }

  #answer(socket: Socket, i: number, packet: Packet): void {
    try {
      if (packet.fault === UNREAD) readPacket(packet);
      const length = answerRead(this.#path, packet);
      if (length > 0) socket.reply(i, length);
      else if (length === MISS) this.#handOver(socket, i, packet);
      else if (length === PROBE) this.#sendBack(socket, i, packet);
      if (packet.refresh === 1) this.#askAgain(socket, i, packet);
    } catch (error) {
      this.#survive(error, socket, i);
    }
  }

  #handOver(socket: Socket, i: number, packet: Packet): void {
    if (this.#o.misses.push(socket, i, packet, 0)) {
      this.#untimed++;
      return;
    }
    countOverload(this.#path.counters);
    const length = answerFailure(this.#path, packet, RCODE_SERVFAIL, NO_EDE);
    if (length > 0) socket.reply(i, length);
  }

  #sendBack(socket: Socket, i: number, packet: Packet): void {
    socket.reply(i, packet.length);
    this.#untimed++;
  }

  /** Nobody waits for it, and if there is no room, it is left. The answer lies over the question by now, so that is written anew. */
  #askAgain(socket: Socket, i: number, packet: Packet): void {
    const { qname, qnameLength, qtype, dnssecOk, flags } = packet;
    const bytes = buildQuery({
      qname: qname.subarray(0, qnameLength),
      qtype,
      dnssecOk: dnssecOk === 1,
      checkingDisabled: (flags & FLAG_CD) !== 0,
    });
    this.#o.misses.push(socket, i, { ...packet, bytes, at: 0, length: bytes.length }, REFRESH);
  }

  #survive(error: unknown, socket: Socket, i: number): void {
    countDropped(this.#path.counters, TRANSPORT_UDP, DROPPED_MALFORMED);
    const at = socket.at(i);
    this.#o.onFault(error, socket.bytes.slice(at, at + socket.length(i)));
    if (this.#faults.spend(this.#path.nowSeconds)) this.#areFaultsMany = true;
  }
}
