// answerQuery runs for every packet of a thread that must never pause: it allocates nothing. Measured on the heap, with the collector
// asked to clean up before, over enough rounds that a single object a query would show as 16 bytes.

import { expect, test } from 'vitest';
import { SEGMENT_UNRESOLVED } from '../../../src/base/packet.ts';
import { answerQuery, answerRead, readPacket } from '../../../src/dns/answer/answer.ts';
import { TAIL } from '../../../src/dns/answer/events/events.ts';
import { touchBatch } from '../../../src/dns/answer/prepare.ts';
import { clearMemo } from '../../../src/dns/answer/response-cache/memo.ts';
import { type CacheReader, newCacheReader } from '../../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../../src/dns/answer/response-cache/writer.ts';
import { collect } from '../../heap.ts';
import { newPath, packetOf } from './asking.ts';
import { answerOf, questionOf, STALE_SECONDS, smallCache } from './response-cache/keeping.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query } from './wire.ts';

const ROUNDS = 50_000;

/** With an answer to the name when it is a kept one. */
function keptCache(name: string): CacheReader {
  const memory = smallCache();
  if (name.startsWith('kept')) new CacheWriter(memory, STALE_SECONDS).keep(questionOf(name), answerOf(name));
  return newCacheReader(memory);
}

test.each([
  ['a block with event and decision id', 'www.tiktok.com', CLIENTS.nxdomain],
  ['a sinkhole address', 'www.tiktok.com', CLIENTS.sinkhole],
  ['a miss', 'www.example.net', CLIENTS.nxdomain],
  ['a local name', '1.2.3.10.in-addr.arpa', CLIENTS.nxdomain],
  ['a stranger', 'www.example.net', CLIENTS.stranger],
  ['a hit', 'kept.example.net', CLIENTS.nxdomain],
  ['a hit, judged anew each time', 'kept.example.net', CLIENTS.nxdomain],
  ['a hit of a name that is monitored, with event', 'kept.tiktok.com', CLIENTS.monitor],
  ['a hit of a name that is released, with event', 'kept.tiktok.com', CLIENTS.nxdomain],
  ['a hit of a protected name', 'kept.gov.uk', CLIENTS.nxdomain],
])('%s allocates nothing', (what, name, client) => {
  const cache = keptCache(name);
  const overrides = what.includes('released') ? ['exact kept.tiktok.com'] : [];
  const path = newPath(smallPolicy({ overrides }), {}, [], cache);
  path.nowSeconds = 1000.25;
  const isAnew = what.includes('anew');
  const bytes = query(name, 'A', { opt: 1232 });
  const packet = packetOf(bytes, { client });
  const run = () => {
    let checksum = 0;
    for (let i = 0; i < ROUNDS; i++) {
      for (let j = 0; j < bytes.length; j++) packet.bytes[packet.at + j] = bytes[j];
      packet.segment = SEGMENT_UNRESOLVED;
      path.events.words[TAIL] = path.events.head;
      if (isAnew) clearMemo(cache.shared, cache.copy.slot);
      checksum += answerQuery(path, packet);
    }
    return checksum;
  };
  expect(leastBytes(run)).toBeLessThan(4);
});

/** Of heap a round. The least of three: the optimiser and the test runner allocate now and then, we must not. */
function leastBytes(run: () => number, rounds = ROUNDS): number {
  run();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    expect(run()).not.toBe(0);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / rounds);
  }
  return least;
}

test('a batch that is read, touched and answered allocates nothing', () => {
  // More code than one query's, which the optimiser takes longer to be done with.
  const rounds = 8 * ROUNDS;
  const memory = smallCache();
  const path = newPath(smallPolicy(), {}, [], newCacheReader(memory));
  new CacheWriter(memory, STALE_SECONDS).keep(questionOf('www.example.org'), answerOf('www.example.org'));
  const names = ['www.tiktok.com', 'www.example.net', 'www.example.org', '1.2.3.10.in-addr.arpa'];
  const queries = Array.from({ length: 64 }, (_, i) => query(names[i % 4], 'A', { opt: 1232 }));
  const packets = queries.map((bytes) => packetOf(bytes, { client: CLIENTS.nxdomain }));
  const run = () => {
    let checksum = 0;
    for (let round = 0; round < rounds; round += 64) {
      packets.forEach((packet, i) => {
        for (let j = 0; j < queries[i].length; j++) packet.bytes[packet.at + j] = queries[i][j];
        packet.segment = SEGMENT_UNRESOLVED;
        readPacket(packet);
      });
      path.events.words[TAIL] = path.events.head;
      touchBatch(path, packets, packets.length);
      for (const packet of packets) checksum += answerRead(path, packet);
    }
    return checksum;
  };
  expect(leastBytes(run, rounds)).toBeLessThan(4);
});
