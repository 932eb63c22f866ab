import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { readU16 } from '../../../src/base/bytes.ts';
import { MAX_PIPELINED, MAX_TCP_QUERY } from '../../../src/dns/listeners/connection.ts';
import { createDoor } from '../../../src/dns/listeners/door.ts';
import { openListeners } from '../../../src/dns/listeners/listeners.ts';
import { readCounters } from '../answer/reading.ts';
import { query, readReply } from '../answer/wire.ts';
import { framed } from '../framing.ts';
import { Client, endpoint, type RunningDoor, type RunningOptions, startDoor } from './running-door.ts';

const running: RunningDoor[] = [];
async function start(options: RunningOptions = {}): Promise<RunningDoor> {
  const door = await startDoor(options);
  running.push(door);
  return door;
}
afterEach(async () => {
  for (const door of running.splice(0)) await door.stop();
});

const free = (id: number, name = `n${id}.example.net`) => query(name, 'A', { id });
const ids = (client: Client) => client.answers.map((answer) => readU16(answer, 0));
const refused = { door: createDoor, where: { file: 'interdict.yaml', line: 3, column: 11 } };

async function askUdp(port: number, bytes: Uint8Array, host = '127.0.0.1'): Promise<Uint8Array> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.send(bytes, port, host);
  const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
  socket.close();
  return Uint8Array.from(answer);
}

describe('UDP', () => {
  test('answers blocks at once and free names through the upstream, on IPv4 and IPv6', async () => {
    const door = await start({ hosts: ['127.0.0.1', '::1'] });
    const blocked = readReply(await askUdp(door.port, query('www.tiktok.com', 'A')));
    expect(blocked.answers).toEqual(['www.tiktok.com 60 A 192.0.2.53']);
    const allowed = readReply(await askUdp(door.port, free(1)));
    expect(allowed.answers).toEqual(['n1.example.net 300 A 192.0.2.7']);
    const { port } = door.listeners.bound[1];
    expect(readReply(await askUdp(port, query('www.tiktok.com', 'A'), '::1')).rcode).toBe(3);
    expect(door.upstream.seen).toHaveLength(1);
  });

  test('a dual-stack wildcard sees IPv4 clients as IPv4: their segment is found', async () => {
    const door = await start({ hosts: ['::'] });
    expect(readReply(await askUdp(door.port, query('www.tiktok.com', 'A'))).answers).toHaveLength(1);
  });

  test('more misses than the limit get SERVFAIL, counted as overload, and blocks are still answered', async () => {
    const door = await start({ maxMisses: 1 });
    const slow = askUdp(door.port, query('slow.example.net', 'A'));
    while (door.held.length === 0) await new Promise(setImmediate);
    expect(readReply(await askUdp(door.port, free(2))).rcode).toBe(2);
    expect(readReply(await askUdp(door.port, query('www.tiktok.com', 'A'))).rcode).toBe(0);
    expect(readCounters(door.path).overloads).toBe(1);
    door.held[0]();
    expect(readReply(await slow).rcode).toBe(0);
    expect(readReply(await askUdp(door.port, free(3))).rcode).toBe(0);
  });

  test('one network has a quarter of the misses at most; the others are answered meanwhile', async () => {
    const door = await start({ maxMisses: 8 });
    const from = async (localAddress: string, name: string) => {
      const client = await Client.connect(door.port, '127.0.0.1', localAddress);
      client.socket.write(framed(query(name, 'A')));
      return client;
    };
    const slow = [await from('127.0.0.2', 'slow1.example.net'), await from('127.0.0.3', 'slow2.example.net')];
    while (door.held.length < 2) await new Promise(setImmediate);
    const third = await from('127.0.0.4', 'slow3.example.net');
    await third.until(1);
    expect(readReply(third.answers[0]).rcode).toBe(2);
    expect(readCounters(door.path).overloads).toBe(1);
    const other = await from('127.0.1.2', 'n1.example.net');
    await other.until(1);
    expect(readReply(other.answers[0]).rcode).toBe(0);
    for (const answer of door.held) answer();
    for (const client of slow) await client.until(1);
    const again = await from('127.0.0.2', 'n2.example.net');
    await again.until(1);
    expect(readReply(again.answers[0]).rcode).toBe(0);
    for (const client of [...slow, third, other, again]) client.socket.destroy();
  });

  test('a packet that makes the resolver throw is counted, kept for the operator and dropped; the door goes on', async () => {
    const resolver = {
      resolve: () => Promise.reject(new Error('broken promise')),
      refresh: () => {},
      close: async () => {},
    };
    const door = await start({ resolver });
    const client = await Client.connect(door.port);
    client.socket.write(framed(free(1), query('www.tiktok.com', 'A', { id: 2 })));
    await client.until(1);
    expect(ids(client)).toEqual([2]);
    expect(door.faults).toHaveLength(1);
    expect(door.faults[0].sample).toEqual(free(1));
    client.socket.destroy();
  });
});

