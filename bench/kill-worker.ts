// What do clients notice when a worker dies? Twenty kills, four a minute, under load from 64 sockets: each is an error thrown with a batch in
// hand. Printed for each: how long it took until every client had an answer to a query that it sent after the kill, and what was lost.
//
//   node bench/kill-worker.ts [KILLS] [SECONDS BETWEEN]

import { enableCompileCache } from 'node:module';
import { AskingLoad, socketCount } from '../test/dns/workers/asking-load.ts';
import { RunningPool } from '../test/dns/workers/running-pool.ts';
import { DnsClient } from '../test/peers/dns-client.ts';

enableCompileCache(); // As main.ts: a successor's start is most of what is measured.
const WORKERS = 2;
const CLIENTS = 64;

const kills = Number(process.argv[2] ?? 20);
/** More than four a minute are mended ever more slowly: that is another question. */
const gapSeconds = Number(process.argv[3] ?? 15);

const { pool, port, crashes } = await RunningPool.start(WORKERS);
const clients = await Promise.all(Array.from({ length: CLIENTS }, () => DnsClient.udp(port)));
const load = new AskingLoad(clients);
await load.everybodyAnswered();
const socketsBefore = socketCount();
console.log(`${CLIENTS} clients, ${WORKERS} workers, ${kills} kills, one in ${gapSeconds} s; Node ${process.version}`);

const waits: number[] = [];
for (let i = 0; i < kills; i++) {
  await new Promise((done) => setTimeout(done, gapSeconds * 1000));
  const at = performance.now();
  pool.crash(i % WORKERS);
  while (crashes.length <= i) await new Promise((done) => setTimeout(done, 1));
  await load.everybodyAnswered();
  waits.push(performance.now() - at);
  console.log(`kill ${i + 1}: worker ${crashes[i].index}, every client answered after ${waits[i].toFixed(0)} ms`);
}
await load.end();
const sorted = waits.toSorted((a, b) => a - b);
const { workers, restarts } = pool.stats();
console.log(`asked ${load.asked}, lost ${load.lost}: ${(load.lost / kills).toFixed(1)} a kill, a batch is 64`);
console.log(
  `every client answered after: median ${sorted[kills >> 1].toFixed(0)} ms, longest ${sorted[kills - 1].toFixed(0)} ms`,
);
console.log(`workers ${workers}, restarts ${restarts}, sockets ${socketCount()} (before: ${socketsBefore})`);
await Promise.all(clients.map((client) => client.close()));
await pool.close();
