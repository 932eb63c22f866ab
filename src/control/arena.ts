// Two snapshot slots and the words that say which one is served, in shared memory made once at start (V8 frees a SharedArrayBuffer only
// when every isolate has collected it, and hot loops never do).
//
//   slots   ┌──────────── slot 0 ────────────┬──────────── slot 1 ────────────┐   slotBytes each; untouched pages cost nothing
//   words   │ generation │ slot │ seen[0] │ seen[1] │ … seen[MAX_READERS-1] │   Int32
//
// Who writes what: the compiler thread writes the spare slot, and only while no reader uses it; main writes generation and slot after the
// spare slot is complete; each reader writes its own `seen` word, before it judges the first packet by that generation.

/** Workers, resolver and main together. */
const MAX_READERS = 64;
const GENERATION = 0;
const SLOT = 1;
const SEEN = 2;
/** A reader that is not there, or never will be, holds nothing back. */
const ABSENT = 0;

/** What a thread needs to look at the same memory. */
export interface SharedArena {
  readonly slots: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly slotBytes: number;
}

export class Arena {
  readonly shared: SharedArena;
  readonly #words: Int32Array;

  constructor(shared: SharedArena) {
    this.shared = shared;
    this.#words = new Int32Array(shared.words);
  }

  static create(slotBytes: number): Arena {
    return new Arena({
      slots: new SharedArrayBuffer(2 * slotBytes),
      words: new SharedArrayBuffer(4 * (SEEN + MAX_READERS)),
      slotBytes,
    });
  }

  /** The slot's bytes from its start. */
  slot(slot: number, length: number = this.shared.slotBytes): Uint8Array {
    return new Uint8Array(this.shared.slots, slot * this.shared.slotBytes, length);
  }

  get generation(): number {
    return Atomics.load(this.#words, GENERATION);
  }

  /** The slot that is not served. */
  get spare(): number {
    return 1 - Atomics.load(this.#words, SLOT);
  }

  /** From here on readers are to use this slot. */
  publish(generation: number, slot: number): void {
    Atomics.store(this.#words, SLOT, slot);
    Atomics.store(this.#words, GENERATION, generation);
  }

  /** The reader uses this generation and no older one. */
  moved(reader: number, generation: number): void {
    Atomics.store(this.#words, SEEN + reader, generation);
  }

  /** True when nobody reads the spare slot any more. */
  isSpareFree(): boolean {
    const generation = this.generation;
    for (let i = 0; i < MAX_READERS; i++) {
      const seen = Atomics.load(this.#words, SEEN + i);
      if (seen !== ABSENT && seen !== generation) return false;
    }
    return true;
  }
}
