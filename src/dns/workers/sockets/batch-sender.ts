// Late answers, sent in batches through sockets that others read: the resolver's way out. A datagram is sent whole or not at all, so that
// any thread may send through any socket.

import type { Libc } from './libc.ts';
import { BATCH, MessageTable } from './message-table.ts';
import { takeReturnPath } from './return-path.ts';
import { type ErrnoCounts, newErrnoCounts, sendMessages } from './send-messages.ts';

/** The largest `dns.max_udp_size`. */
const ANSWER_ROOM = 4096;

export class BatchSender {
  /** By errno; one answer each. */
  readonly sendErrors: ErrnoCounts = newErrnoCounts();
  readonly #libc: Libc;
  readonly #table: MessageTable;
  /** The socket of each answer that waits. */
  readonly #fds = new Int32Array(BATCH);
  readonly #indices = new Uint8Array(BATCH);
  #waiting = 0;
  #failures = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#table = new MessageTable(libc, ANSWER_ROOM);
  }

  /** Copies both; an answer beyond 4,096 bytes is a broken promise. A full batch goes out by itself. */
  add(fd: number, returnPath: Uint8Array, at: number, answer: Uint8Array): void {
    if (this.#waiting === BATCH) this.#send();
    const table = this.#table;
    if (answer.length > ANSWER_ROOM) throw new RangeError(`an answer of ${answer.length} bytes is none for UDP`);
    const i = this.#waiting++;
    this.#fds[i] = fd;
    takeReturnPath(table, i, returnPath, at);
    table.rooms.set(answer, table.roomAt(i));
    table.setLength(i, answer.length);
  }

  /** Sends what waits. Gives how many could not be sent since the last flush, each counted. */
  flush(): number {
    this.#send();
    const failures = this.#failures;
    this.#failures = 0;
    return failures;
  }

  /** One call a socket, in the order of its answers. */
  #send(): void {
    const fds = this.#fds;
    const waiting = this.#waiting;
    this.#waiting = 0;
    for (let i = 0; i < waiting; i++) {
      const fd = fds[i];
      if (fd < 0) continue;
      let count = 0;
      for (let j = i; j < waiting; j++) {
        if (fds[j] !== fd) continue;
        this.#indices[count++] = j;
        fds[j] = -1;
      }
      const headers = this.#table.gather(this.#indices, count);
      this.#failures += sendMessages(this.#libc, fd, headers, count, this.sendErrors);
    }
  }
}
