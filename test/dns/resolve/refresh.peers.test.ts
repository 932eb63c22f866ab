// Answers that are fetched anew before they end: a stepped clock and a real upstream.

import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import type { Address } from '../../../src/base/brand.ts';
import { SEGMENT_UNRESOLVED, TRANSPORT_UDP } from '../../../src/base/packet.ts';
import { CLIENTS } from '../answer/small-policy.ts';
import { query } from '../answer/wire.ts';
import { type Answerer, addressReply, replyTo } from './fake-upstream.ts';
import { until } from './stepped-clock.ts';
import { startFake, startResolver, stopStarted } from './test-resolver.ts';

afterEach(stopStarted);

const TTL = 300;
const address: Answerer = (asked, send) => send(addressReply(asked, 1, TTL));
const servfail: Answerer = (asked, send) => send(replyTo(asked, { flags: 0x8182 }));

async function start() {
  const upstream = await startFake(address);
  const { ask, clock, resolver } = startResolver({ upstreams: [upstream.config()] });
  await ask('a.example', 'A');
  const asker = {
    client: parseAddress(CLIENTS.free) as Address,
    clientPort: 1,
    transport: TRANSPORT_UDP,
    segment: SEGMENT_UNRESOLVED,
  };
  /** Gives how many questions are on their way then. */
  const refresh = (name: string): number => {
    resolver.refresh(query(name, 'A', { opt: 1232 }), asker);
    return resolver.stats().inFlight;
  };
  const landed = () => until(() => resolver.stats().inFlight === 0, 'the refresh lands');
  return { upstream, ask, clock, refresh, landed };
}

test('what is kept is asked for again, at most once a second and never twice at once', async () => {
  const { upstream, ask, clock, refresh, landed } = await start();
  clock.step(999);
  expect(refresh('a.example')).toBe(0);
  clock.step(1);
  expect([refresh('b.example'), refresh('a.example'), refresh('a.example')]).toEqual([0, 1, 1]);
  await landed();
  expect(refresh('a.example')).toBe(0);
  clock.step(TTL * 1000 - 500);
  expect((await ask('a.example', 'A')).answers).toHaveLength(1);
  expect(upstream.seen.map(({ name }) => name)).toEqual(['a.example', 'a.example']);
});

test('a refresh that fails leaves the answer as it is', async () => {
  const { upstream, ask, clock, refresh, landed } = await start();
  upstream.answer = servfail;
  clock.step(280_000);
  expect(refresh('a.example')).toBe(1);
  await landed();
  expect((await ask('a.example', 'A')).answers).toEqual(['a.example 20 A 192.0.2.1']);
  expect(upstream.seen).toHaveLength(2);
});
