// Where the names of a message under construction stand, so that a later one can end in a pointer (RFC 1035 §4.1.4). Every suffix of a name
// is an entry of a fixed table, found by hash and compared byte for byte, letter case too. One table serves one message after another.
//
//   entry, u32   │ round 16 │ offset 16 │        of an earlier round: empty

import { MAX_LABELS } from '../../base/names.ts';

/** Entries; a power of two. Names that find no place in it are written out: longer, not wrong. */
const ENTRIES = 4096;
const PROBES = 8;
const LAST_ROUND = 0xffff;
export const NO_NAME = -1;

export class NameTable {
  readonly #entries = new Uint32Array(ENTRIES);
  /** Of the name in hand: where its labels start, and the hash of each suffix. */
  readonly #labelAt = new Uint8Array(MAX_LABELS + 1);
  readonly #hashes = new Int32Array(MAX_LABELS + 1);
  #name: Uint8Array = new Uint8Array(1);
  #message: Uint8Array = this.#name;
  #sent: Uint8Array = this.#name;
  #questionEnd = 0;
  #round = 0;

  /** Forgets all names. `sent`: the question as it was sent, at the same offsets as the message's own, which is in lower case. */
  start(message: Uint8Array, sent: Uint8Array, questionEnd: number): void {
    this.#questionEnd = questionEnd;
    this.#message = message;
    this.#sent = sent;
    if (this.#round++ < LAST_ROUND) return;
    this.#entries.fill(0);
    this.#round = 1;
  }

  /** Takes the free-standing name in hand; gives its number of labels. */
  take(name: Uint8Array): number {
    let count = 0;
    for (let i = 0; name[i] !== 0; i += name[i] + 1) this.#labelAt[count++] = i;
    let hash = 0;
    for (let label = count - 1; label >= 0; label--) {
      const at = this.#labelAt[label];
      for (let i = at + name[at]; i >= at; i--) hash = Math.imul(hash ^ name[i], 0x01000193);
      this.#hashes[label] = hash;
    }
    this.#name = name;
    return count;
  }

  /** Where label `label` of the name in hand starts in it. */
  labelAt(label: number): number {
    return this.#labelAt[label];
  }

  /** The offset at which what follows from this label on stands already, or NO_NAME. */
  find(label: number): number {
    const entries = this.#entries;
    let slot = this.#slotOf(label);
    for (let i = 0; i < PROBES; i++) {
      const entry = entries[slot];
      if (entry >>> 16 !== this.#round) return NO_NAME;
      if (this.#isHere(label, entry & 0xffff)) return entry & 0xffff;
      slot = (slot + 1) & (ENTRIES - 1);
    }
    return NO_NAME;
  }

  /** The name in hand stands, from this label on, at `offset` (below 16,384). */
  add(label: number, offset: number): void {
    const entries = this.#entries;
    let slot = this.#slotOf(label);
    for (let i = 0; i < PROBES; i++) {
      if (entries[slot] >>> 16 !== this.#round) {
        entries[slot] = ((this.#round << 16) | offset) >>> 0;
        return;
      }
      slot = (slot + 1) & (ENTRIES - 1);
    }
  }

  #slotOf(label: number): number {
    const hash = this.#hashes[label];
    return (hash ^ (hash >>> 15)) & (ENTRIES - 1);
  }

  /** A name may end in the question, in either of its letters. */
  #isHere(label: number, at: number): boolean {
    return this.#isSame(label, at, this.#message) || this.#isSame(label, at, this.#sent);
  }

  #isSame(label: number, at: number, question: Uint8Array): boolean {
    const name = this.#name;
    let i = this.#labelAt[label];
    let j = at;
    for (;;) {
      while (this.#message[j] >= 0xc0) j = ((this.#message[j] & 0x3f) << 8) | this.#message[j + 1];
      const bytes = j < this.#questionEnd ? question : this.#message;
      const size = name[i];
      for (let k = 0; k <= size; k++) if (name[i + k] !== bytes[j + k]) return false;
      if (size === 0) return true;
      i += size + 1;
      j += size + 1;
    }
  }
}
