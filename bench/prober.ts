// Asks one server at a steady rate (or one query after the other) and prints `asking` when it begins, then what its answers took, as JSON.
// Run by bench:load in a process of its own: node bench/prober.ts PORT FILE SECONDS RATE     (RATE 0: one at a time)
//
// A query's time runs from its own sending; whoever is not answered within 2 s is unanswered. Timers of Node are a millisecond apart,
// so each turn sends what is due.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readU16, writeU16 } from '../src/base/bytes.ts';
import { unframed } from './load/messages.ts';

const WAIT_MS = 2000;
/** Ids in use at once at most: at 1,000 a second 2 s of waiting. */
const IDS = 65_536;

const [port, file, seconds, rate] = [
  Number(process.argv[2]),
  process.argv[3],
  Number(process.argv[4]),
  Number(process.argv[5]),
];
const queries = unframed(readFileSync(file).subarray(0, 1 << 20)).slice(0, -1);
const sentAt = new Float64Array(IDS);
const took: number[] = [];
let sent = 0;
let heard = () => {};

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.on('error', () => {});
socket.on('message', (answer) => {
  const id = readU16(answer, 0);
  if (sentAt[id] === 0) return;
  took.push(performance.now() - sentAt[id]);
  sentAt[id] = 0;
  heard();
});
await once(socket.bind(0, '127.0.0.1'), 'listening');
socket.connect(port, '127.0.0.1');
await once(socket, 'connect');

function send(): void {
  const id = sent % IDS;
  const query = Uint8Array.from(queries[sent % queries.length]);
  writeU16(query, 0, id);
  sentAt[id] = performance.now();
  socket.send(query);
  sent++;
}

const startedAt = performance.now();
const elapsed = () => performance.now() - startedAt;
let isOver = false;
process.once('SIGTERM', () => {
  isOver = true;
});
console.log('asking');
const isTime = () => !isOver && elapsed() < seconds * 1000;
if (rate > 0) {
  while (isTime()) {
    while (sent < (elapsed() * rate) / 1000) send();
    await new Promise((done) => setTimeout(done, 1));
  }
  const until = elapsed() + WAIT_MS;
  while (took.length < sent && elapsed() < until) await new Promise((done) => setTimeout(done, 5));
} else {
  while (isTime()) {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, WAIT_MS);
      heard = () => {
        clearTimeout(timer);
        done();
      };
      send();
    });
  }
}
socket.close();

took.sort((a, b) => a - b);
const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? null;
console.log(
  JSON.stringify({
    sent,
    answered: took.length,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    longest: at(1),
  }),
);
