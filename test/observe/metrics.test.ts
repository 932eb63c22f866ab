import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS_PAGE, metricsPage } from '../../scripts/metrics-page.ts';
import { METRICS } from '../../src/observe/metric-table.ts';
import { createMetrics, type ReadSamples, type Sample } from '../../src/observe/metrics.ts';
import { capSeries } from '../../src/observe/series-cap.ts';

const nothing = (): Record<string, ReadSamples> => Object.fromEntries(METRICS.map(({ name }) => [name, () => []]));

test('names follow the conventions: a prefix, base units, _total for counters alone, bounded labels', () => {
  for (const { name, type, labels, help } of METRICS) {
    expect(name).toMatch(/^interdict_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram' || name.includes('timestamp')) expect(name).toMatch(/_seconds$/);
    expect(
      labels.filter(
        (label) => !/^[a-z_]+$/.test(label) || /client|name$|ip|address/.test(label.replace('node_version', '')),
      ),
    ).toEqual([]);
    expect(help).toMatch(/^[A-Z1].*\.$/);
  }
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
});

test('the page of metrics is what the table says', () => {
  expect(readFileSync(METRICS_PAGE, 'utf8')).toBe(metricsPage());
});

test('a metric that nobody reads, and a reader of no metric, are found at the start', () => {
  const { interdict_ready: _, ...rest } = nothing();
  expect(() => createMetrics(rest)).toThrow('nobody reads interdict_ready');
  expect(() => createMetrics({ ...nothing(), interdict_typo: () => [] })).toThrow(
    'interdict_typo is not in the metric table',
  );
});

test('a scrape shows labels, escapes them, sums buckets up to +Inf, and asks anew each time', async () => {
  let value = 0;
  const metrics = createMetrics({
    ...nothing(),
    interdict_upstream_up: () => [{ labels: ['tls://"a"\n@b\\'], value: ++value }],
    interdict_policy_valid_until_timestamp_seconds: () => [{ labels: [], value: Number.POSITIVE_INFINITY }],
    interdict_dns_request_duration_seconds: () => [
      { labels: ['memory'], bounds: [0.01, 0.1], cumulative: [1, 3], count: 4, sumSeconds: 2.5 },
    ],
  });
  const lines = (await metrics.render()).split('\n');
  expect(lines).toContain('interdict_upstream_up{upstream="tls://\\"a\\"\\n@b\\\\"} 1');
  expect(lines).toContain('interdict_policy_valid_until_timestamp_seconds +Inf');
  expect(lines.filter((line) => line.startsWith('interdict_dns_request_duration_seconds'))).toEqual([
    'interdict_dns_request_duration_seconds_bucket{path="memory",le="0.01"} 1',
    'interdict_dns_request_duration_seconds_bucket{path="memory",le="0.1"} 3',
    'interdict_dns_request_duration_seconds_bucket{path="memory",le="+Inf"} 4',
    'interdict_dns_request_duration_seconds_sum{path="memory"} 2.5',
    'interdict_dns_request_duration_seconds_count{path="memory"} 4',
  ]);
  expect(await metrics.render()).toContain('@b\\\\"} 2');
});

test('above the limit the segments with most apps share app="other", and no count is lost', () => {
  const samples: Sample[] = [];
  for (let app = 0; app < 100; app++) samples.push({ labels: ['dns', 'large', `app${app}`, 'blocked'], value: 1 });
  for (let app = 0; app < 5; app++) samples.push({ labels: ['dns', 'small', `app${app}`, 'blocked'], value: 10 });
  expect(capSeries(samples, 105)).toBe(samples);
  const capped = capSeries(samples, 104);
  expect(capped.filter(({ labels }) => labels[1] === 'large')).toEqual([
    { labels: ['dns', 'large', 'other', 'blocked'], value: 100 },
  ]);
  expect(capped.filter(({ labels }) => labels[1] === 'small')).toHaveLength(5);
});
