// Hands the metrics of DNS their numbers. All readers of one scrape see the same reading.

import type { ActivePolicy } from './control/keeper/active-policy.ts';
import type { CounterReading } from './dns/answer/counting/counter-book.ts';
import { COUNTED_ACTIONS, DURATION_BUCKETS } from './dns/answer/counting/counter-layout.ts';
import type { ResolverStats } from './dns/resolve/resolve.ts';
import { DURATION_BOUNDS, type UpstreamStats } from './dns/resolve/upstream/upstream.ts';
import type { PoolStats, SocketStats } from './dns/workers/pool.ts';
import type { HistogramSample, ReadSamples, Sample } from './observe/metrics.ts';
import { capSeries } from './observe/series-cap.ts';
import { one } from './policy-metrics.ts';

const DOOR = 'dns';

export interface DnsSources {
  readonly counters: () => CounterReading;
  readonly workers: () => PoolStats;
  readonly resolver: () => ResolverStats;
  readonly active: () => ActivePolicy | undefined;
  readonly maxSeries: number;
}

export function dnsReaders(sources: DnsSources): Record<string, ReadSamples> {
  const { active, maxSeries } = sources;
  const counts = onceAScrape(sources.counters);
  const resolver = onceAScrape(sources.resolver);
  const workers = onceAScrape(sources.workers);
  const upstreams = (read: (upstream: UpstreamStats) => Sample[]) => () => resolver().upstreams.flatMap(read);
  return {
    interdict_dns_queries_total: () => counts().queries,
    interdict_dns_responses_total: () => counts().responses,
    interdict_dns_dropped_total: () => counts().dropped,
    interdict_clients_refused_total: () =>
      counts().refused.map(({ labels, value }) => ({ labels: [DOOR, ...labels], value })),
    interdict_decisions_total: () => capSeries(decisions(counts(), active()), maxSeries),
    interdict_app_matches_total: () => withZeros(counts().matches, matchesToCome(active())),
    interdict_dns_request_duration_seconds: () => counts().durations.map(durationsOf),
    interdict_miss_ring_full_total: () => one(counts().overloads + resolver().overloaded),
    interdict_dns_cache_requests_total: () => lookups(counts(), resolver()),
    interdict_dns_cache_entries: () => one(resolver().cache.entries),
    interdict_dns_cache_bytes: () => one(resolver().cache.bytes),
    interdict_dns_cache_limit_bytes: () => one(resolver().cache.limitBytes),
    interdict_dns_cache_evictions_total: () =>
      Object.entries(resolver().cache.evictions).map(([reason, value]) => ({ labels: [reason], value })),
    interdict_upstream_requests_total: upstreams(({ name, requests }) =>
      Object.entries(requests).map(([outcome, value]) => ({ labels: [name, outcome], value })),
    ),
    interdict_upstream_request_duration_seconds: () => resolver().upstreams.map(upstreamDurations),
    interdict_upstream_up: upstreams(({ name, isUp }) => [{ labels: [name], value: isUp ? 1 : 0 }]),
    interdict_workers: () => one(workers().workers),
    interdict_worker_restarts_total: () => one(workers().restarts),
    interdict_socket_drops_total: () =>
      workers().sockets.map(({ listener, drops }) => ({ labels: [listener], value: drops })),
    interdict_socket_errors_total: () => workers().sockets.flatMap(socketErrors),
  };
}

/** A scrape asks for all metrics in one turn of the event loop. */
function onceAScrape<T>(read: () => T): () => T {
  let reading: { readonly value: T } | undefined;
  return () => {
    if (reading === undefined) {
      reading = { value: read() };
      queueMicrotask(() => {
        reading = undefined;
      });
    }
    return reading.value;
  };
}

function decisions({ decisions: counted }: CounterReading, active: ActivePolicy | undefined): Sample[] {
  const pairs = new Map(active?.snapshot.enforcement.map(({ segment, app }) => [`${segment}/${app}`, [segment, app]]));
  const toCome = [...pairs.values()].flatMap(([segment, app]) =>
    COUNTED_ACTIONS.map((action) => [segment, app, action]),
  );
  return withZeros(counted, toCome).map(({ labels, value }) => ({ labels: [DOOR, ...labels], value }));
}

/** Apps that some segment enforces, with the roles of their rules. */
function matchesToCome(active: ActivePolicy | undefined): string[][] {
  if (active === undefined) return [];
  const enforced = new Set(active.snapshot.enforcement.map(({ app }) => app));
  return active.rules
    .filter(({ app }) => enforced.has(app))
    .flatMap(({ app, roles }) => roles.flatMap((role) => COUNTED_ACTIONS.map((action) => [app, role, action])));
}

/** Series that can occur start at 0: those counted, and those to come. */
function withZeros(counted: readonly Sample[], toCome: readonly (readonly string[])[]): Sample[] {
  const rows = new Map<string, Sample>(toCome.map((labels) => [labels.join('\n'), { labels, value: 0 }]));
  for (const sample of counted) rows.set(sample.labels.join('\n'), sample);
  return [...rows.values()];
}

function durationsOf({ path, buckets, count, sumSeconds }: CounterReading['durations'][number]): HistogramSample {
  return { labels: [path], bounds: DURATION_BUCKETS, cumulative: buckets, count, sumSeconds };
}

function socketErrors({ listener, errors }: SocketStats): Sample[] {
  return errors.map(({ operation, error, count }) => ({ labels: [listener, operation, error], value: count }));
}

/** Threads that answer look first; what they do not find the resolver looks up again, and counts. */
function lookups({ cacheHits }: CounterReading, { cache }: ResolverStats): Sample[] {
  const { hits, misses, stale } = cache;
  return Object.entries({ hit: cacheHits + hits, miss: misses, stale }).map(([result, value]) => ({
    labels: [result],
    value,
  }));
}

function upstreamDurations({ name, durations }: UpstreamStats): HistogramSample {
  const { buckets, count, sumSeconds } = durations;
  let sum = 0;
  const cumulative = DURATION_BOUNDS.map((_, i) => {
    sum += buckets[i];
    return sum;
  });
  return { labels: [name], bounds: DURATION_BOUNDS, cumulative, count, sumSeconds };
}
