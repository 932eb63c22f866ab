// Time as the resolver sees it: monotonic, handed in, so that tests step it.

export interface Clock {
  /** Monotonic milliseconds, with their fraction. */
  nowMs(): number;
  /** Runs `fire` once after `ms`; gives a function that cancels. Keeps no process alive. */
  after(ms: number, fire: () => void): () => void;
}

export const monotonicClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
