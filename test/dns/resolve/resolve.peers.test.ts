// The resolver between real sockets and a clock that is stepped: cache, joining, failures, policy on cached answers.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { newFolder } from '../../peers/peer.ts';
import { smallPolicy } from '../answer/small-policy.ts';
import { type Answerer, addressReply, replyTo, type SeenQuery } from './fake-upstream.ts';
import { until } from './stepped-clock.ts';
import { startFake, startResolver, stopStarted } from './test-resolver.ts';

afterEach(stopStarted);

const address: Answerer = (query, send) => send(addressReply(query, 1));
const silence: Answerer = () => {};
const servfail =
  (...ede: number[]): Answerer =>
  (query, send) =>
    send(
      replyTo(query, {
        flags: 0x8182,
        additional: [
          { owner: '.', type: 41, class: 1232, ttl: 0, rdata: ede.length === 0 ? [] : [[0, 15, 0, 2, 0, ...ede]] },
        ],
      }),
    );

describe('cache', () => {
  test('two clients cause one upstream query; each gets its id, its case, and a TTL that falls', async () => {
    const upstream = await startFake(address);
    const { ask, clock, resolver } = startResolver({ upstreams: [upstream.config()] });
    const first = await ask('www.Example.org', 'A', { id: 1 });
    clock.step(10_000);
    const second = await ask('WWW.example.org', 'A', { id: 2, client: 'nxdomain' });
    expect(first).toMatchObject({
      id: 1,
      question: 'www.Example.org 1 1',
      answers: ['www.Example.org 300 A 192.0.2.1'],
    });
    expect(second).toMatchObject({
      id: 2,
      question: 'WWW.example.org 1 1',
      answers: ['WWW.example.org 290 A 192.0.2.1'],
    });
    expect(upstream.seen).toHaveLength(1);
    expect(resolver.stats().cache).toMatchObject({ hits: 1, misses: 1, entries: 1 });
  });

  test('what the client sent besides its question does not reach the upstream; RD is set, the case is folded', async () => {
    const upstream = await startFake(address);
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    await ask('WWW.example.org', 'A', { flags: 0x0100, options: [0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2], opt: 4096 });
    const [{ bytes, name }] = upstream.seen;
    expect(name).toBe('www.example.org');
    expect([...bytes.slice(2, 4)]).toEqual([0x01, 0x20]);
    expect([...bytes.slice(bytes.length - 11)]).toEqual([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
  });

  test('DO and CD are questions of their own; AD comes from a trusted upstream and for those who ask', async () => {
    const upstream = await startFake((query, send) => send(addressReply(query, 1).with(3, 0xa0)));
    const { ask } = startResolver({ upstreams: [upstream.config('t', true)] });
    expect((await ask('a.example', 'A')).flags & 0x20).toBe(0);
    expect((await ask('a.example', 'A', { flags: 0x0120 })).flags & 0x20).toBe(0x20);
    expect((await ask('a.example', 'A', { dnssecOk: true })).flags & 0x20).toBe(0x20);
    await ask('a.example', 'A', { flags: 0x0110 });
    expect(upstream.seen.map(({ bytes }) => [bytes[3] & 0x10, bytes[bytes.length - 4] & 0x80])).toEqual([
      [0, 0],
      [0, 0x80],
      [0x10, 0],
    ]);
    const untrusted = startResolver({ upstreams: [upstream.config('u', false)] });
    expect((await untrusted.ask('a.example', 'A', { flags: 0x0120 })).flags & 0x20).toBe(0);
  });

  test('a TTL of 0 and a negative answer without SOA are asked for each time', async () => {
    const upstream = await startFake((query, send) =>
      send(query.name.startsWith('zero') ? addressReply(query, 1, 0) : replyTo(query, {})),
    );
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    for (const name of ['zero.example', 'zero.example', 'none.example', 'none.example']) await ask(name, 'A');
    expect(upstream.seen).toHaveLength(4);
  });

  test('no answer is kept longer than the limits, whatever its TTL', async () => {
    const upstream = await startFake((query, send) => send(addressReply(query, 1, 86_400)));
    const { ask, clock } = startResolver({ upstreams: [upstream.config()] });
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 3600 A 192.0.2.1']);
    clock.step(3_601_000);
    await ask('a.example', 'A');
    expect(upstream.seen).toHaveLength(2);
  });

  test('bytes are bounded: old answers make room and are counted', async () => {
    const upstream = await startFake(address);
    const { ask, resolver } = startResolver({
      upstreams: [upstream.config()],
      cache: { maxBytes: 8192, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 },
    });
    for (let i = 0; i < 30; i++) await ask(`n${i}.example`, 'A');
    const { cache } = resolver.stats();
    expect(cache.bytes).toBeLessThanOrEqual(8192);
    expect(cache.evictions.size).toBe(30 - cache.entries);
    expect(cache.entries).toBeGreaterThan(3);
  });
});

describe('joining', () => {
  test('equal questions on their way are asked once; beyond 256 clients they are turned away', async () => {
    const held: (() => void)[] = [];
    const upstream = await startFake((query, send) => held.push(() => send(addressReply(query, 1))));
    const { ask, resolver } = startResolver({ upstreams: [upstream.config()] });
    const replies = Promise.all(Array.from({ length: 260 }, (_, i) => ask('a.example', 'A', { id: i })));
    await until(() => held.length === 1, 'the query');
    held[0]();
    const rcodes = (await replies).map((reply) => reply.rcode);
    expect(rcodes.filter((rcode) => rcode === 0)).toHaveLength(256);
    expect(rcodes.filter((rcode) => rcode === 2)).toHaveLength(4);
    expect(upstream.seen).toHaveLength(1);
    expect(resolver.stats()).toMatchObject({ joined: 255, overloaded: 4, inFlight: 0 });
  });
});

describe('failing upstreams', () => {
  test('a silent upstream is overtaken by the next, which its own late answer may still beat', async () => {
    const held: (() => void)[] = [];
    const slow = await startFake((query, send) => held.push(() => send(addressReply(query, 7))));
    const dead = await startFake(silence);
    const { ask, clock } = startResolver({ upstreams: [slow.config(), dead.config()] });
    const reply = ask('a.example', 'A');
    await until(() => slow.seen.length === 1, 'the first query');
    clock.step(900);
    await until(() => dead.seen.length === 1, 'the second query');
    held[0]();
    expect((await reply).answers).toEqual(['a.example 300 A 192.0.2.7']);
  });

  test('after three unanswered questions an upstream is down and asked last, until a probe finds it up', async () => {
    let isDead = true;
    const first = await startFake((query, send) => isDead || send(addressReply(query, 1)));
    const second = await startFake((query, send) => send(addressReply(query, 2)));
    const { ask, clock, resolver } = startResolver({ upstreams: [first.config('first'), second.config('second')] });
    const isUp = () => resolver.stats().upstreams.map((one) => one.isUp);
    for (let i = 0; i < 3; i++) {
      expect(isUp()).toEqual([true, true]);
      const reply = ask(`n${i}.example`, 'A');
      await until(() => first.seen.length === i + 1, 'the query');
      clock.step(900);
      await reply;
    }
    expect(isUp()).toEqual([false, true]);
    await ask('quick.example', 'A');
    expect(first.seen).toHaveLength(3);
    isDead = false;
    clock.step(1100);
    await ask('probed.example', 'A');
    await until(() => isUp()[0], 'the first is up again');
    expect((await ask('again.example', 'A')).answers).toEqual(['again.example 300 A 192.0.2.1']);
    expect(first.seen.map((query) => query.name)).toEqual(
      [0, 1, 2].map((i) => `n${i}.example`).concat('probed.example', 'again.example'),
    );
    const [{ requests }] = resolver.stats().upstreams;
    expect(requests).toMatchObject({ timeout: 3, answered: 2 });
  });

  test('SERVFAIL, REFUSED and rubbish of one upstream are left for the next', async () => {
    const good = await startFake(address);
    const answerers: Answerer[] = [
      servfail(6),
      (query, send) => send(replyTo(query, { flags: 0x8185 })),
      (query, send) => send(replyTo(query, { answer: [{ owner: `>${query.name}`, type: 1, rdata: [[1]] }] })),
    ];
    for (const answerer of answerers) {
      const bad = await startFake(answerer);
      const { ask } = startResolver({ upstreams: [bad.config(), good.config()] });
      expect((await ask('a.example', 'A')).answers).toEqual(['a.example 300 A 192.0.2.1']);
    }
  });

  test('SERVFAIL keeps its EDE, and is not asked again for 1 s, 2 s, 4 s … 300 s', async () => {
    const upstream = await startFake(servfail(6));
    const { ask, clock } = startResolver({ upstreams: [upstream.config()] });
    let held = 1;
    for (let failures = 1; failures <= 12; failures++) {
      expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, edes: [{ code: 6 }] });
      expect(upstream.seen).toHaveLength(failures);
      clock.step(held * 1000 - 1);
      expect((await ask('a.example', 'A')).edes).toEqual([{ code: 6, text: '' }]);
      expect(upstream.seen).toHaveLength(failures);
      clock.step(1);
      held = Math.min(300, held * 2);
    }
    expect(held).toBe(300);
  });

  test('when nobody answers, SERVFAIL with EDE 22 comes at the deadline', async () => {
    const upstream = await startFake(silence);
    const { ask, clock } = startResolver({ upstreams: [upstream.config()], deadlineMs: 3000 });
    const reply = ask('a.example', 'A');
    await until(() => upstream.seen.length === 1, 'the query');
    clock.step(3000);
    expect(await reply).toMatchObject({ rcode: 2, edes: [{ code: 22 }] });
  });

  test('with nobody to ask, SERVFAIL with EDE 23 comes at once and is forgotten at once', async () => {
    const folder = newFolder('resolv');
    const resolvConf = join(folder, 'resolv.conf');
    writeFileSync(resolvConf, 'nameserver 127.0.0.1\n');
    const listen = [{ address: parseAddress('127.0.0.1') ?? new Uint8Array(16), port: 53 }];
    const { ask, clock, warnings, resolver } = startResolver({ upstreams: 'system', resolvConf, listen });
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, edes: [{ code: 23 }] });
    expect(warnings).toEqual([expect.stringContaining('names no resolver besides ourselves')]);
    writeFileSync(resolvConf, 'nameserver 127.0.0.1\nnameserver 192.0.2.1\n');
    clock.step(2000);
    await until(() => resolver.stats().upstreams.length === 1, 'the file is read again');
    rmSync(folder, { recursive: true });
  });

  test('a truncated answer is fetched by TCP, over one connection', async () => {
    const upstream = await startFake((query, send) =>
      send(query.transport === 'udp' ? replyTo(query, { flags: 0x8380 }) : addressReply(query, 9)),
    );
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    const replies = await Promise.all(['a.example', 'b.example', 'c.example'].map((name) => ask(name, 'A')));
    expect(replies.map((reply) => reply.answers.length)).toEqual([1, 1, 1]);
    const tcp = upstream.seen.filter((query) => query.transport === 'tcp');
    expect(tcp).toHaveLength(3);
    expect(new Set(tcp.map((query) => query.fromPort)).size).toBe(1);
  });
});

