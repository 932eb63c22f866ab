import { expect, test } from 'vitest';
import { Backoff } from '../../../src/dns/workers/backoff.ts';

const MINUTE = 60_000;

test('four crashes a minute are mended at once, for as long as it goes on', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 40; i++) expect(backoff.afterCrash(i * 15_000, 15_000)).toBe(0);
});

test('the fifth in a minute waits a second, the ones behind it twice as long each, a minute at most', () => {
  const backoff = new Backoff();
  let now = 0;
  const waits = Array.from({ length: 13 }, () => {
    const waitMs = backoff.afterCrash(now, 10);
    now += waitMs + 10;
    return waitMs / 1000;
  });
  expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('a worker that lived for a minute is mended at once again', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 9; i++) backoff.afterCrash(i, 1);
  expect(backoff.afterCrash(10 + MINUTE, MINUTE)).toBe(0);
});
