// Results on disk: a JSON file that grows scenario by scenario, and the load section of bench/RESULTS.md made from it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioResult } from './figures.ts';
import type { Machine } from './machine.ts';
import { cellsOf, formatSpread } from './table.ts';

export interface Recorded extends ScenarioResult {
  readonly machine: Machine;
  readonly command: string;
}

const PAGE = join(import.meta.dirname, '../RESULTS.md');
export const BEGIN = '<!-- load: written by `npm run bench:load -- --results`, not by hand -->';
export const END = '<!-- /load -->';

export function readResults(file: string): Recorded[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded[]) : [];
}

/** Scenarios that were measured again take the place of their earlier results. */
export function mergeResults(before: readonly Recorded[], now: readonly Recorded[]): Recorded[] {
  const isAgain = (one: Recorded) => now.some(({ scenario }) => scenario === one.scenario);
  return [...before.filter((one) => !isAgain(one)), ...now];
}

export function writeResults(file: string, results: readonly Recorded[]): void {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

export function writePage(results: readonly Recorded[], page = PAGE): void {
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), loadSection(results)));
}

/** The page with its load section replaced, or with one at its end. */
export function withSection(page: string, section: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  const whole = `${BEGIN}\n${section}\n${END}`;
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n${whole}\n`;
  return page.slice(0, from) + whole + page.slice(to + END.length);
}

export function loadSection(results: readonly Recorded[]): string {
  return ['## Under load, beside the field', ...results.map(scenarioText)].join('\n\n');
}

function scenarioText(result: Recorded): string {
  const missed = result.judgements.filter(({ holds }) => !holds);
  const parts = [
    `### ${result.question}`,
    `${result.how.join(' ')} Medians, in brackets least to most${missed.length > 0 ? '; bold: not reached' : ''}.`,
    markdownTable(cellsOf(result)),
    judgementTable(result),
    ...result.notes.map((note) => `Note: ${note.replaceAll(/\s+/g, ' ')}.`),
    `\`${result.command}\`; ${machineText(result.machine)}.`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function judgementTable({ judgements }: Recorded): string {
  if (judgements.length === 0) return '';
  const rows = judgements.map(({ what, wanted, measured, holds }) => {
    const text = formatSpread(measured);
    return [what, wanted, holds ? text : `**${text}**`];
  });
  return markdownTable([['what', 'wanted', 'measured'], ...rows]);
}

function markdownTable([head, ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function machineText(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cores} cores of ${machine.processor}`,
    `${machine.memoryGiB} GiB`,
    `${machine.system}, Linux ${machine.kernel}`,
    `Node ${machine.node.replace('v', '')}`,
    versions.join(', '),
    `${machine.date}, commit ${machine.commit}`,
    `load average before ${machine.loadBefore}`,
  ].join('; ');
}
