// What went wrong in a worker's sockets, in shared memory: the worker writes, main reads, and a worker that takes over from a dead one goes
// on from its numbers. One row a socket:
//
//   │ drops │ receive errors by errno … │ send errors by errno … │        Float64
//
// Errors are rare, so they are copied when one has happened; drops are one store a batch.

import type { BatchSocket } from './batch-socket.ts';
import { newErrnoCounts } from './send-messages.ts';

const ERRNOS = newErrnoCounts().length;
const DROPS = 0;
const RECEIVE = 1;
const SEND = RECEIVE + ERRNOS;
const ROW = SEND + ERRNOS;

export function newSocketCounts(sockets: number): SharedArrayBuffer {
  return new SharedArrayBuffer(sockets * ROW * Float64Array.BYTES_PER_ELEMENT);
}

type CountedSocket = Pick<BatchSocket, 'drops' | 'receiveErrors' | 'sendErrors'>;

/** The worker's end, for one socket. */
export class SocketCounter {
  readonly #row: Float64Array;
  readonly #before: Float64Array;
  readonly #socket: CountedSocket;

  constructor(shared: SharedArrayBuffer, place: number, socket: CountedSocket) {
    this.#row = rowOf(shared, place);
    this.#before = this.#row.slice();
    this.#socket = socket;
  }

  /** The kernel counts a socket's drops from its opening on; it says so only with a datagram. */
  publishDrops(): void {
    if (this.#socket.drops > this.#row[DROPS]) this.#row[DROPS] = this.#socket.drops;
  }

  publishErrors(): void {
    const { receiveErrors, sendErrors } = this.#socket;
    for (let errno = 0; errno < ERRNOS; errno++) {
      this.#row[RECEIVE + errno] = this.#before[RECEIVE + errno] + receiveErrors[errno];
      this.#row[SEND + errno] = this.#before[SEND + errno] + sendErrors[errno];
    }
  }
}

function rowOf(shared: SharedArrayBuffer, place: number): Float64Array {
  return new Float64Array(shared, place * ROW * Float64Array.BYTES_PER_ELEMENT, ROW);
}

export function dropsOf(shared: SharedArrayBuffer, place: number): number {
  return rowOf(shared, place)[DROPS];
}

/** Adds the errors of one of a worker's sockets to the totals by errno. */
export function addErrors(
  totals: Map<number, number>,
  shared: SharedArrayBuffer,
  place: number,
  operation: 'receive' | 'send',
): void {
  const row = rowOf(shared, place).subarray(operation === 'receive' ? RECEIVE : SEND);
  for (let errno = 0; errno < ERRNOS; errno++) {
    if (row[errno] > 0) totals.set(errno, (totals.get(errno) ?? 0) + row[errno]);
  }
}
