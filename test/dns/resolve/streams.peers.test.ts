// Upstreams over TLS and TCP: names are verified, connections are shared, reopened and closed.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { readU16, writeU16 } from '../../../src/base/bytes.ts';
import { nameLength } from '../../../src/base/names.ts';
import { newFolder } from '../../peers/peer.ts';
import { addressReply, replyTo } from './fake-upstream.ts';
import { until } from './stepped-clock.ts';
import { startFake, startResolver, stopStarted, willStop } from './test-resolver.ts';

const folder = newFolder('tls');
let certificate = '';
let key = '';

beforeAll(() => {
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2';
  const names = ['-subj', '/CN=dns.office.example', '-addext', 'subjectAltName=DNS:dns.office.example'];
  execFileSync('openssl', [...args.split(' '), ...names], { cwd: folder, stdio: 'pipe' });
  certificate = readFileSync(join(folder, 'cert.pem'), 'utf8');
  key = readFileSync(join(folder, 'key.pem'), 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(stopStarted);

interface TlsUpstream {
  readonly server: Server;
  readonly port: number;
  connections: number;
  readonly sockets: Set<TLSSocket>;
}

/** Answers every query with 192.0.2.9, frames cut into single bytes now and then. */
async function startTls(): Promise<TlsUpstream> {
  const server = createServer({ cert: certificate, key, ALPNProtocols: ['dot'] });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const upstream: TlsUpstream = { server, port, connections: 0, sockets: new Set() };
  server.on('secureConnection', (socket) => {
    upstream.connections++;
    upstream.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => upstream.sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + readU16(rest, 0)) {
        const message = rest.subarray(2, 2 + readU16(rest, 0));
        rest = rest.subarray(2 + readU16(rest, 0));
        const frame = frameFor(message);
        socket.write(frame.subarray(0, 1));
        socket.write(frame.subarray(1));
      }
    });
  });
  server.on('tlsClientError', () => {});
  const stop = async () => {
    for (const socket of upstream.sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  willStop(stop);
  return upstream;
}

function frameFor(message: Uint8Array): Uint8Array {
  const behind = 12 + nameLength(message, 12) + 4;
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 9];
  const answer = Uint8Array.from([0, 0, ...message.subarray(0, behind), ...record]);
  writeU16(answer, 0, answer.length - 2);
  answer.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 4);
  return answer;
}

function tlsConfig(port: number, serverName: string, ca?: string) {
  const address = parseAddress('127.0.0.1');
  if (address === undefined) throw new Error('unreachable');
  const trust = ca === undefined ? {} : { ca };
  return {
    name: `tls://${serverName}`,
    transport: 'tls' as const,
    endpoint: { address, port },
    serverName,
    trusted: true,
    ...trust,
  };
}

describe('DNS over TLS', () => {
  test('an upstream whose certificate holds its name answers, many queries on one connection', async () => {
    const upstream = await startTls();
    const { ask } = startResolver({ upstreams: [tlsConfig(upstream.port, 'dns.office.example', certificate)] });
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => ask(`${name}.example`, 'A')));
    expect(replies.map((reply) => reply.answers)).toEqual(
      ['a', 'b', 'c'].map((name) => [`${name}.example 300 A 192.0.2.9`]),
    );
    expect(upstream.connections).toBe(1);
  });

  test.each([
    ['another name', 'dns.other.example', true],
    ['no authority that we know', 'dns.office.example', false],
  ])('a certificate with %s is not accepted: SERVFAIL with EDE 23, no query sent', async (_what, serverName, known) => {
    const upstream = await startTls();
    const config = tlsConfig(upstream.port, serverName, known ? certificate : undefined);
    const { ask, resolver } = startResolver({ upstreams: [config] });
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, edes: [{ code: 23 }] });
    expect(resolver.stats().upstreams[0].requests).toMatchObject({ error: 1, answered: 0 });
  });

  test('a connection that the upstream has closed, or that was idle for 10 s, is opened anew', async () => {
    const upstream = await startTls();
    const { ask, clock } = startResolver({ upstreams: [tlsConfig(upstream.port, 'dns.office.example', certificate)] });
    await ask('a.example', 'A');
    for (const socket of upstream.sockets) socket.destroy();
    expect((await ask('b.example', 'A')).answers).toHaveLength(1);
    expect(upstream.connections).toBe(2);
    clock.step(10_000);
    await until(() => upstream.sockets.size === 0, 'the idle connection closes');
    expect((await ask('c.example', 'A')).answers).toHaveLength(1);
    expect(upstream.connections).toBe(3);
  });
});

describe('TCP', () => {
  test('an upstream that truncates and takes no TCP is left for the next', async () => {
    const truncating = await startFake((query, send) => {
      if (query.transport === 'udp') send(replyTo(query, { flags: 0x8380 }));
      else send(new Uint8Array(3)); // no DNS message, and never the answer
    });
    const good = await startFake((query, send) => send(addressReply(query, 2)));
    const { ask, clock } = startResolver({ upstreams: [truncating.config(), good.config()] });
    const reply = ask('a.example', 'A');
    await until(() => truncating.seen.length === 2, 'the query over TCP');
    clock.step(900);
    expect((await reply).answers).toEqual(['a.example 300 A 192.0.2.2']);
  });

  test('a connection that has owed every answer for 5 s is given up, though there is always a next query on it', async () => {
    let dead: number | undefined;
    const upstream = await startFake((query, send) => {
      if (query.transport === 'udp') return send(replyTo(query, { flags: 0x8380 }));
      dead ??= query.fromPort;
      if (query.fromPort !== dead) send(addressReply(query, 1));
    });
    const { ask, clock } = startResolver({ upstreams: [upstream.config()] });
    const asked = (name: string) => upstream.seen.some((query) => query.transport === 'tcp' && query.name === name);
    const lost = ['a', 'b'].map(async (label) => (await ask(`${label}.example`, 'A')).rcode);
    await until(() => asked('a.example') && asked('b.example'), 'both queries over TCP');
    clock.step(3000);
    lost.push(ask('c.example', 'A').then(({ rcode }) => rcode));
    await until(() => asked('c.example'), 'the third on the same connection');
    clock.step(2000);
    expect((await ask('d.example', 'A')).answers).toEqual(['d.example 300 A 192.0.2.1']);
    expect(new Set(upstream.seen.filter(({ transport }) => transport === 'tcp').map((q) => q.fromPort)).size).toBe(2);
    expect((await Promise.all(lost)).slice(0, 2)).toEqual([2, 2]);
  });

  test('an answer that is cut short over TCP too is no answer: what it leaves out could not be judged', async () => {
    const upstream = await startFake((query, send) => {
      const answer = [{ owner: `>${query.name}`, type: 1, ttl: 300, rdata: [[192, 0, 2, 1]] }];
      send(replyTo(query, { flags: 0x8380, answer }));
    });
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, answers: [], edes: [{ code: 23 }] });
  });

  test('twenty messages that nobody asked for end the connection', async () => {
    const upstream = await startFake((query, send) => {
      if (query.transport === 'udp') return send(replyTo(query, { flags: 0x8380 }));
      for (let i = 1; i <= 20; i++) send(addressReply({ ...query, id: (query.id + i) & 0xffff }, 66));
      return send(addressReply(query, 1));
    });
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, answers: [] });
  });
});