describe('stale answers', () => {
  test('an expired answer is given with TTL 30 and EDE 3 when no upstream answers, for a day', async () => {
    let isDead = false;
    const upstream = await startFake((query, send) => isDead || send(addressReply(query, 1)));
    const { ask, clock, resolver } = startResolver({ upstreams: [upstream.config()] });
    await ask('a.example', 'A');
    isDead = true;
    clock.step(400_000);
    const asked = async () => {
      const before = upstream.seen.length;
      const reply = ask('a.example', 'A');
      await until(() => upstream.seen.length > before, 'the query');
      clock.step(4000);
      return reply;
    };
    const before = upstream.seen.length;
    const early = ask('a.example', 'A');
    await until(() => upstream.seen.length > before, 'the query');
    clock.step(1800); // no need to wait for the deadline
    expect(await early).toMatchObject({ answers: ['a.example 30 A 192.0.2.1'], edes: [{ code: 3 }] });
    clock.step(2200); // the deadline is met, and for a second it would be rude to ask again
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 30 A 192.0.2.1']);
    expect(resolver.stats().cache.stale).toBe(2);
    clock.step(86_400_000);
    expect((await asked()).rcode).toBe(2);
  });

  test('an answer that no longer verifies is not papered over by a stale one, one that failed otherwise is', async () => {
    let answerer: Answerer = address;
    const upstream = await startFake((query, send) => answerer(query, send));
    const { ask, clock } = startResolver({ upstreams: [upstream.config()] });
    await ask('a.example', 'A');
    clock.step(301_000);
    answerer = servfail(6);
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 2, edes: [{ code: 6 }] });
    clock.step(2000);
    answerer = servfail();
    expect(await ask('a.example', 'A')).toMatchObject({ rcode: 0, edes: [{ code: 3 }] });
  });
});

