// A thread of its own with a slow upstream and clients, so that whatever the test's thread does costs neither.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { readU16 } from '../../src/base/bytes.ts';
import { query } from '../dns/answer/wire.ts';
import { addressReply, FakeUpstream } from '../dns/resolve/fake-upstream.ts';

export interface LoadWorld {
  readonly upstreamDelayMs: number;
  readonly ttlSeconds: number;
}

export interface Load {
  readonly port: number;
  /** `*` is a new name each time. */
  readonly name: string;
  /** All at once, or at this rate. */
  readonly queries: number;
  readonly perSecond?: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly answers: Readonly<Record<number, number>>;
  readonly slowestMs: number;
  /** When the upstream was asked, in ms since it started. */
  readonly upstreamAt: readonly number[];
}

/** Of networks of their own, so that none uses up its share alone. */
const CLIENTS = 8;
const PATIENCE_MS = 3000;

const { upstreamDelayMs, ttlSeconds } = workerData as LoadWorld;
const upstreamAt: number[] = [];
const upstream = await FakeUpstream.start((asked, send) => {
  upstreamAt.push(performance.now());
  setTimeout(() => send(addressReply(asked, 1, ttlSeconds)), upstreamDelayMs);
});
upstream.keepsQueries = false;
const sockets = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => open(`127.0.${i}.1`)));
parentPort?.on('message', (load: Load) => void run(load).then((result) => parentPort?.postMessage(result)));
parentPort?.postMessage({ upstream: upstream.config() });

async function open(host: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}

async function run({ port, name, queries, perSecond }: Load): Promise<LoadResult> {
  const sentAt = new Map<number, number>();
  const answers: Record<number, number> = {};
  let slowestMs = 0;
  let sent = 0;
  upstreamAt.length = 0;
  const onMessage = (client: number, bytes: Uint8Array) => {
    const key = client * 65_536 + readU16(bytes, 0);
    slowestMs = Math.max(slowestMs, performance.now() - (sentAt.get(key) ?? 0));
    if (sentAt.delete(key)) answers[bytes[3] & 15] = (answers[bytes[3] & 15] ?? 0) + 1;
  };
  for (const [client, socket] of sockets.entries()) socket.on('message', (bytes) => onMessage(client, bytes));
  const startMs = performance.now();
  while (sent < queries) {
    const due =
      perSecond === undefined ? queries : Math.min(queries, ((performance.now() - startMs) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const client = sent % CLIENTS;
      const id = Math.floor(sent / CLIENTS) & 0xffff;
      sentAt.set(client * 65_536 + id, performance.now());
      sockets[client].send(query(name.replace('*', `n${sent}`), 'A', { id }), port, '127.0.0.1');
    }
    await new Promise((done) => setTimeout(done, 1));
  }
  const endMs = performance.now() + PATIENCE_MS;
  while (sentAt.size > 0 && performance.now() < endMs) await new Promise((done) => setTimeout(done, 5));
  for (const socket of sockets) socket.removeAllListeners('message');
  return { sent, answers, slowestMs, upstreamAt: upstreamAt.map((at) => at - startMs) };
}
