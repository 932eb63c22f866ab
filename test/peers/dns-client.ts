// Many queries at once to one server on loopback, by UDP or over one TCP connection, answers matched by id.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { readU16, writeU16 } from '../../src/base/bytes.ts';

/** Open queries at once: below what a default socket buffer holds of 4 kB answers. */
const WINDOW = 40;
const WAIT_MS = 8000;

export interface Client {
  /** Sends the query under an id of its own and gives the answer, which has the query's id again. Rejects after 8 s. */
  ask(query: Uint8Array): Promise<Uint8Array>;
  close(): void;
}

export async function udpClient(port: number): Promise<Client> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const client = newClient((query) => socket.send(query, port, '127.0.0.1'));
  socket.on('message', client.received);
  return { ask: client.ask, close: () => socket.close() };
}

export async function tcpClient(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const client = newClient((query) => {
    const frame = new Uint8Array(query.length + 2);
    writeU16(frame, 0, query.length);
    frame.set(query, 2);
    socket.write(frame);
  });
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + readU16(rest, 0)) {
      const end = 2 + readU16(rest, 0);
      client.received(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  });
  return { ask: client.ask, close: () => socket.destroy() };
}

function newClient(send: (query: Uint8Array) => void) {
  const waiting = new Map<number, (answer: Uint8Array) => void>();
  let nextId = 1;
  const ask = (query: Uint8Array) =>
    new Promise<Uint8Array>((done, failed) => {
      const id = nextId;
      nextId = (nextId + 1) & 0xffff;
      const own = Uint8Array.from(query);
      writeU16(own, 0, id);
      const timer = setTimeout(() => {
        waiting.delete(id);
        failed(new Error(`no answer to ${Buffer.from(query).toString('latin1')}`));
      }, WAIT_MS);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        const bytes = Uint8Array.from(answer);
        writeU16(bytes, 0, readU16(query, 0));
        done(bytes);
      });
      send(own);
    });
  const received = (answer: Uint8Array) => {
    const id = readU16(answer, 0);
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  return { ask, received };
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