describe('forward zones', () => {
  test('the deepest zone has the name, and its failure stays its own', async () => {
    const everyone = await startFake(address);
    const office = await startFake(servfail());
    const lab = await startFake((query, send) => send(addressReply(query, 3)));
    const { ask } = startResolver({
      upstreams: [everyone.config()],
      forward: [
        { zone: 'internal.gov.uk', to: [office.config()] },
        { zone: 'lab.internal.gov.uk', to: [lab.config()] },
      ],
    });
    expect((await ask('a.lab.internal.gov.uk', 'A')).answers).toEqual(['a.lab.internal.gov.uk 300 A 192.0.2.3']);
    expect((await ask('LAB.internal.gov.uk', 'A')).answers).toHaveLength(1);
    expect((await ask('x.internal.gov.uk', 'A')).rcode).toBe(2);
    expect((await ask('xinternal.gov.uk', 'A')).answers).toEqual(['xinternal.gov.uk 300 A 192.0.2.1']);
    expect(everyone.seen.map((query) => query.name)).toEqual(['xinternal.gov.uk']);
  });
});

describe('policy on what is cached', () => {
  const chain = (query: SeenQuery, send: (message: Uint8Array) => void) =>
    send(
      replyTo(query, {
        answer: [
          { owner: `>${query.name}`, type: 5, rdata: ['edge.Banned.example'] },
          { owner: '>edge.Banned.example', type: 1, rdata: [[198, 51, 100, 9]] },
        ],
      }),
    );

  test('a chain into a banned app is blocked where it is enforced and passes elsewhere, from one upstream query', async () => {
    const upstream = await startFake((query, send) =>
      send(
        replyTo(query, {
          answer: [
            { owner: `>${query.name}`, type: 5, rdata: ['x.tiktok.com'] },
            { owner: '>x.tiktok.com', type: 1, rdata: [[198, 51, 100, 9]] },
          ],
        }),
      ),
    );
    const { ask } = startResolver({ upstreams: [upstream.config()] });
    expect((await ask('shop.example', 'A', { client: 'free' })).answers).toHaveLength(2);
    const blocked = await ask('shop.example', 'A', { client: 'nxdomain' });
    expect(blocked.answers).toEqual([]);
    expect(blocked.edes).toEqual([{ code: 15, text: 'uk-statement/tiktok/tiktok.com' }]);
    expect((await ask('shop.example', 'A', { client: 'free' })).answers).toHaveLength(2);
    expect(upstream.seen).toHaveLength(1);
  });

  test.each([
    ['a name on the chain', 'tiktok domain banned.example'],
    ['an address', 'tiktok address 198.51.100.0/24'],
  ])('%s banned by a reload acts on the cached answer at once, and a rule taken away too', async (_what, rule) => {
    const upstream = await startFake(chain);
    const { ask, path } = startResolver({ upstreams: [upstream.config()] });
    const answers = async () => (await ask('shop.example', 'A', { client: 'nxdomain' })).answers.length;
    expect(await answers()).toBe(2);
    useSnapshot([path], smallPolicy({ generation: 8, extra: [rule] }));
    expect(await answers()).toBe(0);
    useSnapshot([path], smallPolicy({ generation: 9 }));
    expect(await answers()).toBe(2);
    expect(upstream.seen).toHaveLength(1);
  });

  test('an HTTPS hint banned by a reload acts on the cached answer at once', async () => {
    const upstream = await startFake((query, send) =>
      send(
        replyTo(query, {
          answer: [{ owner: `>${query.name}`, type: 65, rdata: [[0, 1, 0, 0, 4, 0, 4, 198, 51, 100, 9]] }],
        }),
      ),
    );
    const { ask, path } = startResolver({ upstreams: [upstream.config()] });
    const answers = async () => (await ask('shop.example', 'HTTPS', { client: 'nxdomain' })).answers.length;
    expect(await answers()).toBe(1);
    useSnapshot([path], smallPolicy({ generation: 8, extra: ['tiktok address 198.51.100.9/32'] }));
    expect(await answers()).toBe(0);
    expect(upstream.seen).toHaveLength(1);
  });

  test('a name banned while its question is on its way is blocked when the answer comes', async () => {
    const held: (() => void)[] = [];
    const upstream = await startFake((query, send) => held.push(() => send(addressReply(query, 1))));
    const { ask, path } = startResolver({ upstreams: [upstream.config()] });
    const reply = ask('late.example', 'A', { client: 'nxdomain' });
    await until(() => held.length === 1, 'the query');
    useSnapshot([path], smallPolicy({ generation: 8, segmentPrefix: 'new-', extra: ['tiktok domain late.example'] }));
    held[0]();
    expect(await reply).toMatchObject({ rcode: 3, edes: [{ text: 'uk-statement/tiktok/late.example' }] });
  });
});
