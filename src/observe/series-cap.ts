// Keeps `interdict_decisions_total` within metrics.max_series: the segments with most apps give theirs up first, all into one app
// `other`, so that sums by segment stay true.

import type { Sample } from './metrics.ts';

const OTHER_APP = 'other';
const SEGMENT = 1;
const APP = 2;

/** `samples` have the labels door, segment, app, action. */
export function capSeries(samples: readonly Sample[], maxSeries: number): readonly Sample[] {
  if (samples.length <= maxSeries) return samples;
  const bySegment = Map.groupBy(samples, (sample) => sample.labels[SEGMENT]);
  const largestFirst = [...bySegment].sort(([, a], [, b]) => b.length - a.length);
  let count = samples.length;
  for (const [segment, own] of largestFirst) {
    if (count <= maxSeries) break;
    const merged = mergeApps(own);
    bySegment.set(segment, merged);
    count += merged.length - own.length;
  }
  return [...bySegment.values()].flat();
}

function mergeApps(samples: readonly Sample[]): Sample[] {
  const merged = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const shared = labels.with(APP, OTHER_APP);
    const key = shared.join('\n');
    merged.set(key, { labels: shared, value: value + (merged.get(key)?.value ?? 0) });
  }
  return [...merged.values()];
}
