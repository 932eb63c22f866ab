// The workers and their sockets. Main opens one SO_REUSEPORT socket for each worker and listen address, owns them and closes them last;
// a worker only borrows the numbers, so a dead one leaves no socket behind that takes queries and answers none.
//
//   openUdp (one a listen address) ─▶ start ─▶ [crash ─▶ replaced on the same sockets]… ─▶ stop ─▶ close

import { getSystemErrorName } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { endpointText, type ListenEndpoint, type Listener } from '../listeners/listeners.ts';
import { CRASH } from './control-words.ts';
import { Seat } from './seat.ts';
import { Libc, SystemError } from './sockets/libc.ts';
import { closeSocket, openUdpSockets, shutdownSocket } from './sockets/open-sockets.ts';
import { addErrors, dropsOf, newSocketCounts } from './sockets/socket-counts.ts';

/** Holds a burst of some 10,000 queries while a thread is replaced; the kernel may cap it at net.core.rmem_max. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/** What a worker's thread borrows from the pool. */
export interface Lent {
  /** Its number, 0 to workers − 1. */
  readonly index: number;
  /** For ControlWords. */
  readonly control: SharedArrayBuffer;
  /** One a listen address, in the order of their opening. */
  readonly fds: readonly number[];
  /** For SocketCounter, a row for each of them. */
  readonly counts: SharedArrayBuffer;
}

/** What a worker's thread tells main: a packet that made it throw. */
export interface WorkerMessage {
  readonly error: string;
  readonly sample: Uint8Array;
}

export interface PoolOptions {
  readonly workers: number;
  readonly start: (lent: Lent) => Worker;
  readonly onFault: (fault: WorkerMessage) => void;
  /** Worker `index` has died; another one takes its place after `waitMs`. */
  readonly onCrash: (index: number, error: Error, waitMs: number) => void;
}

export interface PoolStats {
  /** Threads that are there now. */
  readonly workers: number;
  /** Threads that died and were replaced. */
  readonly restarts: number;
  /** In the order of their opening. */
  readonly sockets: readonly SocketStats[];
}

/** One listen address, over all workers. */
export interface SocketStats {
  readonly listener: string;
  /** Datagrams that the kernel dropped because the receive buffer was full. */
  readonly drops: number;
  /** Failed receives and answers that could not be sent, by errno's name; those that never happened are left out. */
  readonly errors: readonly {
    readonly operation: 'receive' | 'send';
    readonly error: string;
    readonly count: number;
  }[];
}

/** With portable sockets: main answers, and the kernel tells it of no drops. */
export const NO_POOL: PoolStats = { workers: 0, restarts: 0, sockets: [] };

export class Pool {
  readonly #o: PoolOptions;
  readonly #libc = new Libc();
  readonly #seats: readonly Seat[];
  /** By worker, then by listen address. */
  readonly #fds: readonly number[][];
  readonly #listeners: string[] = [];
  /** By worker; there from start() on. */
  #counts: readonly SharedArrayBuffer[] = [];
  /** Without it a worker that waits in its socket would keep the dying process, and its port, for good. */
  readonly #onExit = () => this.#tellToStop();

  /** Batched calls must work here: ask batchIoFault first. */
  constructor(options: PoolOptions) {
    this.#o = options;
    this.#fds = Array.from({ length: options.workers }, () => []);
    this.#seats = this.#fds.map((fds, index) => this.#newSeat(index, fds));
    process.on('exit', this.#onExit);
  }

  /** As listenUdp, before start(): binds the address for each worker, or rejects with the system's error. Closing it ends the workers. */
  async openUdp(endpoint: ListenEndpoint): Promise<Listener> {
    const wanted = { ...endpoint, bufferBytes: SOCKET_BUFFER_BYTES };
    const sockets = openUdpSockets(this.#libc, wanted, this.#o.workers);
    if (sockets instanceof SystemError) throw sockets;
    for (const [index, { fd }] of sockets.entries()) this.#fds[index].push(fd);
    const [{ port }] = sockets;
    this.#listeners.push(endpointText(endpoint.host, port));
    return { transport: 'udp', port, stop: () => this.#tellToStop(), close: () => this.stop() };
  }

  /** By worker, then by listen address in the order of their opening: what the resolver answers through. */
  get fds(): readonly (readonly number[])[] {
    return this.#fds;
  }

  /** After the last openUdp. */
  start(): void {
    this.#counts = this.#fds.map((fds) => newSocketCounts(fds.length));
    for (const seat of this.#seats) seat.start();
  }

  /** No worker runs when it settles; the sockets can still send. */
  async stop(): Promise<void> {
    this.#tellToStop();
    await Promise.all(this.#seats.map((seat) => seat.ended()));
  }

  /** Last of all, when no thread uses the sockets any more: their numbers may soon mean other files. */
  async close(): Promise<void> {
    await this.stop();
    for (const fd of this.#fds.flatMap((fds) => fds.splice(0))) closeSocket(this.#libc, fd);
    process.off('exit', this.#onExit);
  }

  /** The worker throws at its next receive: a drill. */
  crash(index: number): void {
    this.#seats[index].control.tell(CRASH);
  }

  stats(): PoolStats {
    return {
      workers: this.#seats.filter((seat) => seat.isRunning).length,
      restarts: this.#seats.reduce((sum, { restarts }) => sum + restarts, 0),
      sockets: this.#listeners.map((listener, place) => ({
        listener,
        drops: this.#counts.reduce((sum, counts) => sum + dropsOf(counts, place), 0),
        errors: [...this.#errors(place, 'receive'), ...this.#errors(place, 'send')],
      })),
    };
  }

  #errors(place: number, operation: 'receive' | 'send'): SocketStats['errors'] {
    const totals = new Map<number, number>();
    for (const counts of this.#counts) addErrors(totals, counts, place, operation);
    return Array.from(totals, ([errno, count]) => ({ operation, error: getSystemErrorName(-errno), count }));
  }

  #newSeat(index: number, fds: readonly number[]): Seat {
    const { start, onFault, onCrash } = this.#o;
    return new Seat({
      start: (control) => start({ index, control, fds, counts: this.#counts[index] }),
      onMessage: (message) => onFault(message as WorkerMessage),
      onCrash: (error, waitMs) => onCrash(index, error, waitMs),
    });
  }

  #tellToStop(): void {
    for (const seat of this.#seats) seat.tellToStop();
    for (const fd of this.#fds.flat()) shutdownSocket(this.#libc, fd);
  }
}
