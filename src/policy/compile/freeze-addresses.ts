// Address rules into two tries whose values are offsets of merged sets: the longest prefix decides per app, inheritance done here.

import type { PrefixBuilder } from '../snapshot/prefix-trie.ts';
import { insertPrefix, newPrefixBuilder, skipOf } from '../snapshot/prefix-trie.ts';
import type { Releases } from './place-releases.ts';
import type { AddressRule, OwnSet } from './rule-builder.ts';
import { mergeSets, ownEntries, type SetTable } from './set-table.ts';

export interface AddressTries {
  readonly trie4: PrefixBuilder;
  readonly trie6: PrefixBuilder;
}

/** Undefined when a trie is full. */
export function freezeAddresses(
  rules: readonly AddressRule[],
  ownSets: readonly OwnSet[],
  table: SetTable,
  releases: Releases,
): AddressTries | undefined {
  const tries = { trie4: newPrefixBuilder(), trie6: newPrefixBuilder() };
  const merged = new Map<string, number>();
  for (const rule of rules.toSorted((a, b) => a.bits - b.bits)) {
    const { address, bits, ownSet } = rule;
    const released = releases.addresses.get(rule);
    const valueFrom = (inherited: number): number => {
      const key = `${inherited} ${ownSet} ${bits}`;
      const known = released === undefined ? merged.get(key) : undefined;
      if (known !== undefined) return known;
      const set = mergeSets(table, inherited, ownEntries(table, ownSets[ownSet], bits, released));
      if (released === undefined) merged.set(key, set);
      return set;
    };
    const skip = skipOf(address, 0, bits);
    const trie = skip === 0 ? tries.trie6 : tries.trie4;
    if (!insertPrefix(trie, address, 0, skip, bits, valueFrom)) return undefined;
  }
  return tries;
}
