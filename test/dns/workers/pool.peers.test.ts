import { afterEach, expect, test } from 'vitest';
import { DnsClient } from '../../peers/dns-client.ts';
import { query, readReply } from '../answer/wire.ts';
import { BANNED, RunningPool } from './running-pool.ts';

const running: RunningPool[] = [];
async function start(workers: number, hosts?: readonly string[]): Promise<RunningPool> {
  const pool = await RunningPool.start(workers, hosts);
  running.push(pool);
  return pool;
}
afterEach(async () => {
  for (const { pool } of running.splice(0)) await pool.close();
});

test('a worker answers a blocked name', async () => {
  const { port } = await start(1);
  const client = await DnsClient.udp(port);
  const answer = await client.ask(query(`www.${BANNED}`, 'A'));
  expect(answer && readReply(answer).rcode).toBe(3);
  await client.close();
});
