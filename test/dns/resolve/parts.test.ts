// The resolver's small parts, without sockets.

import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { parseName } from '../../../src/base/names.ts';
import type { CachedAnswer } from '../../../src/dns/answer/cached-answer.ts';
import { AnswerCache, keyFor } from '../../../src/dns/resolve/answer-cache.ts';
import { Random } from '../../../src/dns/resolve/random.ts';
import { readResolvConf } from '../../../src/dns/resolve/upstream/system-upstreams.ts';
import { Upstream } from '../../../src/dns/resolve/upstream/upstream.ts';
import {
  buildQuery,
  CASE_DIFFERS,
  MATCH,
  matchReply,
  NO_MATCH,
} from '../../../src/dns/resolve/upstream/upstream-query.ts';
import { Views } from '../../../src/dns/resolve/views.ts';
import { collect } from '../../heap.ts';
import { buildMessage } from '../wire/message-text.ts';
import { SteppedClock } from './stepped-clock.ts';

function addressOf(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
}

function wire(text: string): Uint8Array {
  const name = parseName(text);
  if (typeof name === 'string') throw new Error(name);
  return name;
}

const noChance = new Random((size) => new Uint8Array(size));

describe('resolv.conf', () => {
  const text = [
    '# nameserver 192.0.2.9',
    'search office.example',
    'nameserver 192.0.2.1',
    '  nameserver 192.0.2.7',
    'nameserver\t2001:db8::1 # the second',
    'nameserver 192.0.2.1',
    'nameserver fe80::1%eth0',
    'nameserver dns.example',
    'nameserver 127.0.0.1',
  ].join('\n');
  const names = (...listen: [string, number][]) =>
    readResolvConf(
      text,
      listen.map(([address, port]) => ({ address: addressOf(address), port })),
    ).map((one) => one.name);

  test('gives each resolver once, in order, without what is no address', () => {
    expect(names()).toEqual(['192.0.2.1', '2001:db8::1', '127.0.0.1']);
  });

  test('never means ourselves: our own address and port, or one that our wildcard covers', () => {
    expect(names(['127.0.0.1', 53])).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(names(['0.0.0.0', 53])).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(names(['::', 53])).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(names(['127.0.0.1', 5300])).toContain('127.0.0.1');
    expect(names(['127.0.0.2', 53])).toContain('127.0.0.1');
  });

  test('is trusted only where it says trust-ad, and at most eight resolvers are taken', () => {
    expect(readResolvConf('nameserver 192.0.2.1', [])[0].trusted).toBe(false);
    expect(readResolvConf('options edns0 trust-ad\nnameserver 192.0.2.1', [])[0].trusted).toBe(true);
    const many = Array.from({ length: 20 }, (_, i) => `nameserver 192.0.2.${i}`).join('\n');
    expect(readResolvConf(many, [])).toHaveLength(8);
  });
});

describe('matching a reply', () => {
  const query = buildQuery({ qname: wire('a.example'), qtype: 1, dnssecOk: false, checkingDisabled: false });
  const reply = (name: string, qtype = 1, flags = 0x8180) => buildMessage({ qname: name, qtype, flags });
  test.each([
    ['the same question', reply('a.example'), MATCH],
    ['the same in other letters', reply('A.example'), CASE_DIFFERS],
    ['another name', reply('b.example'), NO_MATCH],
    ['another type', reply('a.example', 28), NO_MATCH],
    ['another class', reply('a.example').with(26, 3), NO_MATCH],
    ['a query', reply('a.example', 1, 0x0100), NO_MATCH],
    ['a NOTIFY', reply('a.example', 1, 0xa000), NO_MATCH],
    ['two questions', reply('a.example').with(5, 2), NO_MATCH],
    ['an error without question', new Uint8Array(12).with(2, 0x80).with(3, 1), MATCH],
    ['success without question', new Uint8Array(12).with(2, 0x80), NO_MATCH],
    ['half a header', new Uint8Array(6).with(2, 0x80), NO_MATCH],
    ['a question cut short', reply('a.example').slice(0, 20), NO_MATCH],
  ])('%s', (_what, bytes, expected) => {
    expect(matchReply(bytes, query)).toBe(expected);
  });
});

describe('views', () => {
  test('the deepest forward zone has a name, the root zone every other', () => {
    const views = new Views(
      () => [],
      [
        { zone: 'gov.uk', to: [] },
        { zone: 'Internal.gov.uk', to: [] },
        { zone: '.', to: [] },
      ],
    );
    const numbers = ['x.internal.gov.uk', 'internal.gov.uk', 'xinternal.gov.uk', 'gov.uk', 'uk', 'example.org'].map(
      (name) => views.of(wire(name)).number,
    );
    expect(numbers).toEqual([2, 2, 1, 1, 3, 3]);
    const noRoot = new Views(() => [], [{ zone: 'gov.uk', to: [] }]);
    expect(noRoot.of(wire('example.org')).number).toBe(0);
  });
});

