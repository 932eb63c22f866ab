// From the growing trie to the frozen one. Each name's winners are worked out on the way down (parents first), so that a lookup needs
// only the last row it met; then every node goes into one open-addressed table of 12-byte slots {parent slot, label offset, row}.
//
// 1,000,000 names cost 18 bytes a node at a load of 2/3 plus their labels; the table is probed in lines of five slots.

import { isExcept } from '../snapshot/entries.ts';
import { hashLabel, slotOf } from '../snapshot/labels.ts';
import {
  EMPTY_SLOT,
  LEAF,
  packFlags,
  protectedDepth,
  ROOT,
  ROW_WORDS,
  SLOT_WORDS,
  slotWord,
  zoneDepth,
} from '../snapshot/layout.ts';
import { type NameBuilder, NODE_CARRIER, NODE_CDN_ZONE, NODE_PROTECTED } from './name-builder.ts';
import type { ReleasedName, Releases } from './place-releases.ts';
import { ownKind, type RuleBuilder } from './rule-builder.ts';
import {
  internRow,
  internSet,
  mergeSets,
  ownEntries,
  reachingBelow,
  reachingHere,
  type SetTable,
} from './set-table.ts';

/** Slots a node: a load of 2/3, five probes for a label that is not there. */
const SLOTS_PER_NODE = 1.5;
/** Ten times the longest run to be expected at that load; beyond, the table is built with the next seed. */
const MAX_PROBE = 4096;

/** Row of each node, 0 for a node that changes nothing. */
export function rowsOfNodes(builder: RuleBuilder, table: SetTable, releases: Releases): Uint32Array {
  const { names, ownSets } = builder;
  const rows = new Uint32Array(names.count);
  const effective = new Uint32Array(names.count);
  const depths = new Uint8Array(names.count);
  const open = openNodes(builder, releases);
  const known = new Map<number, number>();
  for (let node = 0; node < names.count; node++) {
    const parent = names.parents[node];
    const above = parent === ROOT ? 0 : effective[parent];
    depths[node] = parent === ROOT ? 1 : depths[parent] + 1;
    effective[node] = above;
    const own = names.ownSets[node];
    const release = releases.names.get(node);
    if (own === 0 && names.flags[node] === 0 && open[node] === 0 && release === undefined) continue;
    // Up to 2^20 rows and sets, 127 labels, 4 bits of flags: 51 bits.
    const bits = names.flags[node] | (open[node] << 3);
    const key = ((above * 0x100000 + own) * 128 + depths[node]) * 16 + bits;
    let row = release === undefined ? known.get(key) : undefined;
    if (row === undefined) {
      const entries = ownEntries(table, ownSets[own], depths[node], release?.rules);
      row = rowOf(table, above, entries, bits, depths[node], release);
      if (release === undefined) known.set(key, row);
    }
    rows[node] = row;
    effective[node] = row;
  }
  return rows;
}

function rowOf(
  table: SetTable,
  above: number,
  own: readonly number[],
  bits: number,
  depth: number,
  release?: ReleasedName,
): number {
  const inherited = table.rows[above * ROW_WORDS + 2];
  const flagsAbove = table.rows[above * ROW_WORDS + 3];
  const isZone = (bits & (NODE_CDN_ZONE | NODE_CARRIER)) !== 0;
  const zone = isZone ? depth : zoneDepth(flagsAbove);
  const guard = (bits & NODE_PROTECTED) !== 0 ? depth : protectedDepth(flagsAbove);
  const flags = packFlags((bits & 8) !== 0, zone, guard);
  const here = mergeSets(table, inherited, reachingHere(own), release?.here);
  const below = mergeSets(table, inherited, reachingBelow(own), release?.below);
  return internRow(table, internSet(table, own), here, below, flags);
}

/** 1 for each node with an except, a protected name, a CDN zone or a release below it. */
function openNodes({ names, ownSets }: RuleBuilder, releases: Releases): Uint8Array {
  const freeing = ownSets.map((set) => set.some((rule) => isExcept(ownKind(rule))));
  const open = new Uint8Array(names.count);
  for (let node = 0; node < names.count; node++) {
    if (names.flags[node] === 0 && !freeing[names.ownSets[node]] && !releases.names.has(node)) continue;
    for (let up = names.parents[node]; up !== ROOT && open[up] === 0; up = names.parents[up]) open[up] = 1;
  }
  return open;
}

export function slotsFor(nodes: number): number {
  return Math.max(8, Math.ceil(nodes * SLOTS_PER_NODE));
}

/** Fills `slots` (slotsFor(nodes) × SLOT_WORDS words); gives the longest probe, or undefined when this seed makes it too long. */
export function placeNodes(
  names: NameBuilder,
  rows: Uint32Array,
  slots: Uint32Array,
  seed: number,
  multiplier: number,
): number | undefined {
  const size = slots.length / SLOT_WORDS;
  const slotOfNode = new Uint32Array(names.count);
  const hashes = new Int32Array(names.count);
  const leaves = leafBits(names);
  let longest = 0;
  slots.fill(0);
  for (let i = 0; i < slots.length; i += SLOT_WORDS) slots[i] = EMPTY_SLOT;
  for (let node = 0; node < names.count; node++) {
    const isTop = names.parents[node] === ROOT;
    const parent = isTop ? ROOT : slotOfNode[names.parents[node]];
    const labelAt = names.labelAts[node];
    const hash = hashLabel(names.poolView, labelAt, isTop ? 0 : hashes[names.parents[node]], seed, multiplier);
    hashes[node] = hash;
    let slot = slotOf(hash, size);
    let probe = 1;
    for (; slots[slot * SLOT_WORDS] !== EMPTY_SLOT; probe++) slot = slot + 1 === size ? 0 : slot + 1;
    if (probe > MAX_PROBE) return undefined;
    longest = Math.max(longest, probe);
    slotOfNode[node] = slot;
    slots[slot * SLOT_WORDS] = slotWord(parent, hash);
    slots[slot * SLOT_WORDS + 1] = labelAt;
    slots[slot * SLOT_WORDS + 2] = rows[node] | leaves[node];
  }
  return longest;
}

/** LEAF for each node without children, 0 for the others. */
function leafBits({ parents, count }: NameBuilder): Uint32Array {
  const bits = new Uint32Array(count).fill(LEAF);
  for (let node = 0; node < count; node++) if (parents[node] !== ROOT) bits[parents[node]] = 0;
  return bits;
}
