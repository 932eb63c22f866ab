// Longest prefix match: leaf-pushed tries with a stride of four bits, so that a node's 16 entries fill one cache line. One trie a
// family: IPv4 starts behind ::ffff:0:0/96. A prefix shorter than /96 that covers the mapped range is about IPv6 alone.
//
//   entry   bit 31 set: number of the child node      bit 31 clear: the value for every address that gets here (0: none)
//
// Prefixes come in shortest first, so all addresses under a new one share one value, and the new value can be made from it.

import { IPV4_OFFSET, isIPv4 } from '../../base/addresses.ts';

export const CHILD = 0x80000000;
export const NODE_ENTRIES = 16;
/** Two million nodes, 128 MiB: a million IPv4 prefixes, far above any announced table. */
const MAX_PREFIX_NODES = 1 << 21;

export interface PrefixBuilder {
  entries: Uint32Array;
  nodes: number;
}

export function newPrefixBuilder(): PrefixBuilder {
  return { entries: new Uint32Array(NODE_ENTRIES * 64), nodes: 1 };
}

/** Gives every address under the prefix the value made from what it had; false when the trie is full. `skip` is 96 or 0. */
export function insertPrefix(
  trie: PrefixBuilder,
  bytes: Uint8Array,
  at: number,
  skip: number,
  bits: number,
  valueFrom: (old: number) => number,
): boolean {
  let node = 0;
  let bit = skip;
  for (; bit + 4 < bits; bit += 4) {
    const next = childOf(trie, node * NODE_ENTRIES + nibble(bytes, at, bit));
    if (next === undefined) return false;
    node = next;
  }
  const span = 1 << (bit + 4 - bits);
  const first = node * NODE_ENTRIES + (nibble(bytes, at, bit) & -span & 15);
  trie.entries.fill(valueFrom(trie.entries[first]), first, first + span);
  return true;
}

function childOf(trie: PrefixBuilder, entry: number): number | undefined {
  const value = trie.entries[entry];
  if (value >= CHILD) return value - CHILD;
  if (trie.nodes === MAX_PREFIX_NODES) return undefined;
  const child = trie.nodes++;
  if (trie.nodes * NODE_ENTRIES > trie.entries.length) {
    const entries = new Uint32Array(trie.entries.length * 2);
    entries.set(trie.entries);
    trie.entries = entries;
  }
  trie.entries.fill(value, child * NODE_ENTRIES, (child + 1) * NODE_ENTRIES);
  trie.entries[entry] = CHILD + child;
  return child;
}

function nibble(bytes: Uint8Array, at: number, bit: number): number {
  const byte = bytes[at + (bit >> 3)];
  return (bit & 4) === 0 ? byte >> 4 : byte & 15;
}

/** Bits in front of an address that the trie of its family leaves out. */
export function skipOf(bytes: Uint8Array, at: number, bits: number): number {
  return bits >= IPV4_OFFSET && isIPv4(bytes, at) ? IPV4_OFFSET : 0;
}

/** The value of the longest prefix that holds the 16-byte address, 0 for none. */
export function lookupAddress(trie4: Uint32Array, trie6: Uint32Array, bytes: Uint8Array, at: number): number {
  return isIPv4(bytes, at) ? descend(trie4, bytes, at, IPV4_OFFSET) : descend(trie6, bytes, at, 0);
}

function descend(entries: Uint32Array, bytes: Uint8Array, at: number, skip: number): number {
  let node = 0;
  for (let bit = skip; bit < 128; bit += 4) {
    const value = entries[node * NODE_ENTRIES + nibble(bytes, at, bit)];
    if (value < CHILD) return value;
    node = value - CHILD;
  }
  return 0;
}
