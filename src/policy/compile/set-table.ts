// Interned sets and rows: what a name or an address matches, shared by all that match the same. A feed of a million names has a handful.
//
//   set   head (count, release), then count × entry (entries.ts), by app      row   own set, set here, set below, flags (layout.ts)

import type { RuleAttributes } from '../rules.ts';
import {
  beats,
  ENTRY_WORDS,
  entryApp,
  entryDepth,
  entryKind,
  packDetail,
  packEntry,
  packSetHead,
  setCount,
  setRelease,
} from '../snapshot/entries.ts';
import { KIND_EXACT, KIND_WILDCARD } from '../verdict.ts';
import type { ReleasedRules } from './place-releases.ts';
import { answerNumber, type OwnSet, ownApp, ownAttributes, ownKind, ownRule, roleNumber } from './rule-builder.ts';

/** Four million words: 16 MiB of distinct combinations, where real lists need a few kilobytes. */
const MAX_SET_WORDS = 1 << 22;
const MAX_ROWS = 1 << 20;

export interface SetTable {
  /** Words of all sets; offset 0 is the empty set. */
  readonly words: number[];
  readonly rows: number[];
  readonly offsets: Map<string, number>;
  readonly rowNumbers: Map<string, number>;
  readonly attributes: readonly RuleAttributes[];
  isFull: boolean;
}

export function newSetTable(attributes: readonly RuleAttributes[]): SetTable {
  const table: SetTable = {
    words: [],
    rows: [],
    offsets: new Map(),
    rowNumbers: new Map(),
    attributes,
    isFull: false,
  };
  internSet(table, []);
  internRow(table, 0, 0, 0, 0);
  return table;
}

/** Offset of the set with these words (entry, detail, …), and the override that frees all else from here on. */
export function internSet(table: SetTable, words: readonly number[], release = 0): number {
  const key = `${release} ${words.join()}`;
  const known = table.offsets.get(key);
  if (known !== undefined) return known;
  const offset = table.words.length;
  if (offset + 1 + words.length > MAX_SET_WORDS) {
    table.isFull = true;
    return 0;
  }
  table.words.push(packSetHead(words.length / ENTRY_WORDS, release), ...words);
  table.offsets.set(key, offset);
  return offset;
}

export function internRow(table: SetTable, own: number, here: number, below: number, flags: number): number {
  const key = `${own} ${here} ${below} ${flags}`;
  const known = table.rowNumbers.get(key);
  if (known !== undefined) return known;
  const row = table.rows.length / 4;
  if (row === MAX_ROWS) {
    table.isFull = true;
    return 0;
  }
  table.rows.push(own, here, below, flags);
  table.rowNumbers.set(key, row);
  return row;
}

/** The rules written at one place, as entries of that depth. */
export function ownEntries(table: SetTable, own: OwnSet, depth: number, released?: ReleasedRules): number[] {
  return own.flatMap((rule) => {
    const attributes = table.attributes[ownAttributes(rule)];
    const release = released?.get(ownRule(rule)) ?? 0;
    return [
      packEntry(ownApp(rule), ownKind(rule), depth, release),
      packDetail(ownAttributes(rule), roleNumber(attributes), answerNumber(attributes)),
    ];
  });
}

/** Per app the winner among what is inherited and what is added, by app. A `release` of this place frees all of them. */
export function mergeSets(table: SetTable, inherited: number, added: readonly number[], release = 0): number {
  const winners = new Map<number, readonly [number, number]>();
  const head = table.words[inherited];
  const count = setCount(head);
  for (let i = 0; i < count; i++) {
    const at = inherited + 1 + i * ENTRY_WORDS;
    winners.set(entryApp(table.words[at]), [table.words[at], table.words[at + 1]]);
  }
  for (let i = 0; i < added.length; i += ENTRY_WORDS) {
    const app = entryApp(added[i]);
    const rival = winners.get(app);
    if (rival === undefined || beats(added[i], rival[0])) winners.set(app, [added[i], added[i + 1]]);
  }
  const sorted = [...winners.entries()].sort(([a], [b]) => a - b);
  return internSet(
    table,
    sorted.flatMap(([, [entry, detail]]) => [release > 0 ? released(entry, release) : entry, detail]),
    release || setRelease(head),
  );
}

function released(entry: number, release: number): number {
  return packEntry(entryApp(entry), entryKind(entry), entryDepth(entry), release);
}

/** Entries that reach the name itself: all but wildcards. */
export function reachingHere(entries: readonly number[]): number[] {
  return filterEntries(entries, (kind) => kind !== KIND_WILDCARD);
}

/** Entries that reach the names below: all but exact ones. */
export function reachingBelow(entries: readonly number[]): number[] {
  return filterEntries(entries, (kind) => kind !== KIND_EXACT);
}

function filterEntries(entries: readonly number[], keep: (kind: number) => boolean): number[] {
  const kept: number[] = [];
  for (let i = 0; i < entries.length; i += ENTRY_WORDS) {
    if (keep(entryKind(entries[i]))) kept.push(entries[i], entries[i + 1]);
  }
  return kept;
}
