// A hit must be what the long way round gives: answerQuery without a cache says MISS, the resolver hands the kept answer to answerFromMemory.
// Both ways are asked the same, over random policies, swaps, clients, queries and answers, and must agree in every byte, count and event.

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { newPacket, type Packet } from '../../../src/base/packet.ts';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import type { CachedAnswer } from '../../../src/dns/answer/cached-answer.ts';
import { type FastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { answerFromMemory } from '../../../src/dns/answer/from-memory.ts';
import { MISS } from '../../../src/dns/answer/outcome.ts';
import { newCacheReader } from '../../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../../src/dns/answer/response-cache/writer.ts';
import { actionOf, BLOCKED, EXEMPT, MONITORED, PROTECTED, RELEASED } from '../../../src/policy/verdict.ts';
import { clientOf, compileWorld, NOW, randomFrom, worldOf } from '../../policy/world.ts';
import type { TestMessage, TestRecord } from '../wire/message-text.ts';
import { newPath, packetOf } from './asking.ts';
import { readCounters, takeEvents } from './reading.ts';
import { answerOf, answerTo, questionOf, STALE_SECONDS, smallCache } from './response-cache/keeping.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query, readReply } from './wire.ts';

const SEED = Number(process.env.INTERDICT_SEED ?? 20_261_124);
const WORLDS = 40;
const QUERIES = 400;

type Random = (below: number) => number;

const NAMES = [
  ...['a.net', 'www.a.net', 'b.a.net', 'tiktok.com', 'www.tiktok.com', 'x.tiktok.com.a.net', 'gov.uk', 'www.gov.uk'],
  ...['x.com', 'deep.er.x.com', 'c.org', 'cdn.c.org', 'a-longer-name-than-the-others.c.org', 'z.io'],
];
const APPS = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];
const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;

function pick<T>(random: Random, of: readonly T[]): T {
  return of[random(of.length)];
}

function randomRules(random: Random): string[] {
  return Array.from({ length: 4 }, () => {
    const kind = pick(random, ['domain', 'domain', 'exact', 'wildcard', 'except', 'address']);
    if (kind === 'address') return `address 10.9.${random(8)}.0/24`;
    return `${kind} ${pick(random, NAMES)}${random(4) === 0 && kind !== 'except' ? ' answer=refused' : ''}`;
  }).filter((rule, i, all) => all.findIndex((other) => other.split(' ')[1] === rule.split(' ')[1]) === i);
}

function randomPolicy(random: Random, generation: number) {
  const world = worldOf({
    apps: Object.fromEntries(APPS.map((id) => [id, randomRules(random)])),
    zones: ['a.net'],
    protected: ['gov.uk'],
    directives: { gov: { apps: APPS.slice(0, 4) }, watch: { apps: APPS.slice(2), binding: 'advisory' } },
    segments: {
      devices: { clients: ['10.0.0.0/16', '2001:db8::/32'], enforce: ['gov', 'watch'] },
      guest: { clients: ['10.1.0.0/16'], enforce: ['watch', 'gov:monitor'], answer: 'nodata' },
      free: { clients: ['10.2.0.0/16'], enforce: [] },
    },
    exemptions: { E1: { clients: ['10.0.128.0/24'], under: ['gov'], apps: ['a0', 'a1', 'a2'] } },
    overrides: {
      'OVR-1': `${pick(random, ['exact', 'domain'])} ${pick(random, NAMES)}`,
      'OVR-2': `rule a0/${pick(random, NAMES)}`,
    },
  });
  return compileWorld(world, { generation }).snapshot;
}

const ASKERS = ['10.0.0.1', '10.1.0.1', '10.2.0.1', '10.0.128.7', '2001:db8::7', '192.0.2.1'].map(clientOf);

/** A chain of up to three links, then addresses. */
function randomMessage(random: Random, qname: string): TestMessage {
  const qtype = pick(random, [TYPE_A, TYPE_A, TYPE_AAAA]);
  const chain = [qname, ...Array.from({ length: random(4) }, () => pick(random, NAMES))];
  const names = chain.filter((name, i) => chain.indexOf(name) === i);
  const links = names
    .slice(1)
    .map((target, i): TestRecord => ({ owner: names[i], type: TYPE_CNAME, ttl: 1 + random(5000), rdata: [target] }));
  const addresses = Array.from({ length: pick(random, [0, 1, 2, 4, 60]) }, (_, i): TestRecord => {
    const rdata = qtype === TYPE_A ? [10, 9, random(16), i] : [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), i];
    return { owner: `>${names[names.length - 1]}`, type: qtype, ttl: 1 + random(5000), rdata: [rdata] };
  });
  return { qname, qtype, flags: pick(random, [0x8180, 0x81a0]), answer: [...links, ...addresses] };
}

