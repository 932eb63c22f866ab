// Results as a table for the terminal and for Markdown.

import type { Judgement, Row, ScenarioResult, Spread } from './figures.ts';

export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'; // NaN, which JSON has as null
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** The median, and least to most where they differ. */
export function formatSpread(cell: Spread | string | undefined): string {
  if (cell === undefined) return '–';
  if (typeof cell === 'string') return cell;
  const [median, min, max] = [cell.median, cell.min, cell.max].map(formatNumber);
  return min === max ? median : `${median} (${min}–${max})`;
}

export function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
}

export function cellsOf({ rows }: ScenarioResult): string[][] {
  const columns = columnsOf(rows);
  return [
    ['', ...columns],
    ...rows.map(({ name, cells }) => [name, ...columns.map((column) => formatSpread(cells[column]))]),
  ];
}

export function judgementText({ what, wanted, measured, holds }: Judgement): string {
  return `${holds ? 'reached' : 'MISSED '}  ${what}: ${formatSpread(measured)}, wanted ${wanted}`;
}

export function terminalText(result: ScenarioResult): string {
  const cells = cellsOf(result);
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  return [
    `\n${result.scenario}: ${result.question}`,
    ...result.how.map((line) => `  ${line}`),
    '',
    ...lines,
    '',
    ...result.judgements.map(judgementText),
    ...result.notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}
