// Which of several sockets have something, for a thread that reads more than one.

import type { Libc, NativeMemory } from './libc.ts';
import { C, POLLFD } from './struct-layout.ts';

export class SocketPoll {
  readonly #libc: Libc;
  readonly #count: number;
  readonly #pollfds: NativeMemory;

  constructor(libc: Libc, fds: readonly number[]) {
    this.#libc = libc;
    this.#count = fds.length;
    this.#pollfds = libc.newMemory(fds.length * POLLFD.size);
    fds.forEach((fd, i) => {
      this.#pollfds.words[(i * POLLFD.size + POLLFD.fd) >> 2] = fd;
      this.#pollfds.words[(i * POLLFD.size + POLLFD.events) >> 2] = C.POLLIN;
    });
  }

  /** Until one has something, is shut or has an error, at most so long. Gives how many. */
  wait(timeoutMs: number): number {
    const ready = this.#libc.poll(this.#pollfds.address, this.#count, timeoutMs);
    if (ready <= 0)
      for (let i = 0; i < this.#count; i++) this.#pollfds.words[(i * POLLFD.size + POLLFD.events) >> 2] = C.POLLIN;
    return Math.max(ready, 0);
  }

  /** After wait: the socket at this place of the list has something. */
  isReady(i: number): boolean {
    // The events found stand in the upper half of the word that holds the events asked for.
    return this.#pollfds.words[(i * POLLFD.size + POLLFD.events) >> 2] >>> 16 !== 0;
  }
}