interface Known {
  readonly name: string;
  readonly qtype: number;
  readonly answer: CachedAnswer;
}

function fill(random: Random, writer: CacheWriter): Known[] {
  return NAMES.map((name) => {
    const message = randomMessage(random, name);
    const ede = random(4) === 0 ? random(25) : -1;
    const answer = answerTo(message, { expiresAt: 1900, authentic: random(3) === 0, ede });
    const known = { name, qtype: message.qtype, answer };
    expect(writer.keep(questionOf(name, known.qtype), answer)).toBe(answer.factsAt < 1200);
    return known;
  });
}

interface Query {
  readonly bytes: Uint8Array;
  readonly client: Uint8Array;
  readonly transport: number;
  readonly at: number;
  readonly capacity: number;
}

function randomQuery(random: Random, { name, qtype }: Known): Query {
  const letters = [...name].map((c) => (random(2) === 0 ? c.toUpperCase() : c)).join('');
  const opt = random(3) === 0 ? {} : { opt: pick(random, [0, 512, 700, 1232, 4096]) };
  const flags = pick(random, [0x0100, 0x0100, 0x0120, 0x0000]);
  const bytes = query(letters, qtype, { id: random(65_536), flags, ...opt });
  const capacity = pick(random, [4096, 4096, bytes.length + random(40), 130 + random(100)]);
  return {
    bytes,
    client: pick(random, ASKERS),
    transport: random(4) === 0 ? 1 : 0,
    at: pick(random, [64, 64, 65, 66]),
    capacity: Math.max(bytes.length, capacity),
  };
}

function put(packet: Packet, { bytes, client, transport, at, capacity }: Query): Packet {
  packet.bytes.fill(0xa5);
  packet.bytes.set(bytes, at);
  packet.client.set(client);
  return Object.assign(packet, { at, length: bytes.length, capacity, clientPort: 5353, transport, segment: -1 });
}

const ROOM = 4608;
const GUARD = Buffer.alloc(ROOM, 0xa5);

/** Everything that a client, a counter or the next look at the packet could tell apart. */
function outcome(packet: Packet, result: number, asked: Query): object {
  const { at, bytes, capacity, verdict, segment, qname, qnameLength } = packet;
  const reply = result > 0 ? Buffer.from(bytes.slice(at, at + result)).toString('hex') : '';
  const whole = Buffer.from(bytes.buffer);
  const isGuarded =
    whole.subarray(0, at).equals(GUARD.subarray(0, at)) &&
    whole.subarray(at + capacity).equals(GUARD.subarray(at + capacity));
  const isAsItCame = result !== MISS || whole.subarray(at, at + asked.bytes.length).equals(asked.bytes);
  return {
    isGuarded,
    isAsItCame,
    result,
    reply,
    verdict,
    segment,
    qname: Buffer.from(qname.slice(0, qnameLength)).toString('latin1'),
  };
}

function counted(path: FastPath): object {
  const { cacheHits: _, ...counts } = readCounters(path) as unknown as Record<string, unknown>;
  return counts;
}

