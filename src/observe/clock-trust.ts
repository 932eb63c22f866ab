// Whether the wall clock can be believed when something is to be removed by it for good. A clock has no witness but time itself: it is
// believed once it has run beside the monotonic clock for an hour. So a start with a wrong clock, and a step to a wrong date, leave an hour
// to set it right.

/** Time servers correct a clock within minutes of a start; people see a warning and act within the hour. */
export const HOLD_MS = 3_600_000;
/** Between two looks the clocks may part so far: slewing makes 0.3 s in ten minutes, a leap second 1 s. */
const TOLERANCE_MS = 60_000;

export class ClockTrust {
  #wallMs = Number.NaN;
  #monotonicMs = 0;
  #since = 0;

  /** By how much the wall clock was set since the last look; 0 when it ran on, and at the first look, with which the hour begins. */
  look(wallMs: number, monotonicMs: number): number {
    const set = wallMs - this.#wallMs - (monotonicMs - this.#monotonicMs);
    const isFirst = Number.isNaN(set);
    const isStep = Math.abs(set) > TOLERANCE_MS;
    if (isFirst || isStep) this.#since = monotonicMs;
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    return isStep ? set : 0;
  }

  /** As of the last look. */
  get holds(): boolean {
    return this.#monotonicMs - this.#since >= HOLD_MS;
  }
}
