import { expect, test } from 'vitest';
import { waitUntil } from '../../src/control/clock.ts';
import { SteppedClock } from './stepped-clock.ts';

const DAY = 86_400_000;

test('a wait of 30 days does not fire early', async () => {
  const clock = new SteppedClock(0);
  let fired = 0;
  waitUntil(clock, 30 * DAY, () => fired++);
  await clock.step(30 * DAY - 1);
  expect(fired).toBe(0);
  await clock.step(1);
  expect(fired).toBe(1);
  await clock.step(60 * DAY);
  expect(fired).toBe(1);
});

test('a wait that is cancelled, or for what never comes, never fires', async () => {
  const clock = new SteppedClock(0);
  let fired = 0;
  const cancel = waitUntil(clock, DAY, () => fired++);
  waitUntil(clock, Number.POSITIVE_INFINITY, () => fired++);
  await clock.step(DAY / 2);
  cancel();
  await clock.step(2 * DAY);
  expect(fired).toBe(0);
});

test('a wall clock that is set forward is noticed within a minute', async () => {
  const clock = new SteppedClock(0);
  let fired = 0;
  waitUntil(clock, 30 * DAY, () => fired++);
  clock.set(30 * DAY);
  await clock.step(60_000);
  expect(fired).toBe(1);
});

test('the stepped clock fires a timer beyond 2^31-1 ms at once, as Node does', async () => {
  const clock = new SteppedClock(0);
  let fired = 0;
  clock.setTimer(30 * DAY, () => fired++);
  await clock.step(1);
  expect(fired).toBe(1);
});
