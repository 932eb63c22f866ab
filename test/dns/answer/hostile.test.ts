// Seeded mutants of sensible and hostile queries. Whatever comes in: nothing is thrown, nothing is written outside the room (asking.ts
// watches its edges), and what goes out is an answer that every byte of reads well.

import { expect, test } from 'vitest';
import { readU16 } from '../../../src/base/bytes.ts';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import type { CachedAnswer } from '../../../src/dns/answer/cached-answer.ts';
import { answerFailure, answerFromMemory } from '../../../src/dns/answer/from-memory.ts';
import { DROP, MISS } from '../../../src/dns/answer/outcome.ts';
import { factsSize } from '../../../src/policy/decide/facts.ts';
import { ANSWERS } from '../../../src/policy/model.ts';
import { QUERIES } from '../../vectors/queries.ts';
import { finished, newPath, packetOf } from './asking.ts';
import { readCounters } from './reading.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query, readReply } from './wire.ts';

const SEED = Number(process.env.INTERDICT_SEED ?? 20261124);
const ROUNDS = 120_000;

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const NAMES = [
  'www.tiktok.com',
  'a.wild.example.org',
  'exact.example.org',
  'use-application-dns.net',
  'x.local',
  'localhost',
  '1.10.in-addr.arpa',
  'www.gov.uk',
  'example.net',
  '.',
  `${Array(60).fill('a').join('.')}.tiktok.com`,
];
const SEEDS: readonly Uint8Array[] = [
  ...QUERIES.map((row) => row.query),
  ...NAMES.flatMap((name) =>
    ['A', 'AAAA', 'ANY', 'HTTPS'].map((type) => query(name, type, { opt: 1232, dnssecOk: true })),
  ),
  ...NAMES.map((name) => query(name, 'A')),
];
const clients = [
  ...ANSWERS.map((answer) => CLIENTS[answer]),
  CLIENTS.monitor,
  CLIENTS.exempt,
  CLIENTS.stranger,
  CLIENTS.ipv6,
];

function mutate(bytes: Uint8Array, pick: (below: number) => number): Uint8Array {
  const mutant = Uint8Array.from(bytes);
  const cut = mutant.slice(0, pick(4) === 0 ? pick(mutant.length + 1) : mutant.length);
  for (let i = pick(4); i > 0 && cut.length > 0; i--)
    cut[pick(cut.length)] = [0, 1, 0x3f, 0x40, 0xc0, 0xff, pick(256)][pick(7)];
  return pick(8) === 0 ? Uint8Array.from([...cut, ...Array.from({ length: pick(40) }, () => pick(256))]) : cut;
}

test(`${ROUNDS} mutated queries (seed ${SEED}) are answered, missed or dropped within their room`, () => {
  const pick = random(SEED);
  const path = newPath(smallPolicy());
  const seen = { answered: 0, missed: 0, dropped: 0, blocked: 0, formerr: 0, cut: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    path.nowSeconds = round;
    const bytes = mutate(SEEDS[pick(SEEDS.length)], pick);
    const capacity = pick(3) === 0 ? bytes.length + pick(120) : 1500;
    const packet = packetOf(bytes, {
      client: clients[pick(clients.length)],
      transport: pick(3) === 0 ? 'tcp' : 'udp',
      capacity,
    });
    let result = answerQuery(path, packet);
    if (result === MISS) {
      seen.missed++;
      finished(packet, 0);
      check(
        Buffer.compare(packet.bytes.subarray(packet.at, packet.at + bytes.length), bytes) === 0,
        'a MISS leaves the query',
      );
      if (pick(2) === 0) continue;
      result =
        pick(2) === 0
          ? answerFailure(path, packet, 2, 22)
          : answerFromMemory(path, packet, keptFor(packet.qname, packet.qnameLength, pick(1400)), 'stale');
    }
    const asked = finished(packet, result);
    if (result === DROP) {
      seen.dropped++;
      continue;
    }
    const reply = readReply(asked.bytes);
    check((reply.flags & 0x8080) === 0x8080, 'QR and RA');
    check(reply.id === readU16(bytes, 0), 'the id');
    check(packet.transport === 1 || asked.bytes.length <= 1232, 'the size');
    seen.answered++;
    if (reply.edes.some(({ text }) => text !== '')) seen.blocked++;
    if (reply.rcode === 1) seen.formerr++;
    if ((reply.flags & 0x0200) !== 0) seen.cut++;
  }
  // The test is worth something only while it hits every outcome often.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(1000);
  const { queries } = readCounters(path);
  expect(queries.reduce((sum, row) => sum + row.value, 0)).toBe(ROUNDS);
});

/** vitest's own expect costs 20 µs; this runs half a million times. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`${what}: broken`);
}

/** An answer of one opaque record whose data is `size` bytes. */
function keptFor(qname: Uint8Array, length: number, size: number): CachedAnswer {
  const record = [0xc0, 12, 0xff, 0, 0, 1, 0, 0, 0, 60, size >> 8, size & 255, ...Array(size).fill(7)];
  const message = [0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, ...qname.subarray(0, length), 0xff, 0, 0, 1, ...record];
  const facts = new Uint8Array(factsSize(1));
  facts[0] = message.length >> 8;
  facts[1] = message.length;
  facts[3] = 1;
  facts[facts.length - 1] = 12;
  return {
    bytes: Uint8Array.from([...message, ...facts]),
    factsAt: message.length,
    rcode: 0,
    isNegative: false,
    authentic: true,
    insertedAt: 0,
    expiresAt: 60,
    ttlOffsets: Uint16Array.of(12 + length + 4 + 6),
    ede: -1,
    stale: false,
  };
}
