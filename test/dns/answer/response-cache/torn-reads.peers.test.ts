// Two real threads: the bench of ten million reads, run small. Which reads meet a write is the scheduler's choice, so no share is asked for.

import { expect, test } from 'vitest';
import { measureTornReads } from '../../../../bench/torn-reads.ts';

test('a reader believes no answer of two pieces, with both guards or either, and would without', async () => {
  const figures = await measureTornReads(500_000, ['both', 'sum alone', 'version alone', 'none']);
  for (const { guards, reads, met, believed, torn } of figures) {
    console.log(`${guards}: ${reads} reads, ${((100 * met) / reads).toFixed(2)} % met a write, ${torn} torn`);
    expect(met, guards).toBeGreaterThan(0);
    expect(believed, guards).toBeGreaterThan(reads / 100); // how many depends on who runs beside it
    expect(torn > 0, `${guards}: ${torn} torn`).toBe(guards === 'none');
  }
});
