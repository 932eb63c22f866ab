// Batched sockets on loopback: what comes in, what goes back and from where, and that nothing a peer sends ends the reading.

import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { PACKET_ROOM } from '../../../src/dns/workers/sockets/batch-socket.ts';
import { batchIoFault, SystemError } from '../../../src/dns/workers/sockets/libc.ts';
import { shutdownSocket } from '../../../src/dns/workers/sockets/open-sockets.ts';
import { SocketPoll } from '../../../src/dns/workers/sockets/socket-poll.ts';
import { collect } from '../../heap.ts';
import { connect, echo, failuresOf, pathTo, receiveAll, sendRaw, UdpEnds } from './udp-ends.ts';

const fault = batchIoFault();
const { EADDRINUSE, EADDRNOTAVAIL, EACCES, ECONNREFUSED, EINVAL } = constants.errno;

const ends = fault === undefined ? new UdpEnds() : undefined!;
afterEach(() => ends?.close());

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

describe.skipIf(fault !== undefined)(`batched sockets${fault === undefined ? '' : `: ${fault}`}`, () => {
  describe.each(['reply', 'return path'] as const)('by %s', (way) => {
    test.each([
      ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      ['0.0.0.0', '127.0.0.3', '127.0.0.1'],
      ['::', '127.0.0.7', '127.0.0.2'],
      ['::', '::1', '::1'],
      ['::1', '::1', '::1'],
    ])('a socket on %s that was asked at %s answers %s from there', (listen, asked, from) => {
      const server = ends.open(listen);
      const client = ends.open(from);
      expect(ends.send(client, { address: asked, port: server.port }, bytes(40), bytes(50, 9))).toBe(0);
      expect(echo(ends, server, 2, way)).toEqual([from, from]);
      const sent = { address: asked, port: server.port, isTruncated: false };
      expect(receiveAll(client, 2)).toEqual([
        { ...sent, bytes: bytes(40) },
        { ...sent, bytes: bytes(50, 9) },
      ]);
    });
  });

  test('a return path through an IPv6 socket tells an IPv4 client from an IPv6 one', () => {
    const server = ends.open('::');
    const clients = ['127.0.0.1', '::1'].map((address) => ({ address, end: ends.open(address) }));
    for (const { address, end } of clients) ends.send(end, { address, port: server.port }, bytes(20));
    echo(ends, server, 2, 'return path');
    expect(clients.map(({ end }) => receiveAll(end)[0].address)).toEqual(['127.0.0.1', '::1']);
  });

  test('a port that another socket has is EADDRINUSE, even when both would share it', () => {
    const [first] = ends.openAll('127.0.0.1', { count: 2 });
    const second = ends.tryOpen('127.0.0.1', { port: first.port });
    expect(second).toBeInstanceOf(SystemError);
    expect(second).toMatchObject({ code: 'EADDRINUSE', errno: EADDRINUSE });
    expect(ends.tryOpen('::', { port: first.port })).toMatchObject({ code: 'EADDRINUSE' });
    expect(ends.open('::', { port: first.port, ipv6Only: true }).port).toBe(first.port);
  });

  test('an address that the machine has not is EADDRNOTAVAIL', () => {
    expect(ends.tryOpen('192.0.2.1')).toMatchObject({ code: 'EADDRNOTAVAIL', errno: EADDRNOTAVAIL });
  });

  test('sockets of one group share their clients, and each client stays with one', () => {
    const servers = ends.openAll('::', { count: 3 });
    const { port } = servers[0];
    const clients = Array.from({ length: 60 }, () => ends.open('127.0.0.1'));
    for (const client of clients) ends.send(client, { address: '127.0.0.1', port }, bytes(20), bytes(20));
    const poll = new SocketPoll(
      ends.libc,
      servers.map(({ socket }) => socket.fd),
    );
    expect(poll.wait(250)).toBe(3);
    const counts = servers.map((server, i) => {
      expect(poll.isReady(i)).toBe(true);
      return receiveAll(server).reduce((ports, { port }) => ports.set(port, (ports.get(port) ?? 0) + 1), new Map());
    });
    expect(counts.flatMap((ports) => [...ports.values()])).toEqual(new Array(60).fill(2));
    expect(poll.wait(0)).toBe(0);
    expect(servers.map((_, i) => poll.isReady(i))).toEqual([false, false, false]);
  });

  test('answers to some of a batch go out in one call, each to its own asker', () => {
    const server = ends.open('::');
    const client = ends.open('127.0.0.1');
    const packets = Array.from({ length: 64 }, (_, i) => bytes(20 + i, i));
    ends.send(client, { address: '127.0.0.1', port: server.port }, ...packets);
    expect(server.socket.receive(true)).toBe(64);
    const calls = countSends();
    const answered = packets.filter((_, i) => i % 3 !== 1);
    packets.forEach((packet, i) => {
      if (i % 3 !== 1) server.socket.reply(i, packet.length);
    });
    expect(server.socket.flush()).toBe(0);
    expect(calls.end()).toBe(1);
    expect(receiveAll(client, answered.length).map((answer) => answer.bytes)).toEqual(answered);
    // Nothing of the gathered headers is left for the next batch.
    ends.send(client, { address: '127.0.0.1', port: server.port }, bytes(33));
    echo(ends, server, 1, 'reply');
    expect(receiveAll(client).map((answer) => answer.bytes)).toEqual([bytes(33)]);
  });

  test('more late answers than a batch holds all go out, a call a socket', () => {
    const servers = ends.openAll('127.0.0.1', { count: 2 });
    const client = ends.open('127.0.0.1');
    const calls = countSends();
    for (let i = 0; i < 100; i++) {
      ends.sender.add(servers[i % 2].socket.fd, pathOf(client.port), 0, bytes(20, i));
    }
    expect(ends.sender.flush()).toBe(0);
    expect(calls.end()).toBe(4);
    const fills = receiveAll(client, 100).map((answer) => answer.bytes[0]);
    expect(fills.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('an empty datagram is a packet, and one that is too long is known as cut', () => {
    const server = ends.open('127.0.0.1');
    const client = ends.open('127.0.0.1');
    const lengths = [0, 1, PACKET_ROOM - 1, PACKET_ROOM, PACKET_ROOM + 1, 4096];
    ends.send(client, { address: '127.0.0.1', port: server.port }, ...lengths.map((length) => bytes(length)));
    const found = receiveAll(server, lengths.length);
    expect(found.map((packet) => [packet.bytes.length, packet.isTruncated])).toEqual([
      [0, false],
      [1, false],
      [PACKET_ROOM - 1, false],
      [PACKET_ROOM, false],
      [PACKET_ROOM, true],
      [PACKET_ROOM, true],
    ]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a datagram from port 0 is known as such, and its failed answer costs no other one',
    () => {
      const server = ends.open('127.0.0.1');
      const client = ends.open('127.0.0.1');
      const to = { address: '127.0.0.1', port: server.port };
      ends.send(client, to, bytes(20, 1));
      sendRaw(ends.libc, 0, server.port, bytes(20, 2));
      sendRaw(ends.libc, 0, server.port, bytes(20, 2));
      ends.send(client, to, bytes(20, 3));
      expect(server.socket.receive(true)).toBe(4);
      const ports = [0, 1, 2, 3].map((i) => server.socket.readPeer(i, new Uint8Array(16)));
      expect(ports).toEqual([client.port, 0, 0, client.port]);
      for (let i = 0; i < 4; i++) server.socket.reply(i, 20);
      expect(server.socket.flush()).toBe(2);
      expect(failuresOf(server.socket.sendErrors)).toEqual({ [EINVAL]: 2 });
      expect(receiveAll(client, 2).map((answer) => answer.bytes[0])).toEqual([1, 3]);
    },
  );

  test('an ICMP error on receive is counted, and the next receive has the next packet', () => {
    const server = ends.open('127.0.0.1');
    const client = ends.open('127.0.0.1');
    const gone = { address: '127.0.0.1', port: closedPort() };
    connect(server, gone);
    expect(ends.send(server, gone, bytes(20))).toBe(0);
    expect(server.socket.receive(true)).toBe(-ECONNREFUSED);
    expect(failuresOf(server.socket.receiveErrors)).toEqual({ [ECONNREFUSED]: 1 });
    connect(server, { address: '127.0.0.1', port: client.port });
    ends.send(client, { address: '127.0.0.1', port: server.port }, bytes(20));
    expect(receiveAll(server)).toHaveLength(1);
    expect(failuresOf(server.socket.receiveErrors)).toEqual({ [ECONNREFUSED]: 1 });
  });

  test('an ICMP error on send costs one answer, counted, and the rest of the batch goes out', () => {
    const server = ends.open('127.0.0.1');
    const client = ends.open('127.0.0.1');
    const gone = { address: '127.0.0.1', port: closedPort() };
    ends.send(client, { address: '127.0.0.1', port: server.port }, bytes(20, 1), bytes(20, 2), bytes(20, 3));
    expect(server.socket.receive(true)).toBe(3);
    connect(server, gone);
    ends.send(server, gone, bytes(20));
    for (let i = 0; i < 3; i++) server.socket.reply(i, 20);
    expect(server.socket.flush()).toBe(1);
    expect(failuresOf(server.socket.sendErrors)).toEqual({ [ECONNREFUSED]: 1 });
    expect(receiveAll(client, 2).map((answer) => answer.bytes[0])).toEqual([2, 3]);
  });

  test('late answers that cannot be sent are counted by errno, and those between them arrive', () => {
    const server = ends.open('127.0.0.1');
    const client = ends.open('127.0.0.1');
    const before = failuresOf(ends.sender.sendErrors)[EACCES] ?? 0;
    for (const address of ['255.255.255.255', '127.0.0.1', '255.255.255.255', '127.0.0.1', '255.255.255.255']) {
      ends.sender.add(server.socket.fd, pathOf(client.port, address), 0, bytes(20));
    }
    expect(ends.sender.flush()).toBe(3);
    expect(failuresOf(ends.sender.sendErrors)[EACCES]).toBe(before + 3);
    expect(receiveAll(client, 2)).toHaveLength(2);
    expect(ends.sender.flush()).toBe(0);
  });

  test('every answer through a socket that is closed is counted, and nothing hangs', () => {
    const server = ends.open('127.0.0.1');
    const client = ends.open('127.0.0.1');
    ends.close();
    expect(ends.send(server, { address: '127.0.0.1', port: client.port }, bytes(20), bytes(20), bytes(20))).toBe(3);
    expect(server.socket.receive(true)).toBe(-constants.errno.EBADF);
  });

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.3'],
    ['::', '127.0.0.3'],
    ['::', '::1'],
  ])('datagrams lost on %s in a full buffer are counted, and %s still answers', (listen, asked) => {
    const server = ends.open(listen, { bufferBytes: 20_000 });
    const client = ends.open(asked.includes(':') ? '::1' : '127.0.0.1');
    const to = { address: asked, port: server.port };
    for (let i = 0; i < 10; i++) ends.send(client, to, ...Array.from({ length: 60 }, () => bytes(100)));
    const kept = receiveAll(server).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(600);
    ends.send(client, to, bytes(30), bytes(31));
    echo(ends, server, 2, 'reply');
    expect(server.socket.drops).toBe(600 - kept);
    ends.send(client, to, bytes(32));
    echo(ends, server, 1, 'return path');
    const answers = receiveAll(client, 3);
    expect(answers.map((answer) => [answer.address, answer.bytes.length])).toEqual([
      [asked, 30],
      [asked, 31],
      [asked, 32],
    ]);
  });

  test('an idle receive ends by its timeout, and on a shut socket at once, with what had come before', () => {
    const server = ends.open('::');
    const client = ends.open('127.0.0.1');
    expect(server.socket.receive(true)).toBe(0);
    ends.send(client, { address: '127.0.0.1', port: server.port }, bytes(20), bytes(20));
    shutdownSocket(ends.libc, server.socket.fd);
    expect(receiveAll(server, 2)).toHaveLength(2);
    expect(server.socket.receive(true)).toBe(0);
    expect(failuresOf(server.socket.receiveErrors)).toEqual({});
  });

  test('a batch allocates nothing, whole or with gaps', () => {
    const server = ends.open('::');
    const client = ends.open('127.0.0.1');
    const path = pathOf(server.port);
    const packet = bytes(50);
    const address = new Uint8Array(16);
    const run = () => {
      let answers = 0;
      for (let round = 0; round < 500; round++) {
        for (let i = 0; i < 64; i++) ends.sender.add(client.socket.fd, path, 0, packet);
        ends.sender.flush();
        const count = server.socket.receive(false);
        for (let i = 0; i < count; i++) {
          if (server.socket.readPeer(i, address) === 0 || server.socket.isTruncated(i)) continue;
          if (round % 2 === 0 || i % 5 !== 0) server.socket.reply(i, server.socket.length(i));
        }
        server.socket.flush();
        answers += client.socket.receive(false);
      }
      return answers;
    };
    run();
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      collect();
      const before = process.memoryUsage().heapUsed;
      expect(run()).toBe(250 * 64 + 250 * 51);
      least = Math.min(least, (process.memoryUsage().heapUsed - before) / (500 * 64));
    }
    expect(least).toBeLessThan(4);
  });
});

test.skipIf(fault !== undefined)(
  'a program with a forbidden recvmmsg, or none of it, hears why batched calls cannot work',
  () => {
    // A sandbox in small: the call's name is bound, and fails as the kernel fails a system call that it does not have.
    const script = `
    const { Libc } = await import(${JSON.stringify(new URL('../../../src/dns/workers/sockets/libc.ts', import.meta.url).href)});
    const libc = new Libc();
    console.log(libc.faultOfBatchCalls());
    libc.recvmmsg = () => libc.setsockopt(-1, 1, 999, 0, 0);
    console.log(libc.faultOfBatchCalls());
    libc.recvmmsg = () => libc.bind(0, 0, 0);
    console.log(libc.faultOfBatchCalls());`;
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { input: '', encoding: 'utf8' });
    expect(ran.stdout.split('\n').slice(0, 3)).toEqual([
      'undefined',
      'undefined',
      expect.stringContaining('recvmmsg is not to be had: '),
    ]);
  },
);

function pathOf(port: number, address = '127.0.0.1'): Uint8Array {
  return pathTo(address, port);
}

/** A port that was free a moment ago. */
function closedPort(): number {
  const other = new UdpEnds();
  const { port } = other.open('127.0.0.1');
  other.close();
  return port;
}

/** Counts sendmmsg from here to end(). */
function countSends(): { end(): number } {
  const real = ends.libc.sendmmsg;
  let calls = 0;
  Object.assign(ends.libc, {
    sendmmsg: (fd: number, headers: number, count: number, flags: number) => {
      calls++;
      return real(fd, headers, count, flags);
    },
  });
  return {
    end: () => {
      Object.assign(ends.libc, { sendmmsg: real });
      return calls;
    },
  };
}
