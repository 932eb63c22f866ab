// What a snapshot's rules say of a release before it is opened. For people's requests: one look through all names, 5 ms a million.

import { newNameLabels } from '../../base/name-labels.ts';
import { parseName } from '../../base/names.ts';
import { findSlot } from '../decide/judge.ts';
import type { Release } from '../model.ts';
import type { RuleBook } from '../overrides.ts';
import { KIND_NUMBERS, parseRuleText } from '../rule-text.ts';
import { ENTRY_WORDS, entryApp, entryDepth, entryKind, isExcept, setCount } from '../snapshot/entries.ts';
import { hashLabel, readLabels } from '../snapshot/labels.ts';
import { PREFIX_SIZE, ROOT, ROW_MASK, ROW_WORDS, SLOT_WORDS, zoneDepth } from '../snapshot/layout.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { KIND_EXACT } from '../verdict.ts';

/** Rules of one name or prefix that a release frees; `at`: its slot, or the prefix's offset. */
interface Freed {
  readonly place: 'slot' | 'prefix';
  readonly at: number;
  /** App and kind of each, as entries without depth. */
  readonly rules: readonly { readonly app: number; readonly kind: number }[];
}

export function ruleBookOf(snapshot: Snapshot): RuleBook {
  return {
    hasRule: (app, rule) => (freedBy(snapshot, { kind: 'rule', app, rule })?.rules.length ?? 0) > 0,
    wholeApps: (what) => {
      const freed = freedBy(snapshot, what);
      if (freed === undefined) return [];
      const apps = [...new Set(freed.rules.map(({ app }) => app))];
      return apps.filter((app) => !hasOthers(snapshot, app, freed)).map((app) => snapshot.appIds[app]);
    },
    isZone: (name) => isZone(snapshot, name),
  };
}

function freedBy(snapshot: Snapshot, what: Release['what']): Freed | undefined {
  if (what.kind === 'name') {
    const slot = slotOfText(snapshot, what.name);
    if (slot === undefined) return undefined;
    const rules = rulesAt(snapshot, slot).filter(({ kind }) => what.match === 'domain' || kind === KIND_EXACT);
    return { place: 'slot', at: slot, rules };
  }
  const rule = parseRuleText(what.rule);
  if (rule === undefined) return undefined;
  const kind = KIND_NUMBERS[rule.kind];
  const app = snapshot.appIds.indexOf(what.app);
  if (rule.kind === 'address') {
    const { address, bits } = rule.prefix;
    const found = prefixRules(snapshot).find((p) => p.app === app && p.kind === kind && p.isAt(address, bits));
    return found && { place: 'prefix', at: found.at, rules: [{ app, kind }] };
  }
  const slot = slotOfName(snapshot, rule.name);
  if (slot === undefined) return undefined;
  const rules = rulesAt(snapshot, slot).filter((found) => found.app === app && found.kind === kind);
  return { place: 'slot', at: slot, rules };
}

/** Whether the app has rules beside those. */
function hasOthers(snapshot: Snapshot, app: number, { place, at, rules }: Freed): boolean {
  if (prefixRules(snapshot).some((rule) => rule.app === app && !(place === 'prefix' && rule.at === at))) return true;
  const here = place === 'slot' ? at : -1;
  const left = here < 0 ? [] : rulesAt(snapshot, here).filter((rule) => rule.app === app);
  if (left.length > rules.filter((rule) => rule.app === app).length) return true;
  const { slots } = snapshot;
  const rows = rowsOf(snapshot, app);
  for (let slot = 0; slot * SLOT_WORDS < slots.length; slot++) {
    if (slot !== here && rows[slots[slot * SLOT_WORDS + 2] & ROW_MASK] === 1) return true;
  }
  return false;
}

/** 1 for each row with a rule of the app. An empty slot's row is 0, which has none. */
function rowsOf({ rows, sets }: Snapshot, app: number): Uint8Array {
  return Uint8Array.from({ length: rows.length / ROW_WORDS }, (_, row) =>
    rulesIn(sets, rows[row * ROW_WORDS]).some((rule) => rule.app === app) ? 1 : 0,
  );
}

function rulesAt({ slots, rows, sets }: Snapshot, slot: number): Freed['rules'] {
  return rulesIn(sets, rows[(slots[slot * SLOT_WORDS + 2] & ROW_MASK) * ROW_WORDS]);
}

/** Excepts apart. */
function rulesIn(sets: Uint32Array, set: number): Freed['rules'] {
  const entries = Array.from({ length: setCount(sets[set]) }, (_, i) => sets[set + 1 + i * ENTRY_WORDS]);
  return entries
    .map((entry) => ({ app: entryApp(entry), kind: entryKind(entry) }))
    .filter(({ kind }) => !isExcept(kind));
}

function prefixRules({ prefixes }: Snapshot) {
  const numbers = new Uint32Array(prefixes.buffer, prefixes.byteOffset, prefixes.length >>> 2);
  return Array.from({ length: prefixes.length / PREFIX_SIZE }, (_, i) => {
    const at = i * PREFIX_SIZE;
    const entry = numbers[at / 4 + 4];
    const isAt = (address: Uint8Array, bits: number) =>
      entryDepth(entry) === bits && address.every((byte, b) => byte === prefixes[at + b]);
    return { at, app: entryApp(entry), kind: entryKind(entry), isAt };
  }).filter(({ kind }) => !isExcept(kind));
}

function isZone(snapshot: Snapshot, text: string): boolean {
  const name = parseName(text);
  const slot = typeof name === 'string' ? undefined : slotOfName(snapshot, name);
  if (slot === undefined || typeof name === 'string') return false;
  const row = snapshot.slots[slot * SLOT_WORDS + 2] & ROW_MASK;
  return zoneDepth(snapshot.rows[row * ROW_WORDS + 3]) === readLabels(newNameLabels(), name, 0);
}

function slotOfText(snapshot: Snapshot, text: string): number | undefined {
  const name = parseName(text);
  return typeof name === 'string' ? undefined : slotOfName(snapshot, name);
}

/** The slot of the name's own node. */
function slotOfName(snapshot: Snapshot, name: Uint8Array): number | undefined {
  const labels = newNameLabels();
  const count = readLabels(labels, name, 0);
  let slot = -1;
  let hash = 0;
  for (let i = count - 1; i >= 0; i--) {
    hash = hashLabel(labels.view, labels.starts[i], hash, snapshot.seed, snapshot.multiplier);
    slot = findSlot(snapshot, slot < 0 ? ROOT : slot, hash, labels.view, labels.starts[i]);
    if (slot < 0) return undefined;
  }
  return slot < 0 ? undefined : slot;
}
