// Where releases act: found once all rules are there. A release on a name marks what is met at that name (and below it) whatever its app, one
// on a rule marks that rule. Nodes that only a release needs come last, so that the trie is as it was once it has ended.

import { parseName } from '../../base/names.ts';
import type { Override, Release } from '../model.ts';
import { KIND_NUMBERS, parseRuleText, type RuleText } from '../rule-text.ts';
import { readLabels } from '../snapshot/labels.ts';
import { ROOT } from '../snapshot/layout.ts';
import { findNode, type NameBuilder, nodeOfName } from './name-builder.ts';
import { type AddressRule, addressKey, ownApp, ownKind, ownRule, type RuleBuilder } from './rule-builder.ts';

/** Numbers of overrides, by app and kind of the rule (ownRule). */
export type ReleasedRules = ReadonlyMap<number, number>;

/** What a release does at one node; 0 for none. */
export interface ReleasedName {
  /** Frees the name itself. */
  readonly here: number;
  /** Frees the names below. */
  readonly below: number;
  readonly rules: ReleasedRules;
}

export interface Releases {
  readonly names: ReadonlyMap<number, ReleasedName>;
  readonly addresses: ReadonlyMap<AddressRule, ReleasedRules>;
  /** Overrides whose rule is not there. */
  readonly idle: readonly Override[];
}

/** `overrides`: those in force; the number of one is its index plus one. At the same place the first one is named. */
export function placeReleases(
  builder: RuleBuilder,
  overrides: readonly Override[],
  appIds: readonly string[],
): Releases {
  const names = new Map<number, ReleasedName>();
  const addresses = new Map<AddressRule, ReleasedRules>();
  const idle: Override[] = [];
  overrides.forEach((override, i) => {
    if (override.kind !== 'release') return;
    const { what } = override;
    const isPlaced =
      what.kind === 'name'
        ? placeName(builder.names, names, what, i + 1)
        : placeRule(builder, { names, addresses }, appIds.indexOf(what.app), parseRuleText(what.rule), i + 1);
    if (!isPlaced) idle.push(override);
  });
  return { names, addresses, idle };
}

type Places = { readonly names: Map<number, ReleasedName>; readonly addresses: Map<AddressRule, ReleasedRules> };

const NOTHING: ReleasedName = { here: 0, below: 0, rules: new Map() };

function placeName(
  builder: NameBuilder,
  names: Places['names'],
  { name, match }: Extract<Release['what'], { kind: 'name' }>,
  number: number,
): boolean {
  const wire = parseName(name);
  const node = typeof wire === 'string' ? undefined : nodeOfName(builder, wire, 0);
  if (node === undefined || node === ROOT) return false;
  const placed = names.get(node) ?? NOTHING;
  const below = match === 'domain' ? placed.below || number : placed.below;
  names.set(node, { ...placed, here: placed.here || number, below });
  return true;
}

function placeRule(
  builder: RuleBuilder,
  { names, addresses }: Places,
  app: number,
  rule: RuleText | undefined,
  number: number,
): boolean {
  if (rule === undefined || app < 0) return false;
  const kind = KIND_NUMBERS[rule.kind];
  if (rule.kind === 'address') {
    const found = builder.addresses.get(addressKey(rule.prefix.address, rule.prefix.bits));
    const own = found && ownOf(builder, found.ownSet, app, kind);
    if (found === undefined || own === undefined) return false;
    addresses.set(found, withRule(addresses.get(found), own, number));
    return true;
  }
  const node = nodeThere(builder.names, rule.name);
  const own = node === undefined ? undefined : ownOf(builder, builder.names.ownSets[node], app, kind);
  if (node === undefined || own === undefined) return false;
  const placed = names.get(node) ?? NOTHING;
  names.set(node, { ...placed, rules: withRule(placed.rules, own, number) });
  return true;
}

function ownOf({ ownSets }: RuleBuilder, set: number, app: number, kind: number): number | undefined {
  return ownSets[set].find((own) => ownApp(own) === app && ownKind(own) === kind);
}

function withRule(rules: ReleasedRules | undefined, own: number, number: number): ReleasedRules {
  return new Map([[ownRule(own), number], ...(rules ?? [])]);
}

/** The node of a name that is there already. */
function nodeThere(builder: NameBuilder, name: Uint8Array): number | undefined {
  const count = readLabels(builder.labels, name, 0);
  let node = ROOT;
  for (let i = count - 1; i >= 0; i--) {
    node = findNode(builder, node, i);
    if (node < 0) return undefined;
  }
  return count > 0 ? node : undefined;
}
