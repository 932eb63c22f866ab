// sources.yaml, and whether a piece of evidence may be leaned on.

import type { Instant } from '../base/brand.ts';
import { instantOf, isDate } from '../base/dates.ts';
import type { Place, Problem } from '../base/problems.ts';
import { EVIDENCE } from './schema/schema-words.ts';
import type { SourcesText } from './schema/schema-zones.ts';
import { nearest } from './yaml/suggest.ts';

export type SourceIndex = ReadonlyMap<string, SourcesText['sources'][number]['carry']>;

/** What dates are held against. */
export interface Clock {
  readonly now: Instant;
  readonly timeZone: string;
}

/**
 * Each entry must name a source of sources.yaml and may not lie in the future. `mustCarry`: one of them has to allow that its facts are
 * carried over. Without an index (no sources.yaml, which is a problem of its own) only dates are looked at.
 */
export function checkEvidence(
  entries: readonly string[],
  sources: SourceIndex | undefined,
  clock: Clock,
  mustCarry: boolean,
  placeOf: (index: number) => Place,
): Problem[] {
  const problems = entries.flatMap((entry, i) => checkEntry(entry, sources, clock, placeOf(i)));
  if (!mustCarry || sources === undefined || entries.length === 0 || problems.length > 0) return problems;
  const carries = entries.map((entry) => sources.get(partsOf(entry).source));
  if (carries.some((carry) => carry !== 'evidence-only')) return [];
  const message =
    'every source here may only support a rule (carry: evidence-only); add one whose facts may be carried over';
  return [{ code: 'evidence-only', severity: 'error', message, where: placeOf(0) }];
}

function checkEntry(entry: string, sources: SourceIndex | undefined, clock: Clock, where: Place): Problem[] {
  const { source, version } = partsOf(entry);
  if (sources !== undefined && !sources.has(source)) {
    const near = nearest(source, [...sources.keys()]);
    const cure =
      near === undefined ? 'add it to sources.yaml' : `did you mean ${near}? Otherwise add it to sources.yaml`;
    return [{ code: 'unknown-source', severity: 'error', message: `no source is called ${source}; ${cure}`, where }];
  }
  const start = isDate(version) ? instantOf(version, 'start', clock.timeZone) : undefined;
  if (start === undefined || start <= clock.now) return [];
  const message = `${version} is still to come; evidence carries the date it was seen`;
  return [{ code: 'evidence-future', severity: 'error', message, where }];
}

function partsOf(entry: string): { source: string; version: string } {
  const match = EVIDENCE.exec(entry);
  return { source: match?.[1] ?? entry, version: match?.[2] ?? '' };
}