test(`a hit is what the resolver would have answered, in ${WORLDS * QUERIES} random queries (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const met = new Map<string, number>();
  const count = (key: string) => met.set(key, (met.get(key) ?? 0) + 1);
  const short = newPacket(new Uint8Array(ROOM));
  const long = newPacket(new Uint8Array(ROOM));
  for (let i = 0; i < WORLDS; i++) {
    const memory = smallCache();
    const known = fill(random, new CacheWriter(memory, STALE_SECONDS));
    const [reader, other] = [newCacheReader(memory), newCacheReader(memory)];
    const settings = { allowNonRecursive: i % 5 === 0 };
    for (let generation = 1; generation <= 2; generation++) {
      const snapshot = randomPolicy(random, generation);
      const paths = [newPath(snapshot, settings, [], reader), newPath(snapshot, settings, [], other)];
      const plain = newPath(snapshot, settings);
      for (const path of [...paths, plain]) path.nowMs = NOW;
      const events: object[] = [];
      for (let n = 0; n < QUERIES / 2; n++) {
        const of = pick(random, known);
        const asked = randomQuery(random, of);
        const now = 1000 + random(5) * 100.25;
        // Two readers take turns: one reads the memos that the other has written.
        const path = paths[n % 2];
        path.nowSeconds = now;
        plain.nowSeconds = now;
        const got = answerQuery(path, put(short, asked));
        let wanted = answerQuery(plain, put(long, asked));
        if (wanted === MISS && of.answer.factsAt < 1200) wanted = answerFromMemory(plain, long, of.answer, 'hit');
        const [shortly, atLength] = [outcome(short, got, asked), outcome(long, wanted, asked)];
        // expect() on each would take most of the test's time.
        if (!isDeepStrictEqual(shortly, { ...atLength, isGuarded: true, isAsItCame: true }))
          expect(shortly).toEqual(atLength);
        count(
          `action ${actionOf(long.verdict)}${actionOf(long.verdict) === BLOCKED && snapshot.match.subject > 0 ? ' by content' : ''}`,
        );
        if (got > 0 && (short.bytes[asked.at + 2] & 2) !== 0) count('truncated');
        if (got > 0 && got > asked.bytes.length + 11) count('with records');
        if (snapshot.findings.count > 4) count('more matches than a memo holds');
        events.push(...takeEvents(path));
      }
      const plainEvents = takeEvents(plain);
      expect(events).toEqual(plainEvents);
      const sum = paths.map(counted);
      expect(sumOf(sum)).toEqual(sumOf([counted(plain)]));
    }
  }
  const kinds = [
    `action ${BLOCKED}`,
    `action ${BLOCKED} by content`,
    `action ${MONITORED}`,
    `action ${EXEMPT}`,
    `action ${RELEASED}`,
  ];
  for (const kind of [
    ...kinds,
    `action ${PROTECTED}`,
    'action 0',
    'truncated',
    'with records',
    'more matches than a memo holds',
  ]) {
    expect(met.get(kind) ?? 0, kind).toBeGreaterThan(50);
  }
});

/** Readings added row by row. */
function sumOf(readings: readonly object[]): object {
  const rows = new Map<string, number>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'number') rows.set(path, (rows.get(path) ?? 0) + value);
    else if (Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null && 'labels' in row)) {
      for (const row of value) walk(row.value, `${path} ${row.labels.join(' ')}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path} ${key}`);
    }
  };
  for (const reading of readings) walk(reading, '');
  return Object.fromEntries([...rows].filter(([, value]) => value !== 0).sort());
}

describe('a cached answer', () => {
  const name = 'www.example.net';
  const setUp = () => {
    const memory = smallCache();
    const writer = new CacheWriter(memory, STALE_SECONDS);
    const path = newPath(smallPolicy(), {}, [], newCacheReader(memory));
    return { memory, writer, path };
  };
  const asked = (path: FastPath, client = CLIENTS.nxdomain, flags = 0x0100) => {
    const packet = packetOf(query(name, 'A', { flags }), { client });
    return { packet, result: answerQuery(path, packet) };
  };

  test('is given until it ends, and is a miss from then on', () => {
    const { writer, path } = setUp();
    writer.keep(questionOf(name), answerOf(name));
    path.nowSeconds = 1299.9;
    expect(asked(path).result).toBeGreaterThan(0);
    path.nowSeconds = 1300;
    expect(asked(path).result).toBe(MISS);
  });

  test('is asked for again once, from nine tenths of its life on', () => {
    const { writer, path } = setUp();
    const refreshes = (at: number) => {
      path.nowSeconds = at;
      return asked(path).packet.refresh;
    };
    writer.keep(questionOf(name), answerOf(name));
    expect([1000, 1269, 1270, 1270, 1299].map(refreshes)).toEqual([0, 0, 1, 0, 0]);
    writer.keep(questionOf(name), answerOf(name, 2, { insertedAt: 1271, expiresAt: 1571 }));
    expect([1299, 1545, 1546].map(refreshes)).toEqual([0, 1, 0]);
  });

  test('is not given to RD=0: nobody looks what is in the cache', () => {
    const { writer, path } = setUp();
    writer.keep(questionOf(name), answerOf(name));
    expect(readReply(asked(path, CLIENTS.nxdomain, 0).packet.bytes.slice(64, 64 + 33)).rcode).toBe(5);
  });

  test('of a name that is blocked is given to nobody it is blocked for, the first time and from the memo', () => {
    const { writer, path } = setUp();
    writer.keep(questionOf(name), answerOf(name));
    const rcodes = () =>
      [CLIENTS.nxdomain, CLIENTS.free, CLIENTS.nxdomain].map((client) => {
        const { packet, result } = asked(path, client);
        return readReply(packet.bytes.slice(packet.at, packet.at + result)).rcode;
      });
    expect(rcodes()).toEqual([0, 0, 0]);
    useSnapshot([path], smallPolicy({ generation: 8, extra: ['tiktok domain example.net'] }));
    expect(rcodes()).toEqual([3, 0, 3]);
    useSnapshot([path], smallPolicy({ generation: 9 }));
    expect(rcodes()).toEqual([0, 0, 0]);
  });
});
