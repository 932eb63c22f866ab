// Question: what does each step of an answer cost, in time and on the heap? Run: npx node bench/micro.ts [OPERATIONS [NAMES]]
//
// Medians of five rounds; the checksum shows that the work was done. Steps run on a small policy, the mix and the tries on large ones.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNumber, formatSpread } from './load/table.ts';
import { makeWorkload, QUERIES } from './load/workload.ts';
import { measureLookup, measureMemory } from './lookup.ts';
import { type Figures, measure } from './micro/measure.ts';
import { mixCase } from './micro/mix.ts';
import { pathCases } from './micro/paths.ts';

const FEW = 1000;

export function measureMicro(operations: number, names: number): Figures[] {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-micro-'));
  try {
    return [
      ...pathCases().map((one) => measure(one, operations)),
      ...[FEW, names].map((count) =>
        measure(mixCase(makeWorkload(folder, count, Math.min(QUERIES, operations))), operations),
      ),
      ...[FEW, names].map((count) => lookup(count, operations)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lookup(names: number, operations: number): Figures {
  const runs = Array.from({ length: 3 }, () => measureLookup(names, operations));
  const sorted = runs.map(({ nsPerLookup }) => nsPerLookup).sort((a, b) => a - b);
  return {
    name: `trie of ${names.toLocaleString('en')} names`,
    nanoseconds: { median: sorted[1], min: sorted[0], max: sorted[2] },
    bytes: Math.min(...runs.map(({ bytesPerLookup }) => bytesPerLookup)),
    checksum: runs[0].checksum,
  };
}

if (import.meta.main) {
  const [operations, names] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 1_000_000)];
  console.log(`node ${process.version}, one read that misses the caches: ${measureMemory(48, 5_000_000)} ns`);
  console.log(`${'step'.padEnd(55)}${'ns'.padStart(22)}${'bytes'.padStart(8)}  checksum`);
  for (const { name, nanoseconds, bytes, checksum } of measureMicro(operations, names)) {
    console.log(
      `${name.padEnd(55)}${formatSpread(nanoseconds).padStart(22)}${formatNumber(Math.round(bytes * 10) / 10).padStart(8)}  ${checksum}`,
    );
  }
}
