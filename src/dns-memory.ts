// The memory that all threads of one DNS service look at, made once, and what each thread is given of it.
//
// Rows of counters, events and policy readers: 0 main, 1 the resolver, 2 + i worker i.

import { randomInt } from 'node:crypto';
import type { Config } from './config/config.ts';
import type { SharedArena } from './control/keeper/arena.ts';
import { counterBytes } from './dns/answer/counting/counter-layout.ts';
import { eventBytes } from './dns/answer/events/events.ts';
import type { FastPathSettings } from './dns/answer/fast-path.ts';
import { type CacheMemory, newCacheMemory } from './dns/answer/response-cache/layout.ts';
import { Bell } from './dns/workers/bell.ts';
import { newMissRing } from './dns/workers/miss-ring.ts';
import type { Lent } from './dns/workers/pool.ts';
import type { ResolverWorld } from './threads/resolver.ts';
import type { WorkerWorld } from './threads/worker.ts';

export const MAIN = 0;
export const RESOLVER = 1;
export const FIRST_WORKER = 2;

export interface DnsMemory {
  readonly counters: readonly SharedArrayBuffer[];
  readonly events: readonly SharedArrayBuffer[];
  readonly cache: CacheMemory;
  readonly rings: readonly SharedArrayBuffer[];
  readonly bell: SharedArrayBuffer;
  /** By worker: the numbers of its sockets, in the order of the listen addresses. */
  readonly fds: readonly Int32Array[];
}

/** What each thread that answers judges by. */
export interface Judging {
  readonly arena: SharedArena;
  readonly settings: FastPathSettings;
  readonly forwardZones: readonly string[];
}

export function newDnsMemory({ cache, dns }: Config, workers: number): DnsMemory {
  const row = <T>(make: () => T) => Array.from({ length: FIRST_WORKER + workers }, make);
  const each = <T>(make: () => T) => Array.from({ length: workers }, make);
  return {
    counters: row(() => new SharedArrayBuffer(counterBytes())),
    events: row(() => new SharedArrayBuffer(eventBytes())),
    cache: newCacheMemory(cache.maxBytes, [randomInt(2 ** 32), randomInt(2 ** 32)]),
    rings: each(newMissRing),
    bell: new Bell().shared,
    fds: each(() => new Int32Array(new SharedArrayBuffer(dns.listen.length * Int32Array.BYTES_PER_ELEMENT)).fill(-1)),
  };
}

export function workerWorld(memory: DnsMemory, judging: Judging, lent: Lent): WorkerWorld {
  const { cache, rings, bell } = memory;
  const common = rowOf(memory, judging, FIRST_WORKER + lent.index);
  return { ...common, lent, cache, missRing: rings[lent.index], bell };
}

export function resolverWorld(memory: DnsMemory, judging: Judging, config: Config): ResolverWorld {
  const { cache, rings, bell, fds } = memory;
  const { upstreams, dns, cache: limits } = config;
  const { forward, listen, deadlineMs, case0x20 } = dns;
  return {
    ...rowOf(memory, judging, RESOLVER),
    rings: rings.map((ring, worker) => ({ memory: ring, fds: fds[worker] })),
    bell,
    resolver: { upstreams, forward, listen, cache: { ...limits, memory: cache }, deadlineMs, case0x20 },
  };
}

function rowOf({ counters, events }: DnsMemory, judging: Judging, row: number) {
  return { ...judging, row, counters: counters[row], events: events[row], seed: randomInt(2 ** 32) };
}
