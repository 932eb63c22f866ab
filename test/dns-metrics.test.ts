import { expect, test } from 'vitest';
import type { ActivePolicy } from '../src/control/keeper/active-policy.ts';
import { CounterBook } from '../src/dns/answer/counting/counter-book.ts';
import { type Counters, countCacheHit, countOverload, newCounters } from '../src/dns/answer/counting/counters.ts';
import type { ResolverStats } from '../src/dns/resolve/resolve.ts';
import { NO_POOL, type PoolStats } from '../src/dns/workers/pool.ts';
import { dnsReaders } from '../src/dns-metrics.ts';
import { smallPolicy } from './dns/answer/small-policy.ts';

test('queries turned away by the door and by the resolver are one count', () => {
  const counters = newCounters();
  countOverload(counters);
  const resolver = { overloaded: 3 } as ResolverStats; // What this metric reads of it.
  const readers = readersOf(counters, resolver);
  expect([...readers.interdict_miss_ring_full_total()]).toEqual([{ labels: [], value: 4 }]);
});

test('a scrape reads the counters once, the next one anew', async () => {
  const counters = newCounters();
  const resolver = { overloaded: 0 } as ResolverStats;
  const readers = readersOf(counters, resolver);
  const read = () => [...readers.interdict_miss_ring_full_total()];
  countOverload(counters);
  expect(read()).toEqual([{ labels: [], value: 1 }]);
  countOverload(counters);
  expect(read()).toEqual([{ labels: [], value: 1 }]);
  await Promise.resolve();
  expect(read()).toEqual([{ labels: [], value: 2 }]);
});

test('hits of every thread and of the resolver are one count', () => {
  const counters = newCounters();
  for (let i = 0; i < 5; i++) countCacheHit(counters);
  const cache = { hits: 2, misses: 7, stale: 1 };
  const readers = readersOf(counters, { cache } as ResolverStats); // What this metric reads of it.
  expect([...readers.interdict_dns_cache_requests_total()]).toEqual([
    { labels: ['hit'], value: 7 },
    { labels: ['miss'], value: 7 },
    { labels: ['stale'], value: 1 },
  ]);
});

test('workers and their sockets are told as the pool has them', () => {
  const workers: PoolStats = {
    workers: 2,
    restarts: 3,
    sockets: [
      { listener: '[::]:53', drops: 4, errors: [{ operation: 'send', error: 'EAGAIN', count: 5 }] },
      { listener: '10.0.0.1:53', drops: 0, errors: [] },
    ],
  };
  const readers = readersOf(newCounters(), {} as ResolverStats, workers);
  expect([...readers.interdict_workers()]).toEqual([{ labels: [], value: 2 }]);
  expect([...readers.interdict_worker_restarts_total()]).toEqual([{ labels: [], value: 3 }]);
  expect([...readers.interdict_socket_drops_total()]).toEqual([
    { labels: ['[::]:53'], value: 4 },
    { labels: ['10.0.0.1:53'], value: 0 },
  ]);
  expect([...readers.interdict_socket_errors_total()]).toEqual([{ labels: ['[::]:53', 'send', 'EAGAIN'], value: 5 }]);
});

test('what an enforced app may come to is 0 from the first scrape, releases too', () => {
  const rules = [{ app: 'tiktok', rules: 9, roles: ['web'] }];
  // What these metrics read of it.
  const active = { snapshot: smallPolicy(), rules } as unknown as ActivePolicy;
  const readers = readersOf(newCounters(), {} as ResolverStats, NO_POOL, active);
  const actions = ['blocked', 'monitored', 'exempt', 'released'];
  const decisions = [...readers.interdict_decisions_total()].filter(({ labels }) => labels[1] === 'nxdomain');
  expect(decisions).toEqual(
    ['tiktok', 'canary'].flatMap((app) =>
      actions.map((action) => ({ labels: ['dns', 'nxdomain', app, action], value: 0 })),
    ),
  );
  expect([...readers.interdict_app_matches_total()]).toEqual(
    actions.map((action) => ({ labels: ['tiktok', 'web', action], value: 0 })),
  );
});

function readersOf(counters: Counters, resolver: ResolverStats, workers = NO_POOL, active?: ActivePolicy) {
  const book = new CounterBook([counters.memory]);
  return dnsReaders({
    counters: () => book.read(),
    workers: () => workers,
    resolver: () => resolver,
    active: () => active,
    maxSeries: 100,
  });
}
