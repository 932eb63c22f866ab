// Asks one server on loopback by UDP or over one TCP connection; many queries can be in flight, answers are matched by id.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { readU16, writeU16 } from '../../src/base/bytes.ts';
import { framed, newUnframer } from '../dns/framing.ts';

/** Open queries at once: below what a default socket buffer holds of 4 kB answers. */
const WINDOW = 40;
const WAIT_MS = 3_000;

export class DnsClient {
  /** Sends bytes as they are and waits for nothing. */
  readonly send: (message: Uint8Array) => void;
  readonly #end: () => Promise<unknown>;
  readonly #waiting = new Map<number, (answer: Uint8Array) => void>();
  #nextId = 1;
  #closed: Promise<unknown> | undefined;

  private constructor(send: (message: Uint8Array) => void, end: () => Promise<unknown>) {
    this.send = send;
    this.#end = end;
  }

  static async udp(port: number, from = '127.0.0.1'): Promise<DnsClient> {
    const isIPv6 = from.includes(':');
    const socket = createSocket({ type: isIPv6 ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
    await once(socket.bind(0, from), 'listening');
    const client = new DnsClient(
      (message) => socket.send(message, port, isIPv6 ? '::1' : '127.0.0.1'),
      () => once(socket.close(), 'close'),
    );
    socket.on('message', (answer) => client.#received(answer));
    return client;
  }

  static async tcp(port: number, from = '127.0.0.1'): Promise<DnsClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    await once(socket, 'connect');
    const client = new DnsClient(
      (message) => socket.write(framed(message)),
      async () => socket.destroy(),
    );
    const unframe = newUnframer();
    socket.on('data', (chunk) => {
      for (const answer of unframe(chunk)) client.#received(answer);
    });
    return client;
  }

  /** The answer, with the query's own id; undefined when none comes in time. On the wire the query has an id of the client's. */
  ask(query: Uint8Array, limitMs = WAIT_MS): Promise<Uint8Array | undefined> {
    const id = this.#nextId;
    this.#nextId = (this.#nextId % 0xffff) + 1;
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        done(undefined);
      }, limitMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        done(withId(answer, readU16(query, 0)));
      });
      this.send(withId(query, id));
    });
  }

  close(): Promise<unknown> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  #received(answer: Uint8Array): void {
    const id = readU16(answer, 0);
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}

function withId(message: Uint8Array, id: number): Uint8Array {
  const bytes = Uint8Array.from(message);
  writeU16(bytes, 0, id);
  return bytes;
}

/** One query over a connection of its own. */
export async function askTcp(port: number, query: Uint8Array, from: string): Promise<Uint8Array | undefined> {
  const client = await DnsClient.tcp(port, from);
  const answer = await client.ask(query);
  await client.close();
  return answer;
}

/** Runs `work` over all items, a bounded number at once, in their order. */
export async function inWindows<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += WINDOW) {
    await Promise.all(items.slice(from, from + WINDOW).map((item, i) => work(item, from + i)));
  }
}
