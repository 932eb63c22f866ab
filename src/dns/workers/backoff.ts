// How long a crashed worker's successor waits. A crash is mended at once; a worker that crashes again and again would burn a core and lose
// each batch it takes, so it comes back ever more slowly until one has lived for a minute.

/** The fifth crash in a minute is the first that waits. */
const MANY = 5;
const MINUTE_MS = 60_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

export class Backoff {
  /** Monotonic ms of the last crashes, oldest first, MANY at most. */
  readonly #crashes: number[] = [];
  #delayMs = 0;

  /** `livedMs`: how long the worker ran. Gives the wait before the next one starts. */
  afterCrash(nowMs: number, livedMs: number): number {
    if (this.#crashes.length === MANY) this.#crashes.shift();
    this.#crashes.push(nowMs);
    const areMany = this.#crashes.length === MANY && nowMs - this.#crashes[0] < MINUTE_MS;
    if (livedMs >= MINUTE_MS) this.#delayMs = 0;
    else if (this.#delayMs > 0) this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_MS);
    else if (areMany) this.#delayMs = FIRST_MS;
    return this.#delayMs;
  }
}
