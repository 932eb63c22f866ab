// docs/metrics.md from the metric table.
//
//   npx node scripts/metrics-page.ts            writes it
//   npx node scripts/metrics-page.ts --check    exits 1 when it is stale

import { readFileSync, writeFileSync } from 'node:fs';
import { METRICS } from '../src/observe/metric-table.ts';

export const METRICS_PAGE = new URL('../docs/metrics.md', import.meta.url);

const HEAD = `# Metrics

Made from src/observe/metric-table.ts by scripts/metrics-page.ts; a test keeps them equal. Names, types and labels are stable: dashboards and alerts hang on
them. Base units, bounded labels only, never a client or a query name. Series that can occur start at 0; counters never go down over a reload or a
renumbering. Above \`metrics.max_series\` (20,000) the segments with most apps share \`app="other"\` in \`interdict_decisions_total\`.

Enforcement by directive: \`interdict_enforcement_info * on(segment, app) group_left() sum by (segment, app) (rate(interdict_decisions_total{action="blocked"}[5m]))\`.

| metric | type | labels | meaning |
|---|---|---|---|
`;

export function metricsPage(): string {
  return (
    HEAD +
    METRICS.map(
      ({ name, type, labels, help }) => `| ${name} | ${type} | ${labels.join(', ') || '–'} | ${help} |\n`,
    ).join('')
  );
}

if (import.meta.main) {
  const isStale = readOr('') !== metricsPage();
  if (process.argv.includes('--check')) {
    if (isStale) console.error('docs/metrics.md is stale; run: npx node scripts/metrics-page.ts');
    process.exitCode = isStale ? 1 : 0;
  } else if (isStale) writeFileSync(METRICS_PAGE, metricsPage());
}

function readOr(otherwise: string): string {
  try {
    return readFileSync(METRICS_PAGE, 'utf8');
  } catch {
    return otherwise;
  }
}
