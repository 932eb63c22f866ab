// Names while they flow in: a trie of labels in growing arrays, a node a label, parents always before their children.
//
//   node   parent   label (offset in the pool)   own set (rules written at this very name)   flags
//   0      ROOT     3 c o m                      0
//   1      0        6 t i k t o k                7
//
// A node's label bytes are appended when it is made, so pool order is node order; a replay (snapshot/replay.ts) relies on it.

import { type NameLabels, newNameLabels } from '../../base/name-labels.ts';
import { hashLabel, POOL_SLACK, readLabels, sameLabel } from '../snapshot/labels.ts';
import { ROOT } from '../snapshot/layout.ts';

/** 16.7 million labels: at 30 bytes each what a slot of 512 MiB can hold, and their slots have numbers of 25 bits. */
export const MAX_NODES = 1 << 24;
const FIRST_NODES = 1024;

export const NODE_CDN_ZONE = 1;
export const NODE_CARRIER = 2;
export const NODE_PROTECTED = 4;

export interface NameBuilder {
  parents: Uint32Array;
  labelAts: Uint32Array;
  hashes: Int32Array;
  ownSets: Uint32Array;
  flags: Uint8Array;
  count: number;
  /** POOL_SLACK bytes longer than its content. */
  pool: Uint8Array;
  poolView: DataView;
  poolLength: number;
  /** Node plus one; 0 is empty. Always a power of two, at most half full. */
  table: Uint32Array;
  readonly seed: number;
  readonly multiplier: number;
  /** Scratch: the name in hand. */
  readonly labels: NameLabels;
}

export function newNameBuilder(seed: number): NameBuilder {
  const pool = new Uint8Array(FIRST_NODES * 16);
  return {
    parents: new Uint32Array(FIRST_NODES),
    labelAts: new Uint32Array(FIRST_NODES),
    hashes: new Int32Array(FIRST_NODES),
    ownSets: new Uint32Array(FIRST_NODES),
    flags: new Uint8Array(FIRST_NODES),
    count: 0,
    pool,
    poolView: new DataView(pool.buffer),
    poolLength: 0,
    table: new Uint32Array(FIRST_NODES * 2),
    seed: seed | 0,
    multiplier: Math.imul(seed, 0x9e3779b1) | 1,
    labels: newNameLabels(),
  };
}

/** The node of the name in hand's label `i` below `parent`, or -1. */
export function findNode(builder: NameBuilder, parent: number, i: number): number {
  const { view, starts } = builder.labels;
  const hash = hashLabel(view, starts[i], parent, builder.seed, builder.multiplier);
  const { table, hashes, parents, labelAts, poolView } = builder;
  const mask = table.length - 1;
  for (let slot = hash & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
    const node = table[slot] - 1;
    if (hashes[node] === hash && parents[node] === parent && sameLabel(view, starts[i], poolView, labelAts[node]))
      return node;
  }
  return -1;
}

/** Makes the node; the caller knows that it is not there and that MAX_NODES is not reached. */
export function addNode(builder: NameBuilder, parent: number, i: number): number {
  if (builder.count === builder.parents.length) growNodes(builder);
  const { bytes, view, starts } = builder.labels;
  const at = starts[i];
  const size = bytes[at] + 1;
  if (builder.poolLength + size + POOL_SLACK > builder.pool.length) growPool(builder);
  const node = builder.count++;
  builder.parents[node] = parent;
  builder.labelAts[node] = builder.poolLength;
  for (let j = 0; j < size; j++) builder.pool[builder.poolLength + j] = bytes[at + j];
  builder.poolLength += size;
  builder.hashes[node] = hashLabel(view, at, parent, builder.seed, builder.multiplier);
  place(builder, node);
  return node;
}

/** The node of a whole name, made with all above it; undefined when full, ROOT for the root. */
export function nodeOfName(builder: NameBuilder, bytes: Uint8Array, at: number): number | undefined {
  const count = readLabels(builder.labels, bytes, at);
  if (count < 0 || builder.count + count > MAX_NODES) return undefined;
  let node = ROOT;
  for (let i = count - 1; i >= 0; i--) {
    const next = findNode(builder, node, i);
    node = next >= 0 ? next : addNode(builder, node, i);
  }
  return node;
}

function place(builder: NameBuilder, node: number): void {
  const mask = builder.table.length - 1;
  let slot = builder.hashes[node] & mask;
  while (builder.table[slot] !== 0) slot = (slot + 1) & mask;
  builder.table[slot] = node + 1;
}

function growPool(builder: NameBuilder): void {
  builder.pool = grown(builder.pool, builder.pool.length * 2);
  builder.poolView = new DataView(builder.pool.buffer);
}

function growNodes(builder: NameBuilder): void {
  const size = builder.parents.length * 2;
  builder.parents = grown(builder.parents, size);
  builder.labelAts = grown(builder.labelAts, size);
  builder.hashes = grown(builder.hashes, size);
  builder.ownSets = grown(builder.ownSets, size);
  builder.flags = grown(builder.flags, size);
  builder.table = new Uint32Array(size * 2);
  for (let node = 0; node < builder.count; node++) place(builder, node);
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(array: T, size: number): T {
  // A typed array's own constructor gives the same kind of array; the type system cannot say so.
  const next = new (array.constructor as new (size: number) => T)(size);
  next.set(array);
  return next;
}
