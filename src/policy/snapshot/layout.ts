// Where things stand in a snapshot: one flat region, little of which is ever read by a person.
//
//   0        8        12       16          20        24        32          36       40            40+8n        …       HEADER_SIZE
//   ┌────────┬────────┬────────┬───────────┬─────────┬─────────┬───────────┬────────┬─────────────┬────────────┬───────┬──────────
//   │ magic  │ layout │ order  │ generation│ length  │ valid-  │ sections  │ 0      │ n × {offset,│ content    │ header│ sections,
//   │        │ version│ mark   │           │         │ Until   │ n         │        │ length}     │ digest 32  │ digest│ 64-aligned
//   └────────┴────────┴────────┴───────────┴─────────┴─────────┴───────────┴────────┴─────────────┴────────────┴───────┴──────────
//
// The content digest covers everything behind the header and is the policy's hash: the same policy has the same hash in every
// generation. The header digest covers the header, the content digest included. Numbers are in the machine's order; `order mark` says which.

export const MAGIC = 0x54434452; // 'RDCT'
export const LAYOUT_VERSION = 2;
export const ORDER_MARK = 0x01020304;
export const SECTION_ALIGNMENT = 64;
export const DIGEST_SIZE = 32;

export const SECTION = {
  /** JSON: every name that people read (words.ts). */
  words: 0,
  /** u32: hash seed, hash multiplier, slots, longest probe, plain. */
  meta: 1,
  /** u32 per derived segment × app (outcome.ts). */
  outcomes: 2,
  /** u32 per derived segment: its parent. */
  parents: 3,
  /** f64 per derived segment: the instant from which it is judged as its parent. */
  until: 4,
  clients4: 5,
  clients6: 6,
  addresses4: 7,
  addresses6: 8,
  /** 24 bytes a prefix rule: 16 of address, u32 entry, u32 attributes. */
  prefixes: 9,
  slots: 10,
  labels: 11,
  rows: 12,
  sets: 13,
} as const;
export const SECTION_COUNT = 14;

export const AT_MAGIC = 0;
export const AT_VERSION = 8;
export const AT_ORDER = 12;
export const AT_GENERATION = 16;
export const AT_LENGTH = 20;
export const AT_VALID_UNTIL = 24;
export const AT_SECTION_COUNT = 32;
export const AT_SECTIONS = 40;
export const AT_CONTENT_DIGEST = AT_SECTIONS + SECTION_COUNT * 8;
export const HEADER_SIZE = alignUp(AT_CONTENT_DIGEST + 2 * DIGEST_SIZE);
/** The last of the header, so that it covers everything in front of it. */
export const AT_HEADER_DIGEST = HEADER_SIZE - DIGEST_SIZE;

export const META_SEED = 0;
export const META_MULTIPLIER = 1;
export const META_SLOTS = 2;
export const META_LONGEST_PROBE = 3;
/** 1: no listed label needs an escape in a decision id. Of text alone: no bound hangs on it, so nobody checks it. */
export const META_PLAIN = 4;
export const META_WORDS = 5;

/** Words of a slot: parent slot with seven bits of the hash above it, label offset, row with LEAF above it. */
export const SLOT_WORDS = 3;
/** The tag spares the look at label bytes elsewhere in memory for all but 1 in 128 slots of other children of the same parent. */
const PARENT_BITS = 25;
export const PARENT_MASK = (1 << PARENT_BITS) - 1;
/** First word of a slot that holds nothing; no parent has this number. */
export const EMPTY_SLOT = 0xffffffff;
/** Parent of a top-level label. */
export const ROOT = PARENT_MASK - 1;

/** In a slot's third word: nothing lies below, so a walk need not look (a read of memory less for `www.` below a listed name). */
export const LEAF = 0x80000000;
export const ROW_MASK = 0x7fffffff;

export function slotWord(parent: number, hash: number): number {
  return (parent | (hash << PARENT_BITS)) >>> 0;
}

/** The seven bits of a slot's first word, and those of a hash, as they are compared. */
export function tagOf(word: number): number {
  return word >>> PARENT_BITS;
}
export function tagOfHash(hash: number): number {
  return hash & (0xffffffff >>> PARENT_BITS);
}

/** Words of a row: own set, set of a name that ends here, set of names below, flags. */
export const ROW_WORDS = 4;
/** An except, a protected name or a CDN zone lies below. */
const FLAG_OPEN = 1;

/** Flags hold what is at or above the name too: labels of the deepest CDN zone and of the deepest protected name, 0 for none. */
export function packFlags(isOpen: boolean, zone: number, guard: number): number {
  return (isOpen ? FLAG_OPEN : 0) | (zone << 8) | (guard << 16);
}
export function hasOpenFlag(flags: number): boolean {
  return (flags & FLAG_OPEN) !== 0;
}
export function zoneDepth(flags: number): number {
  return (flags >>> 8) & 0xff;
}
export function protectedDepth(flags: number): number {
  return (flags >>> 16) & 0xff;
}

export const PREFIX_SIZE = 24;

export function alignUp(offset: number): number {
  return Math.ceil(offset / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
}
