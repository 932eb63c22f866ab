// The benches of the whole program, run small, so that they cannot rot.

import { expect, test } from 'vitest';
import { madeHosts, measureMillion } from '../../bench/million.ts';

test('bench/million.ts reads, serves, opens and locates a list of its own', async () => {
  const figures = await measureMillion([madeHosts(5_000, 1), madeHosts(5_000, 2)], lastNameOf(madeHosts(5_000, 1)));
  expect(figures.names).toBe(5_000);
  expect(figures.bytesPerName).toBeGreaterThan(20);
  expect(figures.servedMs.every((ms) => ms > 0)).toBe(true);
  expect(figures.peakMegabytes).toBeGreaterThan(20);
  expect(figures.place).toBe('blocklists/lists/bulk.hosts:5000');
});

function lastNameOf(lines: Iterable<string>): string {
  return [...lines].at(-1)?.split(' ')[1] ?? '';
}
