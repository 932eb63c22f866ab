// Question: what do clients notice when a worker dies? Run: npx node bench/kill-worker.ts [KILLS [SECONDS BETWEEN]]
//
// Twenty kills, four a minute, under load from 64 sockets: each is an error thrown with a batch in hand. Printed for each: how long it took
// until every client had an answer to a query that it sent after the kill, and what was lost.

import { enableCompileCache } from 'node:module';
import { AskingLoad, socketCount } from '../test/dns/workers/asking-load.ts';
import { RunningPool } from '../test/dns/workers/running-pool.ts';
import { DnsClient } from '../test/peers/dns-client.ts';
import { type Spread, spreadOf } from './load/figures.ts';

const WORKERS = 2;
const CLIENTS = 64;

export interface KillFigures {
  readonly asked: number;
  readonly lost: number;
  /** Of each kill: until every client had an answer to a query that it sent after it. */
  readonly waitsMs: Spread;
  readonly workers: number;
  readonly restarts: number;
  /** Of this process, before the first kill and after the last. */
  readonly sockets: readonly [number, number];
}

export async function measureKills(kills: number, gapSeconds: number): Promise<KillFigures> {
  const { pool, port, crashes } = await RunningPool.start(WORKERS);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => DnsClient.udp(port)));
  const load = new AskingLoad(clients);
  await load.everybodyAnswered();
  const socketsBefore = socketCount();
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
  const { workers, restarts } = pool.stats();
  const sockets = [socketsBefore, socketCount()] as const;
  await Promise.all(clients.map((client) => client.close()));
  await pool.close();
  return { asked: load.asked, lost: load.lost, waitsMs: spreadOf(waits), workers, restarts, sockets };
}

if (import.meta.main) {
  enableCompileCache(); // As main.ts: a successor's start is most of what is measured.
  const kills = Number(process.argv[2] ?? 20);
  // More than four a minute are mended ever more slowly: that is another question.
  const gapSeconds = Number(process.argv[3] ?? 15);
  console.log(
    `${CLIENTS} clients, ${WORKERS} workers, ${kills} kills, one in ${gapSeconds} s; Node ${process.version}`,
  );
  const { asked, lost, waitsMs, workers, restarts, sockets } = await measureKills(kills, gapSeconds);
  console.log(`asked ${asked}, lost ${lost}: ${(lost / kills).toFixed(1)} a kill, a batch is 64`);
  console.log(
    `every client answered after: median ${waitsMs.median.toFixed(0)} ms, longest ${waitsMs.max.toFixed(0)} ms`,
  );
  console.log(`workers ${workers}, restarts ${restarts}, sockets ${sockets[1]} (before: ${sockets[0]})`);
}
