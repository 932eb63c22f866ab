// The registry behind /metrics. Nothing is counted here: counters live in typed arrays beside those who count, and each scrape asks for
// their present numbers. Main hands over one reader a metric; one that is missing, or not in the table, does not compile at start.

import { type Metric, Registry } from 'prom-client';
import { METRICS, type MetricRow } from './metric-table.ts';

/** One series; values of labels in the order of the table's names. */
export interface Sample {
  readonly labels: readonly string[];
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: readonly string[];
  /** Upper bounds in seconds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** For each bound, the observations up to it. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

export type ReadSamples = () => Iterable<Sample | HistogramSample>;

export interface Metrics {
  readonly contentType: string;
  /** The text format, version 0.0.4. */
  render(): Promise<string>;
}

export function createMetrics(readers: Readonly<Record<string, ReadSamples>>): Metrics {
  const registry = new Registry();
  const known = new Set(METRICS.map((row) => row.name));
  for (const name of Object.keys(readers)) if (!known.has(name)) throw new Error(`${name} is not in the metric table`);
  for (const row of METRICS) {
    const read = readers[row.name];
    if (read === undefined) throw new Error(`nobody reads ${row.name}`);
    registry.registerMetric(metricOf(row, read));
  }
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

interface Value {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
}

/** prom-client asks a metric only for get(), its text format does the rest; its own classes would make us count twice. */
function metricOf(row: MetricRow, read: ReadSamples): Metric {
  const { name, type, help } = row;
  const get = async () => ({ name, type, help, aggregator: 'sum', values: [...valuesOf(row, read)] });
  return { name, type, help, get } as unknown as Metric;
}

function* valuesOf(row: MetricRow, read: ReadSamples): Generator<Value> {
  for (const sample of read()) {
    const labels = Object.fromEntries(row.labels.map((label, i) => [label, sample.labels[i]]));
    if ('bounds' in sample) yield* bucketsOf(row.name, labels, sample);
    else yield { labels, value: sample.value };
  }
}

function* bucketsOf(name: string, labels: Record<string, string>, sample: HistogramSample): Generator<Value> {
  for (let i = 0; i < sample.bounds.length; i++) {
    yield { metricName: `${name}_bucket`, labels: { ...labels, le: sample.bounds[i] }, value: sample.cumulative[i] };
  }
  yield { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: sample.count };
  yield { metricName: `${name}_sum`, labels, value: sample.sumSeconds };
  yield { metricName: `${name}_count`, labels, value: sample.count };
}
