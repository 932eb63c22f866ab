// How many packets may make a worker throw before it is no longer trusted: each one is survived, ten in a minute are a state that a fresh
// worker may not have.

const MANY = 10;
const MINUTE_SECONDS = 60;

export class FaultBudget {
  /** Monotonic seconds of the last faults, a ring. */
  readonly #at = new Float64Array(MANY).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  /** Takes one in; true when it is one too many. */
  spend(nowSeconds: number): boolean {
    this.#at[this.#next] = nowSeconds;
    this.#next = (this.#next + 1) % MANY;
    return nowSeconds - this.#at[this.#next] < MINUTE_SECONDS;
  }
}
