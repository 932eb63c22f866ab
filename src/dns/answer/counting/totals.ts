// Counts by name: what outlives a generation and what a scrape reads. Rows are replaced, never changed, so that a copied map is a copy.

export interface Row {
  readonly labels: readonly string[];
  readonly value: number;
}

export interface Totals {
  readonly queries: Map<string, Row>;
  readonly decisions: Map<string, Row>;
  readonly matches: Map<string, Row>;
}

export function newTotals(): Totals {
  return { queries: new Map(), decisions: new Map(), matches: new Map() };
}

export function copyTotals({ queries, decisions, matches }: Totals): Totals {
  return { queries: new Map(queries), decisions: new Map(decisions), matches: new Map(matches) };
}

/** Label sets kept per metric, current and gone ones together; as metrics.max_series. Later ones share a row. */
const MAX_ROWS = 20_000;
const REST = 'other';

export function addTotal(rows: Map<string, Row>, labels: readonly string[], value: number): void {
  const key = labels.join('\n');
  const known = rows.get(key);
  if (known !== undefined) rows.set(key, { labels, value: known.value + value });
  else if (rows.size < MAX_ROWS) rows.set(key, { labels, value });
  else addToRest(rows, labels, value);
}

/** Only names that policy gives can be new without end; the last label (action) and a transport in front are few. */
function addToRest(rows: Map<string, Row>, labels: readonly string[], value: number): void {
  const rest = labels.map(() => REST);
  const key = rest.join('\n');
  rows.set(key, { labels: rest, value: (rows.get(key)?.value ?? 0) + value });
}
