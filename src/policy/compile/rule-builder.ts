// The compiler's RuleSink: takes rules one by one, refuses what POLICY.md §5.6 forbids, keeps the rest in growing arrays.

import { ANSWERS, type Model, ROLES } from '../model.ts';
import type { RuleAttributes, RuleFault, RuleSink } from '../rules.ts';
import { isExcept, MAX_ATTRIBUTES } from '../snapshot/entries.ts';
import { readLabels } from '../snapshot/labels.ts';
import { ROOT } from '../snapshot/layout.ts';
import { MAX_APPS } from '../verdict.ts';
import {
  addNode,
  findNode,
  MAX_NODES,
  type NameBuilder,
  NODE_CARRIER,
  NODE_CDN_ZONE,
  NODE_PROTECTED,
  newNameBuilder,
  nodeOfName,
} from './name-builder.ts';

/** Distinct combinations of rules at one name; a feed needs one. */
const MAX_OWN_SETS = 1 << 20;
/** A million address rules. */
const MAX_ADDRESSES = 1 << 20;

/** Rules written at one name or prefix: packed app, kind and attributes, ascending. */
export type OwnSet = readonly number[];

export interface AddressRule {
  readonly address: Uint8Array;
  readonly bits: number;
  ownSet: number;
}

export interface RuleBuilder {
  readonly names: NameBuilder;
  readonly ownSets: OwnSet[];
  readonly addresses: Map<string, AddressRule>;
  readonly attributes: RuleAttributes[];
  readonly rulesPerApp: Uint32Array;
  readonly sink: RuleSink;
}

function packOwn(app: number, kind: number, attributes: number): number {
  return (app | (kind << 11) | (attributes << 14)) >>> 0;
}
/** App and kind: one rule at its place. */
export function ownRule(own: number): number {
  return own & 0x3fff;
}
export function ownApp(own: number): number {
  return own & 0x7ff;
}
export function ownKind(own: number): number {
  return (own >>> 11) & 7;
}
export function ownAttributes(own: number): number {
  return own >>> 14;
}

/** `zones` and `protectedNames` in wire form: they stand in the trie before any rule, so that each rule can be held against them. */
export function newRuleBuilder(
  model: Model,
  zones: readonly Uint8Array[],
  protectedNames: readonly Uint8Array[],
  seed: number,
): RuleBuilder {
  const names = newNameBuilder(seed);
  for (const zone of zones) mark(names, zone, NODE_CDN_ZONE);
  for (const name of protectedNames) mark(names, name, NODE_PROTECTED);
  const appIds = model.lists.apps.map((app) => app.id);
  const builder = {
    names,
    ownSets: [[]] as OwnSet[],
    addresses: new Map<string, AddressRule>(),
    attributes: [] as RuleAttributes[],
    rulesPerApp: new Uint32Array(Math.max(1, appIds.length)),
  };
  return { ...builder, sink: newSink(builder, appIds) };
}

function mark(names: NameBuilder, name: Uint8Array, flag: number): void {
  const node = nodeOfName(names, name, 0);
  if (node !== undefined && node !== ROOT) names.flags[node] |= flag;
}

function newSink(builder: Omit<RuleBuilder, 'sink'>, appIds: readonly string[]): RuleSink {
  const { names, ownSets, addresses, attributes, rulesPerApp } = builder;
  const attributeNumbers = new Map<string, number>();
  const nextSets = new Map<number, number>();
  let claimant = '';

  /** The set with one rule more, or why not. Sets are shared: the same step from the same set gives the same set. */
  const extend = (set: number, own: number): number | RuleFault => {
    const key = set * 0x100000000 + own;
    const known = nextSets.get(key);
    if (known !== undefined) return known;
    const rules = ownSets[set];
    const app = ownApp(own);
    const kind = ownKind(own);
    if (rules.some((rule) => ownApp(rule) === app && ownKind(rule) === kind)) return 'duplicate';
    const rival = isExcept(kind) ? undefined : rules.find((rule) => isRival(rule, own));
    if (rival !== undefined) {
      claimant = appIds[ownApp(rival)];
      return 'claimed';
    }
    if (ownSets.length === MAX_OWN_SETS) return 'full';
    const next = ownSets.push([...rules, own].sort((a, b) => a - b)) - 1;
    nextSets.set(key, next);
    return next;
  };

  const isRival = (a: number, b: number): boolean =>
    ownApp(a) !== ownApp(b) &&
    !isExcept(ownKind(a)) &&
    !attributes[ownAttributes(a)].alsoIn.includes(appIds[ownApp(b)]) &&
    !attributes[ownAttributes(b)].alsoIn.includes(appIds[ownApp(a)]);

  return {
    attributes(value) {
      const { role, answer, alsoIn, carrier } = value;
      const key = JSON.stringify([role, answer ?? '', alsoIn, carrier]);
      const known = attributeNumbers.get(key);
      if (known !== undefined) return known;
      if (attributes.length === MAX_ATTRIBUTES) return MAX_ATTRIBUTES;
      const number = attributes.push(value) - 1;
      attributeNumbers.set(key, number);
      return number;
    },

    name(app, kind, attribute, bytes, at) {
      const count = readLabels(names.labels, bytes, at);
      if (count <= 0 || app >= MAX_APPS || attribute >= attributes.length || names.count + count > MAX_NODES)
        return 'full';
      let node = ROOT;
      let i = count - 1;
      for (; i >= 0; i--) {
        const next = findNode(names, node, i);
        if (next < 0) break;
        node = next;
        if ((names.flags[node] & NODE_PROTECTED) !== 0 && !isExcept(kind)) return 'protected';
      }
      const isNew = i >= 0;
      if (!isNew && (names.flags[node] & NODE_CDN_ZONE) !== 0 && !isExcept(kind)) return 'cdn-zone';
      const next = extend(isNew ? 0 : names.ownSets[node], packOwn(app, kind, attribute));
      if (typeof next === 'string') return next;
      for (; i >= 0; i--) node = addNode(names, node, i);
      names.ownSets[node] = next;
      if (attributes[attribute].carrier) names.flags[node] |= NODE_CARRIER;
      rulesPerApp[app]++;
      return 'taken';
    },

    address(app, kind, attribute, bytes, at, bits) {
      if (app >= MAX_APPS || attribute >= attributes.length) return 'full';
      const address = bytes.slice(at, at + 16);
      const key = addressKey(address, bits);
      const rule = addresses.get(key);
      if (rule === undefined && addresses.size === MAX_ADDRESSES) return 'full';
      const next = extend(rule?.ownSet ?? 0, packOwn(app, kind, attribute));
      if (typeof next === 'string') return next;
      if (rule === undefined) addresses.set(key, { address, bits, ownSet: next });
      else rule.ownSet = next;
      rulesPerApp[app]++;
      return 'taken';
    },

    claimedBy: () => claimant,
  };
}

/** `address`: 16 bytes. */
export function addressKey(address: Uint8Array, bits: number): string {
  return `${bits} ${address.join()}`;
}

/** Index plus one of a rule's own answer, 0 without one. */
export function answerNumber(attributes: RuleAttributes): number {
  return attributes.answer === undefined ? 0 : ANSWERS.indexOf(attributes.answer) + 1;
}
export function roleNumber(attributes: RuleAttributes): number {
  return ROLES.indexOf(attributes.role);
}
