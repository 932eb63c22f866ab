// A batch that is read, touched and answered gives what its queries get one by one, byte for byte.

import { expect, test } from 'vitest';
import { answerRead, readPacket } from '../../../src/dns/answer/answer.ts';
import { touchBatch } from '../../../src/dns/answer/prepare.ts';
import { newCacheReader } from '../../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../../src/dns/answer/response-cache/writer.ts';
import { randomFrom } from '../../policy/world.ts';
import { ask, finished, newPath, packetOf } from './asking.ts';
import { answerOf, questionOf, STALE_SECONDS, smallCache } from './response-cache/keeping.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query } from './wire.ts';

const SEED = Number(process.env.INTERDICT_SEED ?? 20_261_124);
const BATCHES = 100;
const NAMES = [
  'www.tiktok.com',
  'TikTok.com',
  'a.b.c.d.e.tiktok.com',
  'www.gov.uk',
  'kept.example.net',
  'kept.tiktok.com',
  'www.example.net',
  '10.in-addr.arpa',
  'localhost',
  'com',
  '.',
  `${'x'.repeat(63)}.${'y'.repeat(63)}.tiktok.com`,
];

test(`a batch is answered as its queries are one by one, faults among them (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)];
  const memory = smallCache();
  const writer = new CacheWriter(memory, STALE_SECONDS);
  for (const name of ['kept.example.net', 'kept.tiktok.com']) writer.keep(questionOf(name), answerOf(name));
  const snapshot = smallPolicy();
  const alone = newPath(snapshot, {}, [], newCacheReader(memory));
  const together = newPath(snapshot, {}, [], newCacheReader(memory));
  const clients = [CLIENTS.nxdomain, CLIENTS.sinkhole, CLIENTS.monitor, CLIENTS.stranger];
  const met = { answered: 0, left: 0 };
  for (let batch = 0; batch < BATCHES; batch++) {
    const asked = Array.from({ length: 1 + random(64) }, () => {
      const bytes = query(pick(NAMES), pick(['A', 'AAAA', 'TXT']), { opt: 1232, id: random(65_536) });
      if (random(8) === 0) bytes[random(bytes.length)] = random(256);
      return { bytes: random(20) === 0 ? bytes.slice(0, random(bytes.length)) : bytes, client: pick(clients) };
    });
    const packets = asked.map(({ bytes, client }) => packetOf(bytes, { client }));
    for (const packet of packets) readPacket(packet);
    touchBatch(together, packets, packets.length);
    for (const [i, packet] of packets.entries()) {
      const one = ask(alone, asked[i].bytes, { client: asked[i].client });
      const other = finished(packet, answerRead(together, packet));
      expect(other.result).toBe(one.result);
      expect(other.bytes).toEqual(one.bytes);
      if (one.result > 0) met.answered++;
      else met.left++;
    }
  }
  expect(met.answered).toBeGreaterThan(1000);
  expect(met.left).toBeGreaterThan(300);
});

test('without a policy a batch is answered all the same', () => {
  const path = newPath(undefined);
  const packet = packetOf(query('www.example.net', 'A'), { client: CLIENTS.nxdomain });
  readPacket(packet);
  touchBatch(path, [packet], 1);
  expect(finished(packet, answerRead(path, packet)).bytes[3] & 15).toBe(2);
});
