// Chance that nobody can foresee, drawn in batches: a call for two bytes each would cost more than the query it protects.

/** One draw serves about 2,000 queries' ids and ports. */
const BATCH_BYTES = 8192;

export class Random {
  readonly #draw: (size: number) => Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** `draw` gives `size` bytes of a CSPRNG, such as node:crypto's randomBytes. */
  constructor(draw: (size: number) => Uint8Array) {
    this.#draw = draw;
  }

  byte(): number {
    if (this.#at === this.#bytes.length) {
      this.#bytes = this.#draw(BATCH_BYTES);
      this.#at = 0;
    }
    return this.#bytes[this.#at++];
  }

  u16(): number {
    return (this.byte() << 8) | this.byte();
  }

  /** 0 … limit - 1, each as likely as the other; `limit` is a power of two up to 65,536. */
  below(limit: number): number {
    return this.u16() & (limit - 1);
  }
}
