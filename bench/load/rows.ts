// Cells that several tables share.

import type { LoadResult } from './dnsperf.ts';
import { atLeast, type Judgement, type Row, ratios, spreadOf } from './figures.ts';
import { OURSELVES } from './ourselves.ts';
import { memoryOf } from './processes.ts';
import type { Running } from './target.ts';

/** CPU time of the server for one answer. */
export const microseconds = (load: LoadResult): number => load.cpuMicroseconds / load.completed;
const perCpuSecond = (load: LoadResult): number => 1e6 / microseconds(load);

/** What a round tells while it runs. */
export function loadText(load: LoadResult): string {
  return `${microseconds(load).toFixed(2)} µs a query, ${load.perSecond.toLocaleString('en')} q/s, ${load.lost} lost`;
}

/** Our rate by each of theirs, round by round: at least `least`, better `stretch`. */
export function compareRates(
  what: string,
  measured: readonly { readonly running: Running; readonly loads: readonly LoadResult[] }[],
  wanted: readonly (readonly [name: string, least: number | undefined, stretch?: number])[],
): Judgement[] {
  const rates = (name: string) => measured.find(({ running }) => running.name === name)?.loads.map(perCpuSecond);
  const ours = rates(OURSELVES);
  return wanted.flatMap(([name, least, stretch]) => {
    const theirs = rates(name);
    if (ours === undefined || theirs === undefined) return [];
    const ratio = ratios(ours, theirs);
    return [
      ...(least === undefined ? [] : [atLeast(`${what} / ${name}`, least, ratio)]),
      ...(stretch === undefined ? [] : [atLeast(`${what} / ${name}, stretch`, stretch, ratio)]),
    ];
  });
}

/** Of a server that still runs. */
export function loadCells(loads: readonly LoadResult[], running: Running): Row['cells'] {
  const memory = memoryOf(running.program.pid);
  return {
    'CPU µs/query': spreadOf(loads.map(microseconds)),
    'answers/CPU s': spreadOf(loads.map(perCpuSecond)),
    'q/s': spreadOf(loads.map(({ perSecond }) => perSecond)),
    lost: spreadOf(loads.map(({ lost }) => lost)),
    'ready s': spreadOf([running.readyMs / 1000]),
    'RSS MB': spreadOf([memory.residentMegabytes]),
    'Pss MB': spreadOf([memory.proportionalMegabytes]),
  };
}
