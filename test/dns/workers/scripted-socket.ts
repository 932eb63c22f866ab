// A batch socket without a kernel: receives what the test has put down, batch by batch, and keeps what was answered.

import { parseAddress } from '../../../src/base/addresses.ts';
import type { LoopSocket } from '../../../src/dns/workers/loop.ts';
import { PACKET_ROOM } from '../../../src/dns/workers/sockets/batch-socket.ts';
import { BATCH } from '../../../src/dns/workers/sockets/message-table.ts';

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly client: string;
  readonly port?: number;
  readonly isTruncated?: boolean;
}

export class ScriptedSocket implements LoopSocket {
  readonly bytes = new Uint8Array(BATCH * PACKET_ROOM);
  /** The answers, by batch, as [packet's number, bytes]. */
  readonly answers: [number, Uint8Array][][] = [];
  readonly waits: boolean[] = [];
  readonly #script: (() => readonly Datagram[] | number)[] = [];
  #batch: readonly Datagram[] = [];
  #replies: [number, number][] = [];

  /** A batch, or -errno; a function may do something at the moment of its receive. */
  gives(step: readonly Datagram[] | number | (() => readonly Datagram[] | number)): this {
    this.#script.push(typeof step === 'function' ? step : () => step);
    return this;
  }

  receive(wait: boolean): number {
    this.waits.push(wait);
    const step = this.#script.shift();
    if (step === undefined) throw new Error('the script is over');
    const batch = step();
    this.#replies = [];
    if (typeof batch === 'number') return batch;
    this.#batch = batch;
    batch.forEach(({ bytes }, i) => {
      this.bytes.set(bytes.subarray(0, PACKET_ROOM), this.at(i));
    });
    return batch.length;
  }

  at(i: number): number {
    return i * PACKET_ROOM;
  }

  length(i: number): number {
    return Math.min(this.#batch[i].bytes.length, PACKET_ROOM);
  }

  isTruncated(i: number): boolean {
    return this.#batch[i].isTruncated ?? false;
  }

  readPeer(i: number, client: Uint8Array): number {
    client.set(parseAddress(this.#batch[i].client) as Uint8Array);
    return this.#batch[i].port ?? 5353;
  }

  reply(i: number, length: number): void {
    this.#replies.push([i, length]);
  }

  flush(): number {
    this.answers.push(this.#replies.map(([i, length]) => [i, this.bytes.slice(this.at(i), this.at(i) + length)]));
    return 0;
  }
}
