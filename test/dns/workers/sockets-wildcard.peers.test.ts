// A wildcard socket on a host with three addresses and two cables: answers leave by the routing table's way and from the address that was
// asked. And the send errors that take a network: a full buffer, a path too narrow, no route.

import { constants } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { batchIoFault } from '../../../src/dns/workers/sockets/libc.ts';
import { C } from '../../../src/dns/workers/sockets/struct-layout.ts';
import {
  ASKER_IPV4,
  ASKER_IPV6,
  CABLE_MTU,
  interfaceIndex,
  newTwoHosts,
  packetsOut,
  SERVER_IPV4,
  SERVER_IPV6,
  type TwoHosts,
  whyNoHosts,
} from './two-hosts.ts';
import { echo, failuresOf, receiveAll, UdpEnds } from './udp-ends.ts';

const missing = batchIoFault() ?? whyNoHosts();
const { EAGAIN, EMSGSIZE, ENETUNREACH } = constants.errno;
const IP_PMTUDISC_DO = 2;
/** So many that the odd packet of neighbour discovery does not matter. */
const QUESTIONS = 40;

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

describe.skipIf(missing !== undefined)(`two hosts${missing === undefined ? '' : `: ${missing}`}`, () => {
  let hosts: TwoHosts;
  let ends: UdpEnds;
  beforeAll(() => {
    hosts = newTwoHosts();
    ends = new UdpEnds();
  });
  afterEach(() => ends.close());
  afterAll(() => hosts.remove());

  describe.each(['reply', 'return path'] as const)('by %s', (way) => {
    test.each([
      ...SERVER_IPV4.flatMap((asked) => ['0.0.0.0', '::'].map((listen) => [listen, asked, ASKER_IPV4])),
      ...SERVER_IPV6.map((asked) => ['::', asked, ASKER_IPV6]),
    ])('a socket on %s that was asked at %s answers from there, by the other cable', (listen, asked, from) => {
      const server = hosts.server.inside(() => ends.open(listen));
      const asker = hosts.asker.inside(() => ends.open(from));
      const before = { a: packetsOut(hosts.server, 'va'), b: packetsOut(hosts.server, 'vb') };
      const packets = Array.from({ length: QUESTIONS }, (_, i) => bytes(20 + i));
      ends.send(asker, { address: asked, port: server.port }, ...packets);
      expect(echo(ends, server, QUESTIONS, way)).toEqual(new Array(QUESTIONS).fill(from));
      const answers = receiveAll(asker, QUESTIONS);
      expect(answers).toEqual(
        packets.map((packet) => ({ address: asked, port: server.port, bytes: packet, isTruncated: false })),
      );
      expect(packetsOut(hosts.server, 'vb') - before.b).toBeGreaterThanOrEqual(QUESTIONS);
      expect(packetsOut(hosts.server, 'va') - before.a).toBeLessThan(QUESTIONS / 2);
    });

    test.each([
      ['a link-local asker', '::', 'fe80::'],
      ['an asker with a global address', 'fd01::2', 'fd01::2'],
    ])('%s who asked a link-local address is answered from there, by the cable of that link', (_, from, seen) => {
      const server = hosts.server.inside(() => ends.open('::'));
      const asker = hosts.asker.inside(() => ends.open(from));
      const scopeId = interfaceIndex(hosts.asker, 'va');
      ends.send(asker, { address: 'fe80::a', port: server.port, scopeId }, bytes(20));
      const [who] = echo(ends, server, 1, way);
      expect(who.startsWith(seen)).toBe(true);
      expect(receiveAll(asker).map(({ address }) => address)).toEqual(['fe80::a']);
    });
  });

  test('a batch from one client to all addresses is answered from each', () => {
    const server = hosts.server.inside(() => ends.open('::'));
    const asker = hosts.asker.inside(() => ends.open('::'));
    const asked = [...SERVER_IPV4.map((address) => `::ffff:${address}`), ...SERVER_IPV6];
    for (const address of asked) ends.send(asker, { address, port: server.port }, bytes(20));
    echo(ends, server, asked.length, 'reply');
    const from = receiveAll(asker, asked.length).map(({ address }) => address);
    expect(from.toSorted()).toEqual([...SERVER_IPV4, ...SERVER_IPV6].toSorted());
  });

  test('an answer too long for the path costs itself alone, counted', () => {
    const server = hosts.server.inside(() => ends.open('10.1.0.1'));
    const asker = hosts.asker.inside(() => ends.open('10.1.0.2'));
    const { words, address } = ends.libc.scratch;
    words[0] = IP_PMTUDISC_DO;
    ends.libc.setsockopt(server.socket.fd, C.IPPROTO_IP, C.IP_MTU_DISCOVER, address, 4);
    ends.send(asker, { address: '10.1.0.1', port: server.port }, bytes(20), bytes(21), bytes(22));
    expect(server.socket.receive(true)).toBe(3);
    server.socket.reply(0, 20);
    server.socket.reply(1, CABLE_MTU);
    server.socket.reply(2, 22);
    expect(server.socket.flush()).toBe(1);
    expect(failuresOf(server.socket.sendErrors)).toEqual({ [EMSGSIZE]: 1 });
    expect(receiveAll(asker, 2).map((answer) => answer.bytes.length)).toEqual([20, 22]);
  });

  test('without that option it goes out in pieces: the path says nothing that we listen to', () => {
    const server = hosts.server.inside(() => ends.open('10.1.0.1'));
    const asker = hosts.asker.inside(() => ends.open('10.1.0.2'));
    expect(ends.send(server, { address: '10.1.0.2', port: asker.port }, bytes(CABLE_MTU))).toBe(0);
    expect(receiveAll(asker).map((answer) => answer.bytes.length)).toEqual([CABLE_MTU]);
  });

  test('an answer to a network with no route is counted', () => {
    const server = hosts.server.inside(() => ends.open('::'));
    const before = failuresOf(ends.sender.sendErrors)[ENETUNREACH] ?? 0;
    expect(ends.send(server, { address: '::ffff:192.0.2.1', port: 53 }, bytes(20))).toBe(1);
    expect(ends.send(server, { address: '2001:db8::1', port: 53 }, bytes(20))).toBe(1);
    expect(failuresOf(ends.sender.sendErrors)[ENETUNREACH]).toBe(before + 2);
  });

  describe('a send buffer full of packets for a neighbour that does not answer', () => {
    // The kernel holds them until it gives up on the neighbour, or is told to forget it.
    const silent = '10.1.0.77';
    const forget = () => hosts.server.ip('neigh', 'del', silent, 'dev', 'va');

    test('loses the batch after a short wait, counted, and the socket sends again when there is room', () => {
      const server = hosts.server.inside(() => ends.open('10.1.0.1', { bufferBytes: 8_000 }));
      const asker = hosts.asker.inside(() => ends.open('10.1.0.2'));
      ends.send(asker, { address: '10.1.0.1', port: server.port }, bytes(20), bytes(21));
      expect(server.socket.receive(true)).toBe(2);
      const lost = ends.send(server, { address: silent, port: 53 }, ...Array.from({ length: 64 }, () => bytes(500)));
      expect(lost).toBeGreaterThan(0);
      expect(failuresOf(ends.sender.sendErrors)[EAGAIN]).toBe(lost);
      server.socket.reply(0, 20);
      server.socket.reply(1, 21);
      expect(server.socket.flush()).toBe(2);
      expect(failuresOf(server.socket.sendErrors)).toEqual({ [EAGAIN]: 2 });
      forget();
      expect(ends.send(server, { address: '10.1.0.2', port: asker.port }, bytes(22))).toBe(0);
      expect(receiveAll(asker).map((answer) => answer.bytes.length)).toEqual([22]);
    });

    test('costs no answer when it empties during the wait', () => {
      const server = hosts.server.inside(() => ends.open('10.1.0.1', { bufferBytes: 8_000 }));
      const asker = hosts.asker.inside(() => ends.open('10.1.0.2'));
      ends.send(asker, { address: '10.1.0.1', port: server.port }, bytes(20), bytes(21));
      expect(server.socket.receive(true)).toBe(2);
      ends.send(server, { address: silent, port: 53 }, ...Array.from({ length: 64 }, () => bytes(500)));
      const { poll } = ends.libc;
      let waits = 0;
      Object.assign(ends.libc, {
        poll: (pollfds: number, count: number, timeoutMs: number) => {
          if (waits++ === 0) forget();
          return poll(pollfds, count, timeoutMs);
        },
      });
      server.socket.reply(0, 20);
      server.socket.reply(1, 21);
      expect(server.socket.flush()).toBe(0);
      Object.assign(ends.libc, { poll });
      expect(waits).toBe(1);
      expect(receiveAll(asker, 2).map((answer) => answer.bytes.length)).toEqual([20, 21]);
    });
  });
});
