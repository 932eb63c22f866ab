import { expect, test } from 'vitest';
import { newCounters } from '../src/dns/answer/counters.ts';
import type { ResolverStats } from '../src/dns/resolve/resolve.ts';
import { dnsReaders } from '../src/dns-metrics.ts';

test('queries turned away by the door and by the resolver are one count', () => {
  const counters = newCounters();
  const resolver = { overloaded: 4 } as ResolverStats; // What this metric reads of it.
  const readers = dnsReaders({ counters, resolver: () => resolver, active: () => undefined, maxSeries: 1 });
  expect([...readers.interdict_miss_ring_full_total()]).toEqual([{ labels: [], value: 4 }]);
});

test('a scrape reads the counters once, the next one anew', async () => {
  const counters = newCounters();
  const resolver = { overloaded: 0 } as ResolverStats;
  const readers = dnsReaders({ counters, resolver: () => resolver, active: () => undefined, maxSeries: 1 });
  const read = () => [...readers.interdict_miss_ring_full_total()];
  counters.overloads = 2;
  expect(read()).toEqual([{ labels: [], value: 2 }]);
  counters.overloads = 3;
  expect(read()).toEqual([{ labels: [], value: 2 }]);
  await Promise.resolve();
  expect(read()).toEqual([{ labels: [], value: 3 }]);
});
