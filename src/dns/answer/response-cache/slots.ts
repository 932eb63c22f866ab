// Which slots are free, in use, and by which index entry: the writer's own books, none of them in shared memory, where a reader that was
// held up for long may still leave a memo or a mark in what has become another slot's words (its sum then gives that away).
//
//   page    given to a size class when one needs it, cut into slots from its start as they are asked for
//   home    of a slot: > 0 the index entry that leads to it; < 0 free, -n: slot n - 2 is the next free one (-1: none); 0 never used

import { CLASS_WORDS, PAGE_WORDS } from './layout.ts';
import { TOUCHED } from './slot.ts';

/** Slots of the smallest class on a page. */
const SLOTS_A_PAGE = 256;
/** Eviction takes the least recently hit of so many in a row: near enough to the least of all, without a list. */
const SAMPLE = 8;
/** A class has a right to this part of all pages, taken from the largest: what is asked for changes over a day. */
const MIN_SHARE = 1 / 16;

interface SizeClass {
  readonly words: number;
  readonly slotsAPage: number;
  readonly pages: number[];
  /** Number of the first free slot, -1 for none. */
  free: number;
  /** Slots of the last page that were never used: from here to the page's end. */
  fresh: number;
  hand: number;
}

export class Slots {
  readonly #shared: Int32Array;
  readonly #firstPageAt: number;
  readonly #pages: number;
  readonly #homes: Int32Array;
  readonly #classOfPage: Uint8Array;
  readonly #classes: readonly SizeClass[] = CLASS_WORDS.map((words) => {
    const slotsAPage = Math.floor(PAGE_WORDS / words);
    return { words, slotsAPage, pages: [], free: -1, fresh: slotsAPage, hand: 0 };
  });
  #given = 0;

  constructor(shared: Int32Array, firstPageAt: number, pages: number) {
    this.#shared = shared;
    this.#firstPageAt = firstPageAt;
    this.#pages = pages;
    this.#homes = new Int32Array(pages * SLOTS_A_PAGE);
    this.#classOfPage = new Uint8Array(pages);
  }

  /** Pages that are in use. */
  get given(): number {
    return this.#given;
  }

  /** The class of an answer of so many words, -1 when it is too large or there is no memory at all. */
  classOf(words: number): number {
    return this.#pages === 0 ? -1 : CLASS_WORDS.findIndex((size) => words <= size);
  }

  /** A free slot's first word, 0 when something must go first. */
  take(kind: number): number {
    const of = this.#classes[kind];
    if (of.free >= 0) {
      const number = of.free;
      of.free = -this.#homes[number] - 2;
      return this.#slotAt(number);
    }
    if (of.fresh === of.slotsAPage) {
      if (this.#given === this.#pages) return 0;
      this.#addPage(kind, this.#given++);
    }
    const page = of.pages[of.pages.length - 1];
    return this.#slotAt(page * SLOTS_A_PAGE + of.fresh++);
  }

  /** The slot is led to by this index entry. */
  setHome(slot: number, entry: number): void {
    this.#homes[this.#numberOf(slot)] = entry + 1;
  }

  home(slot: number): number {
    return this.#homes[this.#numberOf(slot)] - 1;
  }

  free(slot: number): void {
    const number = this.#numberOf(slot);
    const of = this.#classes[this.#classOfPage[number >>> 8]];
    this.#homes[number] = -of.free - 2;
    of.free = number;
  }

  /** Of a class without a free slot: one that has not been hit for long. 0: it has no pages. */
  victim(kind: number): number {
    const of = this.#classes[kind];
    const count = of.pages.length * of.slotsAPage;
    let least = 0;
    for (let i = 0; i < Math.min(SAMPLE, count); i++) {
      of.hand = (of.hand + 1) % count;
      const page = of.pages[Math.floor(of.hand / of.slotsAPage)];
      const slot = this.#slotAt(page * SLOTS_A_PAGE + (of.hand % of.slotsAPage));
      if (this.home(slot) < 0) continue;
      if (least === 0 || this.#shared[slot + TOUCHED] < this.#shared[least + TOUCHED]) least = slot;
    }
    return least;
  }

  /** The page that a class with less than its share may take from the largest; -1: it has enough, or there is none to take. */
  pageFor(kind: number): number {
    const of = this.#classes[kind];
    if (of.pages.length >= Math.max(1, Math.floor(this.#pages * MIN_SHARE))) return -1;
    const largest = this.#classes.reduce((a, b) => (b.pages.length > a.pages.length ? b : a));
    // The last page may have slots that were never used: only whole ones are moved.
    return largest === of || largest.pages.length < 2 ? -1 : largest.pages[0];
  }

  /** What is in use on a page. */
  inUse(page: number): number[] {
    const { slotsAPage } = this.#classes[this.#classOfPage[page]];
    const slots = Array.from({ length: slotsAPage }, (_, i) => this.#slotAt(page * SLOTS_A_PAGE + i));
    return slots.filter((slot) => this.home(slot) >= 0);
  }

  /** Gives an emptied page to another class, which has no fresh slots left. */
  move(page: number, kind: number): void {
    const from = this.#classes[this.#classOfPage[page]];
    from.pages.splice(from.pages.indexOf(page), 1);
    this.#dropFree(from, page);
    this.#homes.fill(0, page * SLOTS_A_PAGE, (page + 1) * SLOTS_A_PAGE);
    this.#addPage(kind, page);
  }

  #addPage(kind: number, page: number): void {
    const of = this.#classes[kind];
    of.pages.push(page);
    of.fresh = 0;
    this.#classOfPage[page] = kind;
  }

  /** Takes a page's slots out of the list of free ones. */
  #dropFree(of: SizeClass, page: number): void {
    const kept: number[] = [];
    for (let number = of.free; number >= 0; number = -this.#homes[number] - 2) {
      if (number >>> 8 !== page) kept.push(number);
    }
    of.free = -1;
    for (const number of kept) {
      this.#homes[number] = -of.free - 2;
      of.free = number;
    }
  }

  #slotAt(number: number): number {
    const page = number >>> 8;
    return this.#firstPageAt + page * PAGE_WORDS + (number & 255) * CLASS_WORDS[this.#classOfPage[page]];
  }

  #numberOf(slot: number): number {
    const page = Math.floor((slot - this.#firstPageAt) / PAGE_WORDS);
    const at = slot - this.#firstPageAt - page * PAGE_WORDS;
    return page * SLOTS_A_PAGE + at / CLASS_WORDS[this.#classOfPage[page]];
  }
}
