import { expect, test } from 'vitest';
import { debounce } from '../../src/control/watch.ts';
import { SteppedClock } from './stepped-clock.ts';

test('many changes in a row are one reload, when all is quiet', async () => {
  const clock = new SteppedClock(1_000_000);
  let reloads = 0;
  const { touch } = debounce(clock, () => reloads++);
  for (let i = 0; i < 10; i++) {
    touch();
    await clock.step(100);
  }
  expect(reloads).toBe(0);
  await clock.step(200);
  expect(reloads).toBe(1);
  touch();
  await clock.step(200);
  expect(reloads).toBe(2);
});

test('a file that never rests is read within five seconds', async () => {
  const clock = new SteppedClock(1_000_000);
  let reloads = 0;
  const { touch } = debounce(clock, () => reloads++);
  for (let i = 0; i < 100; i++) {
    touch();
    await clock.step(100);
  }
  expect(reloads).toBeGreaterThanOrEqual(1);
  expect(reloads).toBeLessThanOrEqual(2);
});
