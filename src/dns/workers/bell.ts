// One word in shared memory that wakes the resolver: it sets the bell to ASLEEP, looks once more whether there is something to do, and
// waits; whoever has put something down and finds it ASLEEP rings. So the resolver misses nothing, and is not rung while it is busy.

const ASLEEP = 0;
const AWAKE = 1;

export class Bell {
  readonly shared: SharedArrayBuffer;
  readonly #word: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#word = new Int32Array(shared);
  }

  /** By anybody, after there is something to do. */
  ring(): void {
    if (Atomics.load(this.#word, 0) !== ASLEEP) return;
    if (Atomics.exchange(this.#word, 0, AWAKE) === ASLEEP) Atomics.notify(this.#word, 0);
  }

  /** By the one who waits: settles when it is rung, at once when `isBusy` says that there is something to do. */
  async wait(isBusy: () => boolean): Promise<void> {
    Atomics.store(this.#word, 0, ASLEEP);
    if (isBusy()) {
      Atomics.store(this.#word, 0, AWAKE);
      return;
    }
    await Atomics.waitAsync(this.#word, 0, ASLEEP).value;
  }
}
