// A monotonic clock that stands still until a test steps it.

import type { Clock } from '../../../src/dns/resolve/clock.ts';

export class SteppedClock implements Clock {
  /** Not 0: real clocks have run a while, too. */
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, fire };
    this.#timers.add(timer);
    // What is due at once needs no step: it only must not happen inside the call.
    if (ms === 0) queueMicrotask(() => this.#timers.delete(timer) && fire());
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; timers that come due fire in their order, each at its time. */
  step(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fire();
    }
    this.#nowMs = endMs;
  }
}

/** Waits for something that real sockets bring about; throws when it does not come. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`never happened: ${what}`);
    await new Promise((done) => setImmediate(done));
  }
}
