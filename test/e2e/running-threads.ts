// Workers and the resolver in their threads as an instance has them, without what is not theirs: policy files, metrics, TCP.

import { parseAddress } from '../../src/base/addresses.ts';
import type { Address } from '../../src/base/brand.ts';
import { Arena } from '../../src/control/keeper/arena.ts';
import { CounterBook } from '../../src/dns/answer/counting/counter-book.ts';
import { newCounters } from '../../src/dns/answer/counting/counters.ts';
import { namesOf } from '../../src/dns/answer/counting/generation-names.ts';
import { newEvents } from '../../src/dns/answer/events/events.ts';
import { newCacheMemory } from '../../src/dns/answer/response-cache/layout.ts';
import type { Listener } from '../../src/dns/listeners/listeners.ts';
import { RemoteResolver } from '../../src/dns/resolve/remote-resolver.ts';
import type { ResolverStats } from '../../src/dns/resolve/resolve.ts';
import type { UpstreamConfig } from '../../src/dns/resolve/upstream/upstream.ts';
import { Bell } from '../../src/dns/workers/bell.ts';
import { newMissRing } from '../../src/dns/workers/miss-ring.ts';
import { type Lent, Pool } from '../../src/dns/workers/pool.ts';
import type { ResolverWorld } from '../../src/threads/resolver.ts';
import { startThread } from '../../src/threads/start.ts';
import type { WorkerWorld } from '../../src/threads/worker.ts';
import { compileWorld, worldOf } from '../policy/world.ts';

const RESOLVER_ROW = 1;
const FIRST_WORKER_ROW = 2;
const SLOT_BYTES = 1 << 20;
const SETTINGS = {
  maxUdpSize: 1232,
  maxTtlSeconds: 3600,
  negativeMaxTtlSeconds: 300,
  allowNonRecursive: false,
  countsQueries: true,
};

export interface RunningThreads {
  readonly port: number;
  readonly resolver: RemoteResolver<ResolverStats>;
  readonly book: CounterBook;
  readonly faults: unknown[];
  /** A policy that blocks this name. */
  serve(generation: number, banned: string): void;
  stop(): Promise<void>;
}

export async function startThreads(workers: number, upstreams: readonly UpstreamConfig[]): Promise<RunningThreads> {
  const arena = Arena.create(SLOT_BYTES);
  const counters = Array.from({ length: workers + 2 }, () => newCounters().memory);
  const cache = newCacheMemory(1 << 24, [1, 2]);
  const bell = new Bell().shared;
  const rings = Array.from({ length: workers }, newMissRing);
  const faults: unknown[] = [];
  const shared = { arena: arena.shared, cache, bell, settings: SETTINGS, forwardZones: [], seed: 1 };
  const start = (lent: Lent) => {
    const row = FIRST_WORKER_ROW + lent.index;
    const own = { lent, row, counters: counters[row], events: newEvents().memory, missRing: rings[lent.index] };
    const thread = startThread('worker', undefined);
    thread.postMessage({ ...shared, ...own } satisfies WorkerWorld);
    return thread;
  };
  const pool = new Pool({
    workers,
    start,
    onFault: (fault) => faults.push(fault),
    onCrash: (...it) => faults.push(it),
  });
  const book = new CounterBook(counters);
  const serve = (generation: number, banned: string) => publish(arena, book, generation, banned);
  serve(1, 'banned.example');
  const listener = await listen(pool);
  const thread = startThread('resolver', {
    ...shared,
    row: RESOLVER_ROW,
    counters: counters[RESOLVER_ROW],
    events: newEvents().memory,
    rings: rings.map((memory, i) => ({ memory, fds: pool.fds[i] })),
    resolver: {
      upstreams,
      forward: [],
      listen: [],
      cache: { maxBytes: cache.maxBytes, memory: cache, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 },
      deadlineMs: 4000,
      case0x20: false,
    },
  } satisfies ResolverWorld);
  thread.on('error', (error) => faults.push(error));
  const onWarning = (message: string) => faults.push(message);
  const resolver = new RemoteResolver<ResolverStats>(thread, { onWarning, onFault: (fault) => faults.push(fault) });
  pool.start();
  await resolver.freshStats();
  const stop = async () => {
    await pool.stop();
    await resolver.close();
    await thread.terminate();
    await pool.close();
  };
  return { port: listener.port, resolver, book, faults, serve, stop };
}

function listen(pool: Pool): Promise<Listener> {
  const address = parseAddress('127.0.0.1') as Address;
  return pool.openUdp({ address, host: '127.0.0.1', port: 0, ipv6Only: false });
}

function publish(arena: Arena, book: CounterBook, generation: number, banned: string): void {
  const segments = { all: { clients: ['127.0.0.0/8'], enforce: ['gov'] } };
  const { bytes, snapshot } = compileWorld(worldOf({ apps: { app: [`domain ${banned}`] }, segments }), { generation });
  book.fold();
  book.learn(namesOf(snapshot));
  const slot = arena.spare;
  arena.slot(slot, bytes.length).set(bytes);
  arena.publish(generation, slot, bytes.length);
}
