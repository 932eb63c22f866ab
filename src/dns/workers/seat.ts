// One worker's place: it is filled by one thread at a time, and a thread that dies is replaced by another one that takes over the same
// sockets, counters and rings, so that nobody who was being served notices more than the loss of one batch.

import type { Worker } from 'node:worker_threads';
import { Backoff } from './backoff.ts';
import { ControlWords, RUN, STOP } from './control-words.ts';

/** A worker that was told to stop and whose sockets are shut ends in a moment; one that hangs is ended by force. */
const STOP_MS = 1_000;

export interface SeatOptions {
  readonly start: (control: SharedArrayBuffer) => Worker;
  /** What a worker says: a packet that made it throw. */
  readonly onMessage: (message: unknown) => void;
  /** After a thread has ended against its orders. */
  readonly onCrash: (error: Error, waitMs: number) => void;
}

export class Seat {
  readonly control = new ControlWords();
  readonly #o: SeatOptions;
  readonly #backoff = new Backoff();
  #worker: Worker | undefined;
  #gone: Promise<void> = Promise.resolve();
  #waiting: NodeJS.Timeout | undefined;
  #isStopped = false;
  restarts = 0;

  constructor(options: SeatOptions) {
    this.#o = options;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    this.#waiting = undefined;
    this.control.tell(RUN);
    const startedAt = performance.now();
    const worker = this.#o.start(this.control.shared);
    let failure = new Error('it ended without being told to');
    this.#worker = worker;
    worker.on('message', this.#o.onMessage);
    worker.on('error', (error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    this.#gone = new Promise((gone) => {
      worker.on('exit', () => {
        this.#worker = undefined;
        if (!this.#isStopped) this.#replace(failure, startedAt);
        gone();
      });
    });
  }

  /** No further thread starts; the one that runs ends after its batch, if its receive ends. */
  tellToStop(): void {
    this.#isStopped = true;
    clearTimeout(this.#waiting);
    this.control.tell(STOP);
  }

  /** Settles when no thread is there. */
  async ended(): Promise<void> {
    const worker = this.#worker;
    const timer = setTimeout(() => void worker?.terminate(), STOP_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  #replace(failure: Error, startedAt: number): void {
    const now = performance.now();
    const waitMs = this.#backoff.afterCrash(now, now - startedAt);
    this.restarts++;
    this.#o.onCrash(failure, waitMs);
    this.#waiting = setTimeout(() => this.start(), waitMs);
  }
}
