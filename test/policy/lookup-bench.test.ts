import { expect, test } from 'vitest';
import { measureLookup, measureMemory } from '../../bench/lookup.ts';

test('the lookup bench runs small, finds half of what it asks for, and allocates nothing', () => {
  const figures = measureLookup(5_000, 100_000);
  expect(figures.checksum).toBeGreaterThanOrEqual(50_000);
  expect(figures.checksum).toBeLessThan(50_500);
  expect(figures.bytesPerName).toBeLessThanOrEqual(48);
  // The test runner's own garbage may fall into the loop: far less than the 16 bytes of one object a lookup.
  expect(figures.bytesPerLookup).toBeLessThan(8);
  expect(measureMemory(1, 1000)).toBeGreaterThan(0);
});