describe('TCP', () => {
  test('pipelined queries are all answered, and a fast answer overtakes a slow one', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    client.socket.write(
      framed(query('slow.example.net', 'A', { id: 1 }), free(2), query('www.tiktok.com', 'A', { id: 3 })),
    );
    await client.until(2);
    expect(ids(client).sort()).toEqual([2, 3]);
    door.held[0]();
    await client.until(3);
    expect(ids(client)[2]).toBe(1);
    client.socket.destroy();
  });

  test('a query that comes byte by byte is answered', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    for (const byte of framed(query('www.tiktok.com', 'A', { id: 9 }))) {
      client.socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.until(1);
    expect(ids(client)).toEqual([9]);
    client.socket.destroy();
  });

  test('500 queries in one write are all answered, never more than the limit at the resolver at once', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    client.socket.write(
      framed(...Array.from({ length: 500 }, (_, i) => query(`slow${i}.example.net`, 'A', { id: i }))),
    );
    let most = 0;
    while (client.answers.length < 500) {
      most = Math.max(most, door.held.length);
      for (const answer of door.held.splice(0)) answer();
      await new Promise(setImmediate);
    }
    expect(new Set(ids(client)).size).toBe(500);
    expect(most).toBeLessThanOrEqual(MAX_PIPELINED);
    expect(most).toBeGreaterThan(1);
    client.socket.destroy();
  });

  test('a client that closes its side behind its queries still gets every answer, then the connection ends', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    const queries = Array.from({ length: 200 }, (_, i) => free(i));
    client.socket.end(framed(...queries, query('slow.example.net', 'A', { id: 999 })));
    await client.until(200);
    expect(client.isClosed).toBe(false);
    door.held[0]();
    await client.closed();
    expect(client.answers).toHaveLength(201);
  });

  test.each([
    ['0', [0, 0]],
    ['11', [0, 11]],
    [String(MAX_TCP_QUERY + 1), [(MAX_TCP_QUERY + 1) >> 8, (MAX_TCP_QUERY + 1) & 255]],
    ['65535', [255, 255]],
  ])('a frame of %s bytes ends the connection, after the answers to what came before it', async (_, head) => {
    const door = await start();
    const client = await Client.connect(door.port);
    client.socket.write(framed(query('www.tiktok.com', 'A', { id: 5 })));
    await client.until(1);
    client.socket.write(Uint8Array.from(head));
    await client.closed();
    expect(ids(client)).toEqual([5]);
  });

  test('a malformed message of a fitting length gets FORMERR and the connection stays', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    client.socket.write(framed(free(1).slice(0, 20), query('www.tiktok.com', 'A', { id: 2 })));
    await client.until(2);
    expect(client.answers.map((answer) => readReply(answer).rcode)).toEqual([1, 0]);
    client.socket.destroy();
  });

  test('a quiet connection is closed, and so is one that trickles bytes without ever ending a query', async () => {
    const door = await start({ tcp: { idleMs: 200 } });
    const quiet = await Client.connect(door.port);
    const trickle = await Client.connect(door.port);
    const timer = setInterval(() => trickle.socket.write(Uint8Array.of(2)), 20);
    trickle.socket.write(Uint8Array.of(2, 0));
    await Promise.all([quiet.closed(), trickle.closed()]);
    clearInterval(timer);
  });

  test('a connection that waits for a slow answer is not idle', async () => {
    const door = await start({ tcp: { idleMs: 100 } });
    const client = await Client.connect(door.port);
    const began = performance.now();
    client.socket.write(framed(query('slow.example.net', 'A')));
    setTimeout(() => door.held[0](), 600);
    await client.until(1);
    expect(client.answers).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThan(500);
    client.socket.destroy();
  });

  test('one client has at most its share of connections, all clients the total; a closed one makes room', async () => {
    const door = await start({ tcp: { maxPerClient: 2, maxConnections: 3 } });
    const asks = async (client: Client) => {
      client.socket.write(framed(query('www.tiktok.com', 'A', { opt: 1232 })));
      await client.until(1);
      return client.answers.length === 1;
    };
    const open = async (localAddress: string) => Client.connect(door.port, '127.0.0.1', localAddress);
    const first = await open('127.0.0.2');
    expect(await asks(first)).toBe(true);
    expect(await asks(await open('127.0.0.2'))).toBe(true);
    expect(await asks(await open('127.0.0.2'))).toBe(false);
    expect(await asks(await open('127.0.0.3'))).toBe(true);
    expect(await asks(await open('127.0.0.4'))).toBe(false);
    first.socket.destroy();
    // The server hears of the end when its loop turns.
    let isAdmitted = false;
    const giveUp = performance.now() + 10_000;
    while (!isAdmitted && performance.now() < giveUp) isAdmitted = await asks(await open('127.0.0.4'));
    expect(isAdmitted).toBe(true);
  });

  test('clients of no segment are one client together: they cannot keep the others out', async () => {
    const door = await start({ tcp: { maxPerClient: 2, maxConnections: 3 } });
    const open = async (localAddress: string) => {
      const client = await Client.connect(door.port, '127.0.0.1', localAddress);
      client.socket.write(framed(query('www.tiktok.com', 'A')));
      await client.until(1);
      return client;
    };
    const clients: Client[] = [];
    for (const last of [1, 2, 3]) clients.push(await open(`127.200.${last}.1`));
    expect(clients.map(({ answers }) => answers.map((bytes) => readReply(bytes).rcode))).toEqual([[5], [5], []]);
    clients.push(await open('127.0.0.2'));
    expect(clients[3].answers).toHaveLength(1);
    for (const client of clients) client.socket.destroy();
  });

  test('a client that does not read its answers is read no further, and closed when it stays that way', async () => {
    const door = await start({ tcp: { idleMs: 400, maxPerClient: 1 } });
    const client = await Client.connect(door.port);
    client.socket.pause();
    const asked = () => readCounters(door.path).queries.reduce((sum, row) => sum + row.value, 0);
    const burst = framed(...Array.from({ length: 1000 }, () => query('www.tiktok.com', 'ANY', { opt: 4096 })));
    // Some 60 MB of answers if all were taken; the kernel's own buffers hold a few.
    for (let i = 0; i < 600; i++) client.socket.write(burst);
    let isAdmitted = false;
    const giveUp = performance.now() + 10_000;
    while (!isAdmitted && performance.now() < giveUp) {
      const other = await Client.connect(door.port);
      other.socket.write(framed(query('www.tiktok.com', 'A')));
      await other.until(1);
      isAdmitted = other.answers.length === 1;
      other.socket.destroy();
    }
    expect(isAdmitted).toBe(true);
    expect(asked()).toBeGreaterThan(1000);
    expect(asked()).toBeLessThan(300_000);
    client.socket.destroy();
  });
});

