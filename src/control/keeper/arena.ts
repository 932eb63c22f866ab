// Two snapshot slots and the words that say which one is served, in shared memory made once at start (V8 frees a SharedArrayBuffer only
// when every isolate has collected it, and hot loops never do).
//
//   slots   ┌──────────── slot 0 ────────────┬──────────── slot 1 ────────────┐   slotBytes each; untouched pages cost nothing
//   words   │ generation × 2 + slot │ length 0 │ length 1 │ seen[0] │ … seen[MAX_READERS-1] │   Int32
//
// Who writes what: main fills the spare slot with what the compiler sends, only while no reader uses it, and writes length and current after the
// spare slot is complete; each reader writes its own `seen` word, before it judges the first packet by that generation.

import { openVerifiedSnapshot, type Snapshot } from '../../policy/snapshot/snapshot.ts';

/** Main, the resolver and up to 64 workers. */
export const MAX_READERS = 66;
/** Generation and slot in one word, so that no reader sees half a change. */
const CURRENT = 0;
const LENGTHS = 1;
const SEEN = 3;
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
    return slotBytes(this.shared, slot, length);
  }

  get generation(): number {
    return Atomics.load(this.#words, CURRENT) >>> 1;
  }

  /** The slot that is not served. */
  get spare(): number {
    return 1 - (Atomics.load(this.#words, CURRENT) & 1);
  }

  /** From here on readers are to use this slot. */
  publish(generation: number, slot: number, length: number): void {
    Atomics.store(this.#words, LENGTHS + slot, length);
    Atomics.store(this.#words, CURRENT, generation * 2 + slot);
  }

  /** The reader uses this generation and no older one. */
  moved(reader: number, generation: number): void {
    Atomics.store(this.#words, SEEN + reader, generation);
  }

  /** The reader has ended: it holds nothing back any more. */
  left(reader: number): void {
    this.moved(reader, ABSENT);
  }

  /** True when nobody reads the spare slot any more. */
  isSpareFree(): boolean {
    const { generation } = this;
    for (let i = 0; i < MAX_READERS; i++) {
      const seen = Atomics.load(this.#words, SEEN + i);
      if (seen !== ABSENT && seen !== generation) return false;
    }
    return true;
  }
}

/** One thread's way to the served policy. */
export class ArenaReader {
  readonly #shared: SharedArena;
  readonly #row: number;
  readonly #words: Int32Array;
  #current = 0;

  /** `row`: this thread's number among the readers. */
  constructor(shared: SharedArena, row: number) {
    this.#shared = shared;
    this.#row = row;
    this.#words = new Int32Array(shared.words);
  }

  /** The snapshot to use from now on when it is another one than before; otherwise undefined, at the price of one read. */
  next(): Snapshot | undefined {
    return Atomics.load(this.#words, CURRENT) === this.#current ? undefined : this.#move();
  }

  #move(): Snapshot {
    // `seen` first, then a second look: either main sees that we are here, or we see that main has gone on.
    let current: number;
    do {
      current = Atomics.load(this.#words, CURRENT);
      Atomics.store(this.#words, SEEN + this.#row, current >>> 1);
    } while (Atomics.load(this.#words, CURRENT) !== current);
    const slot = current & 1;
    const snapshot = openVerifiedSnapshot(slotBytes(this.#shared, slot, this.#words[LENGTHS + slot]));
    if ('fault' in snapshot) throw new Error(`the served snapshot does not open: ${snapshot.fault}`);
    this.#current = current;
    return snapshot;
  }
}

function slotBytes({ slots, slotBytes: size }: SharedArena, slot: number, length: number): Uint8Array {
  return new Uint8Array(slots, slot * size, length);
}
