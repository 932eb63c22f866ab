import { describe, expect, test } from 'vitest';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import type { CachedAnswer } from '../../../src/dns/answer/cached-answer.ts';
import { type FastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { answerFailure, answerFromMemory, type WaitedFor } from '../../../src/dns/answer/from-memory.ts';
import { MISS } from '../../../src/dns/answer/outcome.ts';
import { scrub } from '../../../src/dns/wire/scrub.ts';
import { type AskOptions, finished, newPath, packetOf } from './asking.ts';
import { readCounters, takeEvents } from './reading.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { optRecord, query, type Reply, readReply, TYPES, u16, wireName } from './wire.ts';

const snapshot = smallPolicy();

/** `owner ttl TYPE data`, data as hex or, for names and IPv4 addresses, as text. */
function record(text: string): number[] {
  const [owner, ttl, type, data] = text.split(' ');
  const rdata =
    type === 'A'
      ? data.split('.').map(Number)
      : type === 'CNAME'
        ? wireName(data)
        : type === 'SOA'
          ? [...wireName(data), ...wireName(data), ...Array(16).fill(0), 0, 0, 0x1c, 0x20]
          : [...Buffer.from(data, 'hex')];
  return [...wireName(owner), ...u16(TYPES[type]), 0, 1, 0, 0, ...u16(Number(ttl)), ...u16(rdata.length), ...rdata];
}

interface Upstream {
  readonly name: string;
  readonly type: string;
  readonly rcode?: number;
  readonly answers?: readonly string[];
  readonly authority?: readonly string[];
  readonly more?: Partial<CachedAnswer>;
}

function kept({ name, type, rcode = 0, answers = [], authority = [], more }: Upstream): CachedAnswer {
  const question = query(name.toLowerCase(), type);
  const sections = [...answers, ...authority].flatMap(record);
  const reply = Uint8Array.from([...question, ...sections]);
  reply[2] = 0x85;
  reply[3] = 0xa0 | rcode;
  reply[7] = answers.length;
  reply[9] = authority.length;
  const qname = Uint8Array.from(wireName(name.toLowerCase()));
  const scrubbed = scrub({ qname, qtype: TYPES[type], dnssecOk: false }, reply);
  if (scrubbed.kind !== 'answer') throw new Error(JSON.stringify(scrubbed));
  const { bytes, factsAt, isNegative, ttlOffsets } = scrubbed;
  const times = { insertedAt: 1000, expiresAt: 1000 + scrubbed.ttlSeconds };
  return { bytes, factsAt, rcode, isNegative, authentic: false, ttlOffsets, ede: -1, stale: false, ...times, ...more };
}

/** Asks, expects a MISS, and answers it from `answer`. */
function answered(
  path: FastPath,
  bytes: Uint8Array,
  answer: CachedAnswer,
  options: AskOptions,
  waited: WaitedFor = 'hit',
) {
  const packet = packetOf(bytes, options);
  expect(answerQuery(path, packet)).toBe(MISS);
  return finished(packet, answerFromMemory(path, packet, answer, waited));
}

function replyOf(bytes: Uint8Array, answer: CachedAnswer, client = CLIENTS.nxdomain, waited: WaitedFor = 'hit'): Reply {
  return readReply(answered(newPath(snapshot), bytes, answer, { client }, waited).bytes);
}

const chain = kept({
  name: 'www.example.net',
  type: 'A',
  answers: ['www.example.net 300 CNAME Edge.Example.Com', 'Edge.Example.Com 7200 A 198.51.100.7'],
});
const intoBan = kept({
  name: 'go.example.net',
  type: 'A',
  answers: ['go.example.net 300 CNAME www.tiktok.com', 'www.tiktok.com 300 A 198.51.100.7'],
});
const intoRange = kept({ name: 'cdn.example.net', type: 'A', answers: ['cdn.example.net 300 A 203.0.113.9'] });
const nothing = kept({
  name: 'none.example.net',
  type: 'A',
  rcode: 3,
  authority: ['example.net 7200 SOA ns.example.net'],
});

describe('a kept answer is copied behind the client’s own question', () => {
  test('case, id, RD and CD are the client’s; RA is set, AA is not; names inside records stay as they came', () => {
    const bytes = query('wWw.Example.NET', 'A', { id: 0xbeef, flags: 0x0110, opt: 4096, dnssecOk: true });
    const reply = replyOf(bytes, chain);
    expect(reply).toMatchObject({ id: 0xbeef, flags: 0x8190, question: 'wWw.Example.NET 1 1', edes: [] });
    expect(reply.opt).toEqual({ udpSize: 1232, version: 0, dnssecOk: true, otherOptions: 0 });
    expect(reply.answers.map((text) => text.toLowerCase())).toEqual([
      'www.example.net 300 cname edge.example.com',
      'edge.example.com 3600 a 198.51.100.7',
    ]);
    expect(reply.answers[0]).toContain('Edge.Example.Com');
  });

  test('no OPT goes to a client that sent none', () => {
    expect(replyOf(query('www.example.net', 'A'), chain).additional).toBe(0);
  });

  test('TTLs fall with age, under the limits for positive and negative answers', () => {
    const path = newPath(snapshot);
    const ttls = (answer: CachedAnswer, name: string) => {
      const { bytes } = answered(path, query(name, 'A'), answer, { client: CLIENTS.nxdomain });
      const { answers, authority } = readReply(bytes);
      return [...answers, ...authority].map((text) => Number(text.split(' ')[1]));
    };
    expect(ttls(chain, 'www.example.net')).toEqual([300, 3600]);
    expect(ttls(nothing, 'none.example.net')).toEqual([300]);
    path.nowSeconds += 100;
    expect(ttls(chain, 'www.example.net')).toEqual([200, 3500]);
  });

  test('AD goes only to a client that set AD or DO, and only from an answer that is authentic', () => {
    const authentic = { ...chain, authentic: true };
    const ad = (answer: CachedAnswer, flags: number, dnssecOk: boolean) =>
      replyOf(query('www.example.net', 'A', { flags, opt: 1232, dnssecOk }), answer).flags & 0x20;
    expect([ad(authentic, 0x0100, false), ad(authentic, 0x0120, false), ad(authentic, 0x0100, true)]).toEqual([
      0, 32, 32,
    ]);
    expect([ad(chain, 0x0120, false), ad(chain, 0x0100, true)]).toEqual([0, 0]);
  });

  test('a stale answer says so: 30 seconds and EDE 3, or 19 for NXDOMAIN', () => {
    const bytes = query('www.example.net', 'A', { opt: 1232 });
    const stale = replyOf(bytes, chain, CLIENTS.nxdomain, 'stale');
    expect(stale.edes).toEqual([{ code: 3, text: '' }]);
    expect(stale.answers.map((text) => text.split(' ')[1])).toEqual(['30', '30']);
    const gone = replyOf(query('none.example.net', 'A', { opt: 1232 }), nothing, CLIENTS.nxdomain, 'stale');
    expect(gone).toMatchObject({ rcode: 3, edes: [{ code: 19, text: '' }] });
  });

  test('an EDE kept with the answer is passed on', () => {
    const reply = replyOf(query('www.example.net', 'A', { opt: 1232 }), { ...chain, ede: 9 });
    expect(reply.edes).toEqual([{ code: 9, text: '' }]);
  });
});

describe('an answer larger than the client takes is TC with question and OPT only', () => {
  const big = kept({
    name: 'big.example.net',
    type: 'TXT',
    answers: Array.from(
      { length: 60 },
      (_, i) => `big.example.net 60 TXT ${'20'}${'61'.repeat(31)}${i.toString(16).padStart(2, '0')}`,
    ),
  });
  test.each([
    ['udp', undefined, 512],
    ['udp', 100, 512],
    ['udp', 900, 900],
    ['udp', 4096, 1232],
  ] as const)('%s, OPT size %s: at most %i bytes', (transport, opt, most) => {
    const small = { ...big };
    const bytes = query('big.example.net', 'TXT', opt === undefined ? {} : { opt });
    const asked = answered(newPath(snapshot), bytes, small, { client: CLIENTS.nxdomain, transport });
    const reply = readReply(asked.bytes);
    expect(reply.flags & 0x0200).toBe(0x0200);
    expect(reply).toMatchObject({ answers: [], authority: [], additional: opt === undefined ? 0 : 1 });
    expect(asked.bytes.length).toBeLessThanOrEqual(most);
  });

  test('tcp: whole', () => {
    const asked = answered(newPath(snapshot), query('big.example.net', 'TXT'), big, {
      client: CLIENTS.nxdomain,
      transport: 'tcp',
      capacity: 65_535,
    });
    expect(readReply(asked.bytes).answers).toHaveLength(60);
  });

  test('an answer of exactly the client’s size is whole, one byte less is TC', () => {
    const bytes = (opt: number) => query('big.example.net', 'TXT', { opt });
    const path = () => newPath(snapshot, { maxUdpSize: 4096 });
    const whole = big.factsAt + optRecord({}).length;
    const flags = (opt: number) =>
      readReply(answered(path(), bytes(opt), big, { client: CLIENTS.nxdomain }).bytes).flags & 0x0200;
    expect([flags(whole), flags(whole - 1)]).toEqual([0, 0x0200]);
  });
});

describe('what is in an answer is judged', () => {
  test('a chain into a blocked name is NODATA with the target’s rule, where nxdomain is asked for', () => {
    const reply = replyOf(query('go.example.net', 'A', { opt: 1232 }), intoBan);
    expect(reply).toMatchObject({ rcode: 0, answers: [] });
    expect(reply.edes).toEqual([{ code: 15, text: 'uk-statement/tiktok/tiktok.com' }]);
    expect(reply.authority[0]).toMatch(/^go\.example\.net 60 SOA/);
  });

  test('an address in a blocked range is NODATA where nxdomain is asked for: the name may have free names below', () => {
    expect(replyOf(query('cdn.example.net', 'A', { opt: 1232 }), intoRange)).toMatchObject({ rcode: 0, answers: [] });
  });

  test('an address in a blocked range is blocked with the range as its rule', () => {
    const reply = replyOf(query('cdn.example.net', 'A', { opt: 1232 }), intoRange, CLIENTS.sinkhole);
    expect(reply.answers).toEqual(['cdn.example.net 60 A 192.0.2.53']);
    expect(reply.edes.at(-1)).toEqual({ code: 15, text: 'uk-statement/tiktok/203.0.113.0/24' });
  });

  test('a segment that does not enforce gets the very same kept answer', () => {
    const bytes = query('go.example.net', 'A', { opt: 1232 });
    expect(replyOf(bytes, intoBan, CLIENTS.nxdomain).answers).toEqual([]);
    expect(replyOf(bytes, intoBan, CLIENTS.free).answers).toHaveLength(2);
  });

  test('a rule added by a swap acts on an answer kept before it, and a rule taken away lets it through', () => {
    const answer = kept({ name: 'new.example.net', type: 'A', answers: ['new.example.net 300 A 198.51.100.9'] });
    const path = newPath(snapshot);
    const answers = () =>
      readReply(answered(path, query('new.example.net', 'A'), answer, { client: CLIENTS.nxdomain }).bytes).answers
        .length;
    expect(answers()).toBe(1);
    useSnapshot([path], smallPolicy({ generation: 8, extra: ['tiktok address 198.51.100.0/24'] }));
    expect(answers()).toBe(0);
    useSnapshot([path], smallPolicy({ generation: 9 }));
    expect(answers()).toBe(1);
  });

  test('an exempt answer is byte for byte what an unlisted client gets', () => {
    const bytes = query('go.example.net', 'A', { opt: 1232 });
    const of = (client: string) => answered(newPath(snapshot), bytes, intoBan, { client }).bytes;
    expect(of(CLIENTS.exempt)).toEqual(of(CLIENTS.free));
    expect(of(CLIENTS.monitor)).toEqual(of(CLIENTS.free));
  });

  test('a released answer is byte for byte what an unlisted client gets', () => {
    const byName = smallPolicy({
      generation: 8,
      overrides: ['exact go.example.net', 'exact cdn.example.net', 'exact www.tiktok.com'],
    });
    const byRule = smallPolicy({ generation: 9, overrides: ['rule tiktok/tiktok.com', 'rule tiktok/203.0.113.0/24'] });
    const listed = kept({ name: 'www.tiktok.com', type: 'A', answers: ['www.tiktok.com 300 A 198.51.100.7'] });
    const cases: [string, CachedAnswer][] = [
      ['go.example.net', intoBan],
      ['cdn.example.net', intoRange],
      ['www.tiktok.com', listed],
    ];
    for (const [name, answer] of cases) {
      const bytes = query(name, 'A', { opt: 1232 });
      const unlisted = answered(newPath(snapshot), bytes, answer, { client: CLIENTS.free }).bytes;
      for (const released of [byName, byRule]) {
        const path = newPath(released);
        expect(answered(path, bytes, answer, { client: CLIENTS.nxdomain }).bytes, name).toEqual(unlisted);
        expect(readCounters(path).decisions).toEqual([{ labels: ['nxdomain', 'tiktok', 'released'], value: 1 }]);
        expect(takeEvents(path).map(({ action, id }) => `${action} ${id}`)).toEqual([
          expect.stringMatching(/^released released:OVR-\d:uk-statement\/tiktok\/(tiktok\.com|203\.0\.113\.0\/24)$/),
        ]);
      }
    }
  });

  test('monitored and exempt are counted and reported once, when the answer is given', () => {
    const path = newPath(snapshot);
    const bytes = query('go.example.net', 'A');
    answered(path, bytes, intoBan, { client: CLIENTS.monitor });
    answered(path, bytes, intoBan, { client: CLIENTS.exempt });
    answered(path, bytes, intoBan, { client: CLIENTS.free });
    answered(path, query('www.example.net', 'A'), chain, { client: CLIENTS.monitor });
    expect(readCounters(path).decisions).toEqual([
      { labels: ['nxdomain', 'tiktok', 'exempt'], value: 1 },
      { labels: ['monitor', 'tiktok', 'monitored'], value: 1 },
    ]);
    const events = takeEvents(path);
    expect(events.map(({ id }) => id)).toEqual([
      'monitored:uk-statement/tiktok/tiktok.com',
      'exempt:EXM-1:uk-statement/tiktok/tiktok.com',
    ]);
  });
});

describe('a failure', () => {
  const failed = (path: FastPath, name: string, client: string) => {
    const packet = packetOf(query(name, 'A', { opt: 1232 }), { client });
    expect(answerQuery(path, packet)).toBe(MISS);
    return readReply(finished(packet, answerFailure(path, packet, 2, 22)).bytes);
  };
  test('is SERVFAIL with its EDE and the client’s question', () => {
    const reply = failed(newPath(snapshot), 'www.example.net', CLIENTS.nxdomain);
    expect(reply).toMatchObject({
      rcode: 2,
      question: 'www.example.net 1 1',
      edes: [{ code: 22, text: '' }],
      answers: [],
    });
  });
  test('of a monitored name is counted as monitored', () => {
    const path = newPath(snapshot);
    failed(path, 'www.tiktok.com', CLIENTS.monitor);
    expect(readCounters(path).decisions).toEqual([{ labels: ['monitor', 'tiktok', 'monitored'], value: 1 }]);
  });
});
