// Real listeners asked through real sockets, and closed one after another.

import { afterEach, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import type { Address } from '../../../src/base/brand.ts';
import { answers, type ListenerAddress } from '../../../src/control/probe/ask-listener.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import { newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { isProbeReply, PROBE_KEY_BYTES, probeMessage } from '../../../src/dns/answer/own-probe.ts';
import { newCensus } from '../../../src/dns/listeners/census.ts';
import { createDoor, type Door } from '../../../src/dns/listeners/door.ts';
import { type Listener, openListeners } from '../../../src/dns/listeners/listeners.ts';
import { listenTcp } from '../../../src/dns/listeners/tcp.ts';
import { listenUdp } from '../../../src/dns/listeners/udp.ts';
import { batchIoFault } from '../../../src/dns/workers/sockets/libc.ts';
import { smallPolicy } from '../../dns/answer/small-policy.ts';
import { RunningPool } from '../../dns/workers/running-pool.ts';

const KEY = new Uint8Array(PROBE_KEY_BYTES).fill(7);
const message = probeMessage(KEY, 1234);
const question = { message, isReply: (reply: Uint8Array) => isProbeReply(message, reply) };
const SETTINGS = { maxUdpSize: 1232, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300, allowNonRecursive: false };
const LIMITS = { idleMs: 10_000, maxConnections: 100, maxPerClient: 50 };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function newDoor(): { door: Door; counted: () => number } {
  const counters = newCounters();
  const settings = { ...SETTINGS, countsQueries: true, probeKey: KEY };
  const path = newFastPath({ counters, events: newEvents(), settings, forwardZones: [], seed: 1 });
  useSnapshot([path], smallPolicy());
  const clock = { wallMs: Date.now, monotonicSeconds: () => performance.now() / 1000 };
  const resolver = { resolve: async () => undefined, refresh: () => {}, close: async () => {} };
  const door = createDoor({ path, resolver, clock, onFault: ({ error }) => expect(error).toBeUndefined() });
  return { door, counted: () => [...counters.fixed, ...counters.rows].reduce((sum, value) => sum + value, 0) };
}

describe('a listener', () => {
  test.each(['127.0.0.1', '::1'])(
    'on %s answers over UDP and over TCP, counts nothing, and does neither once it is closed',
    async (host) => {
      const { door, counted } = newDoor();
      const endpoint = { host, address: parseAddress(host) as Address, port: 0, ipv6Only: false };
      const open: Listener[] = [await listenUdp(endpoint, door), await listenTcp(endpoint, door, newCensus(LIMITS))];
      const at = ({ transport, port }: Listener): ListenerAddress => ({ transport, host, port });
      for (const listener of open)
        expect([listener.transport, await answers(at(listener), question)]).toEqual([listener.transport, true]);
      expect(counted()).toBe(0);
      for (const listener of open) {
        await listener.close();
        expect([listener.transport, await answers(at(listener), question)]).toEqual([listener.transport, false]);
      }
    },
  );

  test('that does not know the key answers something else, and that is no answer', async () => {
    const { door } = newDoor();
    const listener = await listenTcp(
      { host: '127.0.0.1', address: parseAddress('127.0.0.1') as Address, port: 0, ipv6Only: false },
      door,
      newCensus(LIMITS),
    );
    closing.push(() => listener.close());
    const foreign = probeMessage(
      KEY.map((byte) => byte + 1),
      1,
    );
    const wrong = { message: foreign, isReply: (reply: Uint8Array) => isProbeReply(foreign, reply) };
    expect(await answers({ transport: 'tcp', host: '127.0.0.1', port: listener.port }, wrong)).toBe(false);
  });

  test('on the wildcard is reached over both families', async () => {
    const { door } = newDoor();
    const listen = [{ host: '::', address: parseAddress('::') as Address, port: 0 }];
    const listeners = await openListeners({ listen, door, tcp: LIMITS, where: { file: 'x', line: 1, column: 1 } });
    if (!('close' in listeners)) throw new Error(JSON.stringify(listeners));
    closing.push(() => listeners.close());
    expect(listeners.reachable.map(({ host }) => host)).toEqual(['::1', '127.0.0.1']);
    for (const transport of ['udp', 'tcp'] as const)
      for (const at of listeners.reachable) expect(await answers({ transport, ...at }, question)).toBe(true);
  });
});

describe.skipIf(batchIoFault() !== undefined)('the workers', () => {
  test('answer it from each address, count nothing, and are silent once they are stopped', async () => {
    const running = await RunningPool.start(2, ['127.0.0.1', '::1'], { probeKey: KEY });
    closing.push(() => running.pool.close());
    const addresses = ['127.0.0.1', '::1'].map(
      (host, i) => ({ transport: 'udp', host, port: running.listeners[i].port }) as const,
    );
    for (let i = 0; i < 8; i++) for (const at of addresses) expect(await answers(at, question)).toBe(true);
    expect(running.counted()).toBe(0);
    await running.pool.stop();
    for (const at of addresses) expect(await answers(at, question)).toBe(false);
  });
});
