// One TCP connection: two bytes of length, then a message, over and over (RFC 7766 §8). Queries may come many at once and answers leave
// when they are ready, in any order (§6.2.1.1). Reading stops while too much is in flight or unsent, so a client can fill no memory of ours.
//
//   socket ─▶ chunk ─▶ frames ─▶ door ─▶ framed answers ─▶ socket
//               └ the rest waits in `pending`

import type { Socket } from 'node:net';
import { readU16, writeU16 } from '../../base/bytes.ts';
import { TRANSPORT_TCP } from '../../base/packet.ts';
import { HEADER_SIZE } from '../wire/message.ts';
import type { Door, Reply } from './door.ts';

/** Queries of one connection at the resolver at once; the rest wait in the socket. */
export const MAX_PIPELINED = 64;
/** No query that we can answer is longer, padding included; a longer frame closes the connection. */
export const MAX_TCP_QUERY = 4096;
/** Answers that the client has not read yet; beyond, nothing more of it is read. Four of the largest. */
const MAX_UNSENT = 256 * 1024;
/** A reader that has not taken its last answers by then does not get them. */
const FLUSH_MS = 500;
const FRAME_HEAD = 2;
const NOTHING = new Uint8Array(0);

export class Connection {
  readonly #socket: Socket;
  readonly #client: Uint8Array;
  readonly #port: number;
  readonly #door: Door;
  #pending: Uint8Array = NOTHING;
  #inFlight = 0;
  /** The client has sent its last byte. */
  #hasEnded = false;
  /** We take no more queries. */
  #isStopped = false;
  /** Monotonic ms of the last whole query or fully sent answer. */
  #activeAt = performance.now();

  constructor(socket: Socket, client: Uint8Array, door: Door, onClose: () => void) {
    this.#socket = socket;
    this.#client = client;
    this.#port = socket.remotePort ?? 0;
    this.#door = door;
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    socket.on('drain', () => this.#continue());
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#continue();
    });
    // Resets and broken pipes are the client's business; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', onClose);
  }

  /** Takes no more queries, sends what is under way, then closes. */
  stop(): void {
    this.#isStopped = true;
    this.#pending = NOTHING;
    this.#continue();
  }

  closeIfIdle(before: number): void {
    if (this.#inFlight === 0 && this.#activeAt < before) this.#socket.destroy();
  }

  /** Lets the last answers leave, for a moment. */
  close(): void {
    const socket = this.#socket;
    socket.destroySoon();
    setTimeout(() => socket.destroy(), FLUSH_MS).unref();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isStopped) return;
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#continue();
  }

  /** Answers whole frames until one is missing or the limits are met. */
  #continue(): void {
    const socket = this.#socket;
    let at = 0;
    socket.cork();
    while (this.#mayTakeMore() && at + FRAME_HEAD <= this.#pending.length) {
      const length = readU16(this.#pending, at);
      if (length < HEADER_SIZE || length > MAX_TCP_QUERY) {
        socket.destroy();
        return;
      }
      const end = at + FRAME_HEAD + length;
      if (end > this.#pending.length) break;
      this.#take(this.#pending.subarray(at + FRAME_HEAD, end));
      at = end;
    }
    if (at > 0) this.#keep(at);
    socket.uncork();
    if (!this.#mayTakeMore()) socket.pause();
    else if (this.#isDone()) socket.end();
    else socket.resume();
  }

  /** A copy: a view of a few bytes would keep the whole chunk, 64 KB, for as long as the client likes. */
  #keep(from: number): void {
    this.#pending = from === this.#pending.length ? NOTHING : new Uint8Array(this.#pending.subarray(from));
  }

  #mayTakeMore(): boolean {
    return this.#inFlight < MAX_PIPELINED && this.#socket.writableLength < MAX_UNSENT && !this.#socket.destroyed;
  }

  #take(query: Uint8Array): void {
    this.#activeAt = performance.now();
    const reply = this.#door.answer(query, this.#client, this.#port, TRANSPORT_TCP);
    if (!(reply instanceof Promise)) {
      this.#send(reply);
      return;
    }
    this.#inFlight++;
    reply.then((late) => {
      this.#inFlight--;
      this.#send(late);
      this.#continue();
    });
  }

  #send(reply: Reply): void {
    if (reply === undefined || this.#socket.destroyed) return;
    const frame = new Uint8Array(FRAME_HEAD + reply.length);
    writeU16(frame, 0, reply.length);
    frame.set(reply, FRAME_HEAD);
    this.#socket.write(frame, () => {
      this.#activeAt = performance.now();
    });
  }

  /** Only a part of a frame can be pending here. A half-closed client still reads its answers (RFC 7766 §6.2.4 leaves it to us). */
  #isDone(): boolean {
    return (this.#hasEnded || this.#isStopped) && this.#inFlight === 0;
  }
}
