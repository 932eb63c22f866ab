// The first elements of a typed array as views, each made once: a view of its own costs 200 bytes of garbage, as much as what it shows.

/** Longer ones are made anew each time. */
const KEPT = 2048;

export class Prefixes<A extends Uint8Array | Uint16Array = Uint8Array> {
  readonly #whole: A;
  readonly #views: (A | undefined)[] = new Array(KEPT).fill(undefined);

  constructor(whole: A) {
    this.#whole = whole;
  }

  of(length: number): A {
    if (length >= KEPT) return this.#whole.subarray(0, length) as A;
    let view = this.#views[length];
    if (view === undefined) {
      view = this.#whole.subarray(0, length) as A;
      this.#views[length] = view;
    }
    return view;
  }
}
