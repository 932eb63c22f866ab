// A resolver on the small policy, with a stepped clock, for tests: asked as a door would ask it.

import { parseAddress } from '../../../src/base/addresses.ts';
import { SEGMENT_UNRESOLVED, TRANSPORT_TCP, TRANSPORT_UDP } from '../../../src/base/packet.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import { type FastPath, newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { createResolver, type ResolverOptions, type ResolverWithStats } from '../../../src/dns/resolve/resolve.ts';
import { CLIENTS, NOW, smallPolicy } from '../answer/small-policy.ts';
import { type QueryOptions, query, type Reply, readReply } from '../answer/wire.ts';
import { type Answerer, FakeUpstream } from './fake-upstream.ts';
import { KINDS, newSockets } from './socket-kinds.ts';
import { SteppedClock } from './stepped-clock.ts';

interface Asking extends QueryOptions {
  /** A key of CLIENTS. */
  readonly client?: keyof typeof CLIENTS;
  readonly tcp?: boolean;
}

export interface TestResolver {
  readonly resolver: ResolverWithStats;
  readonly clock: SteppedClock;
  readonly path: FastPath;
  readonly warnings: string[];
  askBytes(name: string, type: string | number, asking?: Asking): Promise<Uint8Array | undefined>;
  ask(name: string, type: string | number, asking?: Asking): Promise<Reply>;
}

function testResolver(options: Partial<ResolverOptions>): TestResolver {
  const settings = {
    maxUdpSize: 1232,
    maxTtlSeconds: 3600,
    negativeMaxTtlSeconds: 300,
    allowNonRecursive: false,
    countsQueries: false,
  };
  const forwardZones = (options.forward ?? []).map(({ zone }) => zone);
  const path = newFastPath({ counters: newCounters(), events: newEvents(), settings, forwardZones, seed: 1 });
  useSnapshot([path], smallPolicy());
  const clock = new SteppedClock();
  const warnings: string[] = [];
  const resolver = createResolver({
    path,
    upstreams: [],
    forward: [],
    listen: [],
    cache: { maxBytes: 1 << 20, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 },
    deadlineMs: 4000,
    case0x20: false,
    warn: (message) => warnings.push(message),
    onFault: (error) => {
      throw error;
    },
    clock,
    wallMs: () => NOW,
    sockets: newSockets(KINDS[KINDS.length - 1]),
    ...options,
  });
  const askBytes = (name: string, type: string | number, asking: Asking = {}) => {
    const client = parseAddress(CLIENTS[asking.client ?? 'free']);
    if (client === undefined) throw new Error('unreachable');
    const transport = asking.tcp === true ? TRANSPORT_TCP : TRANSPORT_UDP;
    const bytes = query(name, type, { opt: 1232, ...asking });
    return resolver.resolve(bytes, { client, clientPort: 4000, transport, segment: SEGMENT_UNRESOLVED });
  };
  const ask = async (name: string, type: string | number, asking: Asking = {}) => {
    const answer = await askBytes(name, type, asking);
    if (answer === undefined) throw new Error(`${name}: dropped`);
    return readReply(answer);
  };
  return { resolver, clock, path, warnings, askBytes, ask };
}

const started: { stop(): Promise<void> }[] = [];

/** What stopStarted stops. */
export function willStop(stop: () => Promise<void>): void {
  started.push({ stop });
}

export async function startFake(answer: Answerer): Promise<FakeUpstream> {
  const upstream = await FakeUpstream.start(answer);
  willStop(() => upstream.stop());
  return upstream;
}

export function startResolver(options: Partial<ResolverOptions>): TestResolver {
  const made = testResolver(options);
  willStop(() => {
    made.clock.step(10_000);
    return made.resolver.close();
  });
  return made;
}

/** For afterEach. */
export async function stopStarted(): Promise<void> {
  await Promise.all(started.splice(0).map((one) => one.stop()));
}
