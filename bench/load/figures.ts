// Figures of a scenario: medians with their spread, ratios within each round, and what was wanted.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line of a table. */
export interface Row {
  readonly name: string;
  /** By column; a text stands for a figure that there is not. */
  readonly cells: Readonly<Record<string, Spread | string>>;
}

export interface Judgement {
  readonly what: string;
  readonly wanted: string;
  readonly measured: Spread;
  readonly holds: boolean;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly question: string;
  /** How it was measured: sentences for people. */
  readonly how: readonly string[];
  readonly rows: readonly Row[];
  readonly judgements: readonly Judgement[];
  /** What went wrong or was left out. */
  readonly notes: readonly string[];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** Round by round: what the machine did in that minute, it did to both. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spreadOf(numerators.map((value, i) => value / denominators[i]).filter(Number.isFinite));
}

export function atLeast(what: string, wanted: number, measured: Spread, unit = '×'): Judgement {
  return { what, wanted: `at least ${wanted} ${unit}`.trim(), measured, holds: measured.median >= wanted };
}

export function atMost(what: string, wanted: number, measured: Spread, unit = '×'): Judgement {
  return { what, wanted: `at most ${wanted} ${unit}`.trim(), measured, holds: measured.median <= wanted };
}
