import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/addresses.ts';
import type { Address } from '../../src/base/brand.ts';
import { type AdminServer, type Readiness, startAdminServer } from '../../src/observe/admin-server.ts';

const where = { file: 'interdict.yaml', line: 1, column: 1 };
const listen = { address: parseAddress('127.0.0.1') as Address, host: '127.0.0.1', port: 0 };
let server: AdminServer;
let readiness: Readiness & { secret?: string };

beforeEach(async () => {
  readiness = { state: 'not ready', reasons: ['no policy'], secret: 'model' };
  const metrics = { contentType: 'text/plain; version=0.0.4', render: async () => 'interdict_ready 0\n' };
  const started = await startAdminServer({ listen, where, metrics, readiness: () => readiness });
  if ('problem' in started) throw new Error(started.problem.message);
  server = started;
});
afterEach(() => server.close());

const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

test('readyz is 503 until there is a policy, says why, and nothing of the policy', async () => {
  const before = await get('/readyz');
  expect([before.status, await before.json()]).toEqual([503, { state: 'not ready', reasons: ['no policy'] }]);
  readiness = { state: 'degraded', reasons: ['the last reload was refused'] };
  const after = await get('/readyz');
  expect([after.status, await after.json()]).toEqual([200, readiness]);
});

test.each([
  ['/metrics', 'GET', 200],
  ['/metrics?x=1', 'GET', 200],
  ['/healthz', 'HEAD', 200],
  ['/', 'GET', 404],
  ['/metrics/..%2f', 'GET', 404],
  ['/metrics', 'POST', 405],
  ['/readyz', 'DELETE', 405],
])('%s by %s gives %i', async (path, method, status) => {
  expect((await get(path, method)).status).toBe(status);
});

test('a header that never ends is cut off', async () => {
  const reply = await new Promise<string>((done) => {
    let text = '';
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.write(`GET /metrics HTTP/1.1\r\nx: ${'a'.repeat(20_000)}`),
    );
    socket
      .on('data', (chunk) => (text += chunk))
      .on('error', () => {})
      .on('close', () => done(text));
  });
  expect(reply).toMatch(/^HTTP\/1.1 431 /);
});

test('slow senders on every connection keep others out for a few seconds only', async () => {
  const slow = Array.from({ length: 64 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
  for (const socket of slow) socket.write('GET /healthz HTTP/1.1\r\n');
  await Promise.all(slow.map((socket) => new Promise((done) => socket.once('connect', done))));
  const began = performance.now();
  let status = 0;
  let turnedAway = 0;
  while (status !== 200 && performance.now() - began < 12_000) {
    status = await get('/healthz').then(
      (reply) => reply.status,
      () => 0,
    );
    if (status !== 200) turnedAway++;
    await new Promise((done) => setTimeout(done, 100));
  }
  for (const socket of slow) socket.destroy();
  expect([status, turnedAway > 0]).toEqual([200, true]);
}, 20_000);

test('a port that is taken is a problem with a cure', async () => {
  const metrics = { contentType: '', render: async () => '' };
  const second = await startAdminServer({
    listen: { ...listen, port: server.port },
    where,
    metrics,
    readiness: () => readiness,
  });
  expect(second).toMatchObject({ problem: { code: 'admin-listen', severity: 'error' } });
});
