// Queries over TCP and TLS (RFC 7766, RFC 7858): a few connections an upstream, many queries on each, answers in any order. Opened when
// needed, closed when idle.
//
//   two length bytes, message, two length bytes, message, …

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readU16, writeU16 } from '../../../base/bytes.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Target } from './source-ports.ts';
import { MATCH, matchReply } from './upstream-query.ts';

/** Connections an upstream; beyond, the query fails and the next upstream is asked. */
const MAX_CONNECTIONS = 4;
/** Open queries a connection before another is opened, and at most. */
const BUSY = 32;
const MAX_PENDING = 256;
/** RFC 7766 §6.2.3 leaves it to us; a handshake every ten quiet seconds is cheap. */
const IDLE_MS = 10_000;
const CONNECT_MS = 3000;
/** A connection that owes an answer for so long and has sent none is dead, or kept open to hold us: whoever waits on it gets a new one. */
const SILENT_MS = 5000;
/** Messages nobody asked for before the connection is given up. */
const MAX_STRAYS = 20;

export interface StreamAsk {
  /** As buildQuery made it; the id is written here. */
  readonly query: Uint8Array;
  reply(bytes: Uint8Array): void;
  failed(): void;
}

export interface TlsNames {
  readonly serverName: string;
  /** PEM of further authorities; tests bring their own. */
  readonly ca?: string;
}

export class StreamPool {
  readonly #target: Target;
  readonly #tls: TlsNames | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #connections = new Set<Connection>();
  #closed = false;

  constructor(target: Target, tls: TlsNames | undefined, clock: Clock, random: Random) {
    this.#target = target;
    this.#tls = tls;
    this.#clock = clock;
    this.#random = random;
  }

  /** Sends the query; gives a function that forgets it. */
  send(ask: StreamAsk): () => void {
    const connection = this.#pick();
    if (connection === undefined) return this.#clock.after(0, () => ask.failed());
    let forget = connection.send({
      query: ask.query,
      reply: (bytes) => ask.reply(bytes),
      // A server may close an idle connection at the very moment we write to it: once more on a new one.
      failed: () => {
        const fresh = connection.hasAnswered ? this.#open() : undefined;
        if (fresh === undefined) ask.failed();
        else forget = fresh.send(ask);
      },
    });
    return () => forget();
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.destroy();
  }

  #pick(): Connection | undefined {
    for (const one of this.#connections) if (one.isSilent) one.destroy();
    let best: Connection | undefined;
    for (const one of this.#connections) if (best === undefined || one.pendingCount < best.pendingCount) best = one;
    if (best !== undefined && best.pendingCount < BUSY) return best;
    return this.#open() ?? (best !== undefined && best.pendingCount < MAX_PENDING ? best : undefined);
  }

  #open(): Connection | undefined {
    if (this.#closed || this.#connections.size >= MAX_CONNECTIONS) return undefined;
    const connection = new Connection(this.#connect(), this.#tls !== undefined, this.#clock, this.#random, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  #connect(): Socket {
    const { host, port } = this.#target;
    if (this.#tls === undefined) return connectTcp({ host, port, noDelay: true });
    const { serverName, ca } = this.#tls;
    return connectTls({
      host,
      port,
      servername: serverName,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['dot'],
      ...(ca === undefined ? {} : { ca }),
    });
  }
}

class Connection {
  /** An answer has come over it: if it breaks now, the next one may still work. */
  hasAnswered = false;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #gone: () => void;
  readonly #pending = new Map<number, StreamAsk>();
  #rest: Buffer = Buffer.alloc(0);
  #strays = 0;
  #isReady = false;
  /** When the first query since its last message was sent. Asks that were given up count too. */
  #owesSinceMs: number | undefined;
  #cancelTimer: () => void;

  constructor(socket: Socket, isTls: boolean, clock: Clock, random: Random, gone: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#random = random;
    this.#gone = gone;
    this.#cancelTimer = clock.after(CONNECT_MS, () => this.destroy());
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#ready());
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
    socket.unref();
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  get isSilent(): boolean {
    return this.#owesSinceMs !== undefined && this.#clock.nowMs() - this.#owesSinceMs >= SILENT_MS;
  }

  send(ask: StreamAsk): () => void {
    let id = this.#random.u16();
    while (this.#pending.has(id)) id = this.#random.u16(); // at most 256 of 65,536 are taken
    writeU16(ask.query, 0, id);
    this.#pending.set(id, ask);
    this.#owesSinceMs ??= this.#clock.nowMs();
    if (this.#isReady) this.#cancelTimer();
    const frame = new Uint8Array(ask.query.length + 2);
    writeU16(frame, 0, ask.query.length);
    frame.set(ask.query, 2);
    this.#socket.write(frame);
    return () => {
      if (this.#pending.get(id) === ask) this.#pending.delete(id);
      this.#restWhenIdle();
    };
  }

  destroy(): void {
    this.#cancelTimer();
    this.#gone();
    this.#socket.destroy();
    const asks = [...this.#pending.values()];
    this.#pending.clear();
    for (const ask of asks) ask.failed();
  }

  #ready(): void {
    this.#isReady = true;
    this.#cancelTimer();
    this.#restWhenIdle();
  }

  #restWhenIdle(): void {
    if (!this.#isReady || this.#pending.size > 0) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(IDLE_MS, () => this.destroy());
  }

  /** Keeps at most one unfinished frame (65,537 bytes) and the chunk in hand. */
  #received(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 2 && bytes.length >= 2 + readU16(bytes, 0)) {
      const end = 2 + readU16(bytes, 0);
      this.#message(bytes.subarray(2, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = Buffer.from(bytes);
  }

  #message(bytes: Uint8Array): void {
    const id = bytes.length < 2 ? -1 : readU16(bytes, 0);
    const ask = this.#pending.get(id);
    this.#owesSinceMs = this.#pending.size > 1 ? this.#clock.nowMs() : undefined;
    if (ask === undefined || matchReply(bytes, ask.query) !== MATCH) {
      if (++this.#strays >= MAX_STRAYS) this.destroy();
      return;
    }
    this.#pending.delete(id);
    this.hasAnswered = true;
    ask.reply(bytes);
    this.#restWhenIdle();
  }
}