describe('listening', () => {
  test('a port that is taken, on UDP or on TCP, is a problem that names address and cure, and nothing stays open', async () => {
    const door = await start();
    const free = await start({ hosts: ['127.0.0.1'] });
    await free.listeners.close();
    const listen = [endpoint('127.0.0.1', free.port), endpoint('127.0.0.1', door.port)];
    const options = { idleMs: 1000, maxConnections: 1, maxPerClient: 1 };
    const again = await openListeners({ ...refused, listen, tcp: options, door: doorOf(door) });
    expect(again).toEqual([
      {
        code: 'port-taken',
        severity: 'error',
        where: refused.where,
        message: `cannot listen on 127.0.0.1:${door.port}: another program has this port; stop it or change dns.listen`,
      },
    ]);
    const udp = createSocket('udp4');
    udp.bind(free.port, '127.0.0.1');
    await once(udp, 'listening');
    const half = await openListeners({
      ...refused,
      listen: [endpoint('127.0.0.1', free.port)],
      tcp: options,
      door: doorOf(door),
    });
    expect(half).toMatchObject([{ code: 'port-taken' }]);
    udp.close();
  });

  test('an address that this machine does not have is a problem', async () => {
    const door = await start();
    const options = { idleMs: 1000, maxConnections: 1, maxPerClient: 1 };
    const listen = [endpoint('192.0.2.1', 5300)];
    expect(await openListeners({ ...refused, listen, tcp: options, door: doorOf(door) })).toMatchObject([
      { code: 'address-missing', severity: 'error' },
    ]);
  });

  test('closing answers what is in flight, takes nothing new, and frees the port', async () => {
    const door = await start();
    const client = await Client.connect(door.port);
    client.socket.write(framed(query('slow.example.net', 'A', { id: 7 })));
    while (door.held.length === 0) await new Promise(setImmediate);
    const closing = door.listeners.close();
    client.socket.write(framed(free(8)));
    door.held[0]();
    await closing;
    await client.closed();
    expect(ids(client)).toEqual([7]);
    const again = await openListeners({
      ...refused,
      listen: [endpoint('127.0.0.1', door.port)],
      tcp: { idleMs: 1000, maxConnections: 1, maxPerClient: 1 },
      door: doorOf(door),
    });
    if (!('bound' in again)) throw new Error('the port is still taken');
    await again.close();
  });
});

function doorOf(door: RunningDoor) {
  const resolver = { resolve: async () => undefined, refresh: () => {}, close: async () => {} };
  return createDoor({
    path: door.path,
    resolver,
    clock: { wallMs: () => 0, monotonicSeconds: () => 0 },
    onFault: () => {},
  });
}
