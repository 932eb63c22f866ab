import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import type { Address } from '../../../src/base/brand.ts';
import { BATCH } from '../../../src/dns/workers/sockets/message-table.ts';
import { DnsClient } from '../../peers/dns-client.ts';
import { query, readReply } from '../answer/wire.ts';
import { AskingLoad, socketCount } from './asking-load.ts';
import { BANNED, RunningPool } from './running-pool.ts';

const NXDOMAIN = 3;
const SERVFAIL = 2;
const CLIENTS = 64;
const CRASHES = 3;
const SWAPS = 1_000;
const RECEIVE_TIMEOUT_MS = 250;
/** A machine that runs other things starts a thread late. */
const WAIT_MS = 10_000;

const running: RunningPool[] = [];
const clients: DnsClient[] = [];
async function start(workers: number, hosts?: readonly string[]): Promise<RunningPool> {
  const pool = await RunningPool.start(workers, hosts);
  running.push(pool);
  return pool;
}
async function connect(port: number, from?: string): Promise<DnsClient> {
  const client = await DnsClient.udp(port, from);
  clients.push(client);
  return client;
}
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const { pool } of running.splice(0)) await pool.close();
});

async function rcodeOf(client: DnsClient, name: string): Promise<number | undefined> {
  const answer = await client.ask(query(name, 'A'), WAIT_MS);
  return answer && readReply(answer).rcode;
}

test('two workers answer on IPv4 and IPv6, whichever of them the kernel gives a client to', async () => {
  const { listeners, pool } = await start(2, ['127.0.0.1', '::1']);
  for (let i = 0; i < 20; i++) {
    expect(await rcodeOf(await connect(listeners[0].port), BANNED)).toBe(NXDOMAIN);
    expect(await rcodeOf(await connect(listeners[1].port, '::1'), BANNED)).toBe(NXDOMAIN);
  }
  expect(pool.stats()).toMatchObject({ workers: 2, restarts: 0 });
});

test('a name that the policy lets pass goes to the resolver, and a network with more than its share hears SERVFAIL', async () => {
  const { port } = await start(1);
  const client = await connect(port);
  await rcodeOf(client, BANNED);
  const asked = Array.from({ length: 300 }, (_, i) => client.ask(query(`n${i}.example.net`, 'A'), WAIT_MS / 5));
  const rcodes = (await Promise.all(asked)).map((answer) => answer && readReply(answer).rcode);
  expect(rcodes.filter((rcode) => rcode === undefined)).toHaveLength(256);
  expect(rcodes.filter((rcode) => rcode === SERVFAIL)).toHaveLength(44);
});

test('a port that a pool has is taken for another one, and free again when it is closed', async () => {
  const { port, pool } = await start(2);
  const other = await start(1);
  const endpoint = { address: parseAddress('127.0.0.1') as Address, host: '127.0.0.1', port, ipv6Only: false };
  await expect(other.pool.openUdp(endpoint)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await pool.close();
  expect((await other.pool.openUdp(endpoint)).port).toBe(port);
});

test('a worker that has just begun to wait ends at once when it is told to', async () => {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { pool, port } = await start(1);
    await rcodeOf(await connect(port), BANNED);
    const at = performance.now();
    await pool.stop();
    times.push(performance.now() - at);
    expect(pool.stats()).toMatchObject({ workers: 0, restarts: 0 });
  }
  // Not woken, each would have taken the rest of its receive timeout.
  expect(Math.min(...times)).toBeLessThan(RECEIVE_TIMEOUT_MS * 0.8);
});

test('an idle worker judges the first query after a swap by the new policy, a thousand times', async () => {
  const pool = await start(1);
  const client = await connect(pool.port);
  await rcodeOf(client, BANNED);
  const wrong: number[] = [];
  for (let i = 2; i < 2 + SWAPS; i++) {
    expect(pool.arena.isSpareFree()).toBe(true);
    pool.serve(i, `g${i}.example`);
    if ((await rcodeOf(client, `www.g${i}.example`)) !== NXDOMAIN) wrong.push(i);
  }
  expect(wrong).toEqual([]);
});

test('a killed worker is replaced on its sockets: at most its batch is lost, and no socket is left behind', async () => {
  const { pool, port, crashes } = await start(2);
  const asking = await Promise.all(Array.from({ length: CLIENTS }, () => connect(port)));
  const socketsBefore = socketCount();
  const load = new AskingLoad(asking);
  for (let i = 0; i < CRASHES; i++) {
    await load.everybodyAnswered();
    pool.crash(i % 2);
    while (crashes.length <= i) await new Promise((done) => setTimeout(done, 5));
  }
  await load.everybodyAnswered();
  await load.end();
  expect(crashes.map(({ error, waitMs }) => [error.message, waitMs])).toEqual(
    Array.from({ length: CRASHES }, () => ['crashed because it was told to', 0]),
  );
  expect(pool.stats()).toMatchObject({ workers: 2, restarts: CRASHES });
  expect(load.lost).toBeLessThanOrEqual(CRASHES * BATCH);
  expect(socketCount()).toBe(socketsBefore);
});
