// A clock that stands still until a test steps it. Timers behave as Node's do: one beyond 2^31-1 ms fires after 1 ms.

import type { Instant } from '../../src/base/brand.ts';
import type { Clock } from '../../src/control/clock.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

export class SteppedClock implements Clock {
  #wall: number;
  /** Runs apart from the wall clock, which may be set. */
  #monotonic = 0;
  readonly #timers = new Set<Timer>();

  constructor(wall: number) {
    this.#wall = wall;
  }

  now(): Instant {
    return this.#wall as Instant;
  }

  /** Sets the wall clock; timers do not notice. */
  set(wall: number): void {
    this.#wall = wall;
  }

  setTimer(ms: number, fire: () => void): () => void {
    const timer = { at: this.#monotonic + (ms > MAX_TIMER_MS ? 1 : Math.max(1, ms)), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `ms` pass: each timer due fires at its time, and what it started in promises runs before the next. */
  async step(ms: number): Promise<void> {
    await settle();
    const end = this.#monotonic + ms;
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#advance(due.at);
      this.#timers.delete(due);
      due.fire();
      await settle();
    }
    this.#advance(end);
    await settle();
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }

  #advance(to: number): void {
    this.#wall += to - this.#monotonic;
    this.#monotonic = to;
  }
}

/** Promises that wait for nothing outside run to their end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
