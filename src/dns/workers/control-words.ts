// What main tells one worker, in shared memory, because a worker that waits in its socket hears nothing else. Main writes, the worker
// reads it after each receive; SO_RCVTIMEO and shutdown() see to it that a receive ends.

export const RUN = 0;
/** End: main is about to stop. */
export const STOP = 1;
/** Throw outside of any try: a drill of the supervisor. */
export const CRASH = 2;

export type Command = typeof RUN | typeof STOP | typeof CRASH;

const COMMAND = 0;
const WORDS = 1;

export class ControlWords {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  get command(): number {
    return Atomics.load(this.#words, COMMAND);
  }

  tell(command: Command): void {
    Atomics.store(this.#words, COMMAND, command);
  }
}
