// The clock as control sees it. It comes in from outside so that tests step it; nothing in here reads Date or sets a timer otherwise.

import type { Instant } from '../base/brand.ts';

export interface Clock {
  /** Wall clock: policy begins and ends by it. */
  now(): Instant;
  /** Runs `fire` once after `ms`; gives a function that cancels. */
  setTimer(ms: number, fire: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  setTimer(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Longest single timer. Node fires timers beyond 2^31-1 ms (24.8 days) at once, and timers do not see the wall clock being set or a
 * machine asleep; looking again every minute costs nothing and keeps both from mattering.
 */
const STEP_MS = 60_000;

/** Runs `fire` once when the wall clock shows `at` or later, never earlier; Infinity never. Gives a function that cancels. */
export function waitUntil(clock: Clock, at: number, fire: () => void): () => void {
  let cancel = () => {};
  const look = () => {
    const left = at - clock.now();
    if (left <= 0) fire();
    else cancel = clock.setTimer(Math.min(left, STEP_MS), look);
  };
  if (at !== Number.POSITIVE_INFINITY) cancel = clock.setTimer(Math.max(0, Math.min(at - clock.now(), STEP_MS)), look);
  return () => cancel();
}

/** Settles after `ms`. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((done) => clock.setTimer(ms, done));
}