describe('the answer cache', () => {
  const answer = (insertedAt: number, ttl: number): CachedAnswer => ({
    ...{ bytes: new Uint8Array(100), factsAt: 50, rcode: 0, isNegative: false, authentic: false },
    ...{ insertedAt, expiresAt: insertedAt + ttl, ttlOffsets: new Uint16Array(1), ede: -1, stale: false },
  });

  test('gives an answer until it expires, as stale for a day more, and then forgets it', () => {
    const cache = new AnswerCache(10_000);
    cache.keep('k', answer(10, 60));
    expect(cache.find('k', 69.9)?.expiresAt).toBe(70);
    expect(cache.find('k', 70)?.expiresAt).toBe(70);
    expect(cache.find('k', 70 + 86_399)).toBeDefined();
    expect(cache.find('k', 70 + 86_400)).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 3, entries: 0, evictions: { size: 0, expired: 1 } });
  });

  test('an answer ends the failure before it, and the next failure starts from 1 s again', () => {
    const cache = new AnswerCache(10_000);
    const cause = { ede: 22, isBogus: false, wasHeard: true };
    cache.fail('k', cause, 0);
    expect(cache.fail('k', cause, 5).holdSeconds).toBe(2);
    cache.keep('k', answer(10, 60));
    expect(cache.failureOf('k', 5)).toBeUndefined();
    expect(cache.fail('k', cause, 100).holdSeconds).toBe(1);
  });

  test('a name that nobody was heard about is held back for 5 s at most: the network may be back', () => {
    const cache = new AnswerCache(10_000);
    const cause = { ede: 22, isBogus: false, wasHeard: false };
    expect(Array.from({ length: 5 }, (_, i) => cache.fail('k', cause, i).holdSeconds)).toEqual([1, 2, 4, 5, 5]);
  });

  test('takes no more memory than it says for answers that fit no slot, also for the longest names, whose keys cost most', () => {
    const ENTRIES = 2000;
    const cache = new AnswerCache(1 << 26);
    const qname = wire(`0000${'x'.repeat(59)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(61)}`);
    collect();
    const before = process.memoryUsage();
    for (let i = 0; i < ENTRIES; i++) {
      for (let k = 0; k < 4; k++) qname[1 + k] = 48 + (Math.floor(i / 10 ** k) % 10);
      const key = keyFor(0, { qname, qnameLength: qname.length, qtype: 1, dnssecOk: 0, flags: 0 });
      cache.find(key, 0);
      cache.keep(key, { ...answer(0, 60), bytes: new Uint8Array(2000), factsAt: 1900 });
    }
    collect();
    const after = process.memoryUsage();
    const taken = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(cache.stats().entries).toBe(ENTRIES);
    expect(taken).toBeLessThan(1.2 * cache.stats().bytes);
    expect(taken).toBeGreaterThan(0.5 * cache.stats().bytes);
  });

  test('questions that differ in view, type, DO or CD have different keys', () => {
    const qname = wire('a.example');
    const base = { qname, qnameLength: qname.length, qtype: 1, dnssecOk: 0, flags: 0 };
    const keys = [
      keyFor(0, base),
      keyFor(1, base),
      keyFor(0, { ...base, qtype: 28 }),
      keyFor(0, { ...base, dnssecOk: 1 }),
      keyFor(0, { ...base, flags: 0x0010 }),
      keyFor(0, { ...base, qname: wire('b.example') }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('an answer larger than the whole cache is not kept', () => {
    const cache = new AnswerCache(500);
    cache.keep('k', answer(0, 60));
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });
});

describe('an upstream', () => {
  const config = {
    ...{ name: 'u', transport: 'udp' as const, trusted: false },
    endpoint: { address: addressOf('192.0.2.1'), port: 53 },
  };

  test('is waited for as long as its replies have taken, within 300 ms and 2 s', () => {
    const upstream = new Upstream(config, new SteppedClock(), noChance);
    expect(upstream.waitMs).toBe(800);
    for (let i = 0; i < 20; i++) upstream.heard(5);
    expect(upstream.waitMs).toBe(300);
    for (let i = 0; i < 50; i++) upstream.heard(900);
    expect(upstream.waitMs).toBeGreaterThan(900);
    for (let i = 0; i < 50; i++) upstream.heard(9000);
    expect(upstream.waitMs).toBe(2000);
  });

  test('that is down is probed after 1 s, 2 s, 4 s … 60 s, once each', () => {
    const clock = new SteppedClock();
    const upstream = new Upstream(config, clock, noChance);
    for (let i = 0; i < 3; i++) upstream.silent();
    expect(upstream.isUp).toBe(false);
    const gaps: number[] = [];
    for (let seconds = 1, last = 0; seconds <= 300; seconds++) {
      clock.step(1000);
      if (!upstream.takeProbe()) continue;
      gaps.push(seconds - last);
      last = seconds;
    }
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    upstream.heard(5);
    expect([upstream.isUp, upstream.takeProbe()]).toEqual([true, false]);
  });

  test('counts each reply in its bucket of time', () => {
    const upstream = new Upstream(config, new SteppedClock(), noChance);
    for (const ms of [0.5, 1, 3, 6000]) upstream.heard(ms);
    const { buckets, count, sumSeconds } = upstream.stats().durations;
    expect([buckets[0], buckets[2], buckets.at(-1), count]).toEqual([2, 1, 1, 4]);
    expect(sumSeconds).toBeCloseTo(6.0045);
  });
});
