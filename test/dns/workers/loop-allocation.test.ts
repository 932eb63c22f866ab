// The loop allocates a little a batch (times that V8 boxes) and nothing a packet. Measured on the heap over many batches, with the collector
// asked to clean up before.

import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { ControlWords, STOP } from '../../../src/dns/workers/control-words.ts';
import { type LoopSocket, runLoop } from '../../../src/dns/workers/loop.ts';
import { PACKET_ROOM } from '../../../src/dns/workers/sockets/batch-socket.ts';
import { BATCH } from '../../../src/dns/workers/sockets/message-table.ts';
import { collect } from '../../heap.ts';
import { newPath } from '../answer/asking.ts';
import { CLIENTS, NOW, smallPolicy } from '../answer/small-policy.ts';
import { query } from '../answer/wire.ts';

// Enough that the loop's own 64 packets, made once a run, do not show.
const BATCHES = 2000;

/** Gives the same full batch again and again, then stops the loop. */
class EndlessSocket implements LoopSocket {
  readonly bytes = new Uint8Array(BATCH * PACKET_ROOM);
  readonly #query = query('www.example.net', 'A', { opt: 1232 });
  readonly #client = parseAddress(CLIENTS.nxdomain) as Uint8Array;
  readonly #control: ControlWords;
  left = 0;
  replies = 0;

  constructor(control: ControlWords) {
    this.#control = control;
  }

  receive(): number {
    if (this.left-- === 0) this.#control.tell(STOP);
    for (let i = 0; i < BATCH; i++) {
      const at = this.at(i);
      for (let j = 0; j < this.#query.length; j++) this.bytes[at + j] = this.#query[j];
    }
    return BATCH;
  }
  at(i: number): number {
    return i * PACKET_ROOM;
  }
  length(): number {
    return this.#query.length;
  }
  isTruncated(): boolean {
    return false;
  }
  readPeer(_i: number, client: Uint8Array): number {
    for (let j = 0; j < 16; j++) client[j] = this.#client[j];
    return 5353;
  }
  reply(): void {
    this.replies++;
  }
  flush(): number {
    return 0;
  }
}

test('a packet in the loop allocates nothing', () => {
  const control = new ControlWords();
  const socket = new EndlessSocket(control);
  const snapshots = [smallPolicy()];
  const nothing = () => {};
  const path = newPath(undefined);
  const run = () => {
    control.tell(0);
    socket.left = BATCHES;
    runLoop({
      lanes: [{ socket, counts: { publishDrops: nothing, publishErrors: nothing } }],
      poll: undefined,
      path,
      policy: { next: () => snapshots.pop() },
      misses: { push: () => false },
      control,
      clock: { wallMs: () => NOW, monotonicSeconds: () => 1000.25 },
      onFault: nothing,
    });
  };
  run();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    run();
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / (BATCHES * BATCH));
  }
  expect(socket.replies).toBe(4 * BATCHES * BATCH);
  expect(least).toBeLessThan(4);
});
