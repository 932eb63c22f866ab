// The ring between a worker and the resolver, both ends in this thread, and the bell between two.

import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { newPacket } from '../../../src/base/packet.ts';
import { Waiter } from '../../../src/dns/resolve/waiter.ts';
import { Bell } from '../../../src/dns/workers/bell.ts';
import {
  MISS_SLOTS,
  MissConsumer,
  MissProducer,
  NOTHING,
  newMissRing,
  REFRESH,
} from '../../../src/dns/workers/miss-ring.ts';

/** Its return path is its number, 48 times. */
const socketOf = (number: number) => ({
  copyReturnPath: (i: number, into: Uint8Array, at: number) => void into.fill(number + i, at, at + 48),
});
const SOCKETS = [socketOf(10), socketOf(20)];

function packetOf(query: Uint8Array, client = '10.0.0.1') {
  const packet = newPacket(new Uint8Array(4096));
  packet.at = 100;
  packet.bytes.set(query, packet.at);
  packet.length = query.length;
  packet.client.set(parseAddress(client) ?? []);
  packet.clientPort = 4242;
  return packet;
}

const clientOf = (i: number) => `10.${i >> 8}.${i & 255}.1`;

function newEnds(memory = newMissRing()) {
  const path = { nowSeconds: 7.5 };
  const producer = () => new MissProducer(memory, new Bell(), SOCKETS, path, 1);
  return { memory, producer: producer(), successor: producer, consumer: new MissConsumer(memory) };
}

describe('the miss ring', () => {
  test('hands over query, client, port, return path, socket, flags and time as they were', () => {
    const { producer, consumer } = newEnds();
    const query = Uint8Array.from({ length: 300 }, (_, i) => i);
    expect(producer.push(SOCKETS[1], 3, packetOf(query, '2001:db8::7'), REFRESH)).toBe(true);
    const waiter = new Waiter();
    expect(consumer.take(waiter)).toBe(REFRESH);
    expect(waiter.query.subarray(0, waiter.length)).toEqual(query);
    expect(waiter.client).toEqual(parseAddress('2001:db8::7'));
    expect(waiter).toMatchObject({ clientPort: 4242, socket: 1, arrivedSeconds: 7.5 });
    expect([...waiter.returnPath]).toEqual(new Array(48).fill(23));
    expect(consumer.take(waiter)).toBe(NOTHING);
  });

  test('keeps the order, over many rounds and over the wrap of its counters', () => {
    const memory = newMissRing();
    new Int32Array(memory).set([0x7fffff00], 0);
    new Int32Array(memory).set([0x7fffff00], 16);
    const { producer, consumer } = newEnds(memory);
    const waiter = new Waiter();
    for (let i = 0; i < 5 * MISS_SLOTS; i++) {
      expect(producer.push(SOCKETS[0], 0, packetOf(Uint8Array.of(i >> 8, i & 255)), 0)).toBe(true);
      if (i % 3 < 2) continue; // up to three wait
      for (let k = i - 2; k <= i; k++) {
        expect(consumer.take(waiter)).toBe(0);
        expect((waiter.query[0] << 8) | waiter.query[1]).toBe(k);
      }
    }
  });

  test('when it is full there is no room for anybody, until the resolver has taken one', () => {
    const { producer, consumer } = newEnds();
    const push = (i: number) => producer.push(SOCKETS[0], 0, packetOf(Uint8Array.of(1), clientOf(i)), 0);
    for (let i = 0; i < MISS_SLOTS; i++) expect(push(i)).toBe(true);
    expect(push(MISS_SLOTS)).toBe(false);
    consumer.take(new Waiter());
    expect(push(MISS_SLOTS)).toBe(true);
    expect(push(MISS_SLOTS)).toBe(false);
  });

  test('a network has a quarter of it at most, and its share back as its queries are taken', () => {
    const { producer, consumer } = newEnds();
    const push = (client: string) => producer.push(SOCKETS[0], 0, packetOf(Uint8Array.of(1), client), 0);
    let greedy = 0;
    for (let i = 0; i < MISS_SLOTS; i++) if (push(`10.0.0.${i & 255}`)) greedy++;
    expect(greedy).toBe(MISS_SLOTS / 4);
    expect(push('10.0.1.1')).toBe(true);
    for (let i = 0; i < 10; i++) consumer.take(new Waiter());
    for (let i = 0; i < 20; i++) if (push('10.0.0.1')) greedy++;
    expect(greedy).toBe(MISS_SLOTS / 4 + 10);
  });

  test("a dead worker's successor goes on where it ended, and what waits there counts for nobody", () => {
    const { producer, successor, consumer } = newEnds();
    for (let i = 0; i < 5; i++) producer.push(SOCKETS[0], 0, packetOf(Uint8Array.of(i)), 0);
    const second = successor();
    for (let i = 5; i < 10; i++) second.push(SOCKETS[0], 0, packetOf(Uint8Array.of(i)), 0);
    const waiter = new Waiter();
    const taken: number[] = [];
    while (consumer.take(waiter) !== NOTHING) taken.push(waiter.query[0]);
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let free = 0;
    while (second.push(SOCKETS[0], 0, packetOf(Uint8Array.of(1)), 0)) free++;
    expect(free).toBe(MISS_SLOTS / 4);
  });

  test('a query that no datagram could hold is turned away', () => {
    const { producer } = newEnds();
    expect(producer.push(SOCKETS[0], 0, packetOf(new Uint8Array(2049)), 0)).toBe(false);
    expect(producer.push(SOCKETS[0], 0, packetOf(new Uint8Array(2048)), 0)).toBe(true);
  });
});

describe('the bell', () => {
  test('does not let its listener sleep over what was put down before', async () => {
    const bell = new Bell();
    await bell.wait(() => true);
  });

  test('wakes the listener from another thread, time and again', async () => {
    const bell = new Bell();
    const count = new Int32Array(new SharedArrayBuffer(4));
    const text = `const { workerData } = require('node:worker_threads');
      import(workerData.file).then(({ Bell }) => {
        const bell = new Bell(workerData.bell);
        for (let i = 0; i < 200; i++) {
          Atomics.add(workerData.count, 0, 1);
          bell.ring();
          Atomics.wait(workerData.count, 0, i + 1, 1);
        }
      });`;
    const file = new URL('../../../src/dns/workers/bell.ts', import.meta.url).href;
    const worker = new Worker(text, { eval: true, workerData: { file, bell: bell.shared, count } });
    let seen = 0;
    let rounds = 0;
    while (seen < 200) {
      await bell.wait(() => Atomics.load(count, 0) !== seen);
      seen = Atomics.load(count, 0);
      rounds++;
    }
    expect(rounds).toBeGreaterThan(20);
    await worker.terminate();
  });
});
