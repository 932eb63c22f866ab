// Nanoseconds and heap bytes of one operation: a loop that nothing can be left out of, since its checksum is printed.

import { collect } from '../../test/heap.ts';
import { type Spread, spreadOf } from '../load/figures.ts';

const ROUNDS = 5;

export interface Case {
  readonly name: string;
  /** Does it so many times; gives a number that depends on all of them. */
  readonly run: (operations: number) => number;
}

export interface Figures {
  readonly name: string;
  readonly nanoseconds: Spread;
  /** Least of the rounds: the optimiser allocates now and then, what is measured must not. */
  readonly bytes: number;
  readonly checksum: number;
}

/** Rounds are of the same length, whatever came before; the first two are for the optimiser. */
export function measure({ name, run }: Case, operations: number): Figures {
  run(operations);
  run(operations);
  const nanoseconds: number[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let checksum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const heap = process.memoryUsage().heapUsed;
    const from = performance.now();
    checksum = run(operations);
    nanoseconds.push(((performance.now() - from) * 1e6) / operations);
    bytes = Math.min(bytes, Math.max(0, process.memoryUsage().heapUsed - heap) / operations);
  }
  return { name, nanoseconds: spreadOf(nanoseconds), bytes, checksum };
}
