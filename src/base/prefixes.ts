// The first bytes of a buffer as views, each made once: a view of its own costs 200 bytes of garbage, as much as what it shows.

/** Longer ones are made anew each time. */
const KEPT = 2048;

export class Prefixes {
  readonly #bytes: Uint8Array;
  readonly #views: (Uint8Array | undefined)[] = new Array(KEPT).fill(undefined);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  of(length: number): Uint8Array {
    if (length >= KEPT) return this.#bytes.subarray(0, length);
    let view = this.#views[length];
    if (view === undefined) {
      view = this.#bytes.subarray(0, length);
      this.#views[length] = view;
    }
    return view;
  }
}
