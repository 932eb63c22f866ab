// From client prefixes to derived segments: the partition of all segment and exemption prefixes (POLICY.md §5.1). The longest segment
// prefix decides whose client it is; an exemption counts where that is its own segment. Equal (segment, exemptions) share one number.
//
//   derived   0 … S−1: the model's segments as they are      S …: a segment less some exemptions, judged as its parent from `until` on
//
// While a release or a fallback holds, each segment that it is about has one more derived segment without any exemption, for all its other
// clients: whatever loosens a segment ends by the clock alone, also when no newer snapshot comes.

import { parsePrefix } from '../../base/addresses.ts';
import type { Instant } from '../../base/brand.ts';
import { endOf, type Model, type Override } from '../model.ts';
import { CHILD, insertPrefix, newPrefixBuilder, type PrefixBuilder, skipOf } from '../snapshot/prefix-trie.ts';

/** Keeps segment × app small: 4,096 × 2,048 words are 32 MiB. */
export const MAX_DERIVED_SEGMENTS = 4096;

export interface Derived {
  readonly segment: number;
  /** Indices of the exemptions in force. */
  readonly exemptions: readonly number[];
  readonly until: number;
}

export interface ClientPartition {
  readonly derived: readonly Derived[];
  /** Values are derived numbers plus one. */
  readonly trie4: PrefixBuilder;
  readonly trie6: PrefixBuilder;
}

/** What holds at one place of the address space; exemptions of other segments wait here until a longer prefix decides. */
interface State {
  readonly segment: number;
  readonly exemptions: readonly number[];
}

interface Insertion {
  readonly address: Uint8Array;
  readonly bits: number;
  readonly segment: number;
  /** -1: the prefix is the segment's own. */
  readonly exemption: number;
}

export type PartitionFault = 'too-many-segments' | 'too-many-prefixes';

/** `overrides`: those in force. Emergency exemptions are the model's exemptions already. */
export function partitionClients(
  model: Model,
  now: Instant,
  overrides: readonly Override[],
): ClientPartition | PartitionFault {
  const states: State[] = [{ segment: -1, exemptions: [] }];
  const trie4 = newPrefixBuilder();
  const trie6 = newPrefixBuilder();
  for (const insertion of insertionsOf(model, now)) {
    const { address, bits } = insertion;
    const skip = skipOf(address, 0, bits);
    const valueFrom = (old: number) => states.push(nextState(states[old], insertion)) - 1;
    if (!insertPrefix(skip === 0 ? trie6 : trie4, address, 0, skip, bits, valueFrom)) return 'too-many-prefixes';
  }
  const { derived, numbers } = numberStates(states, model, overrides);
  if (derived.length > MAX_DERIVED_SEGMENTS) return 'too-many-segments';
  renumber(trie4, numbers);
  renumber(trie6, numbers);
  return { derived, trie4, trie6 };
}

/** Shortest first; at equal length segments before exemptions, each in the model's order, so that the result depends on nothing else. */
function insertionsOf(model: Model, now: Instant): Insertion[] {
  const { segments, exemptions } = model.department;
  const all: Insertion[] = [];
  const add = (clients: readonly string[], segment: number, exemption: number) => {
    for (const text of clients) {
      const prefix = parsePrefix(text);
      if (typeof prefix === 'object') all.push({ ...prefix, segment, exemption });
    }
  };
  segments.forEach((segment, i) => {
    add(segment.clients, i, -1);
  });
  exemptions.forEach((exemption, i) => {
    const segment = segments.findIndex((s) => s.id === exemption.segment);
    if (segment >= 0 && exemption.from <= now && now < exemption.until) add(exemption.clients, segment, i);
  });
  return all.sort((a, b) => a.bits - b.bits);
}

function nextState(old: State, { segment, exemption }: Insertion): State {
  if (exemption < 0) return { segment, exemptions: old.exemptions };
  return { segment: old.segment, exemptions: [...old.exemptions, exemption] };
}

/** Gives each state its derived number plus one; 0 for places that no segment holds. */
function numberStates(
  states: readonly State[],
  model: Model,
  overrides: readonly Override[],
): { derived: Derived[]; numbers: Uint32Array } {
  const { segments, exemptions } = model.department;
  const derived: Derived[] = segments.map((_, segment) => ({ segment, exemptions: [], until: Infinity }));
  const ends = segments.map(({ id }) => Math.min(...overrides.filter((o) => loosens(o, id)).map(endOf)));
  const byKey = new Map<string, number>(
    ends.map((until, segment) => [
      `${segment}`,
      until === Infinity ? segment + 1 : derived.push({ segment, exemptions: [], until }),
    ]),
  );
  const numbers = new Uint32Array(states.length);
  states.forEach((state, i) => {
    if (state.segment < 0) return;
    const own = state.exemptions.filter((e) => exemptions[e].segment === segments[state.segment].id);
    const lifted = [...new Set(own)].sort((a, b) => a - b);
    const key = [state.segment, ...lifted].join();
    let number = byKey.get(key);
    if (number === undefined) {
      const until = Math.min(ends[state.segment], ...lifted.map((e) => exemptions[e].until));
      number = derived.push({ segment: state.segment, exemptions: lifted, until });
      byKey.set(key, number);
    }
    numbers[i] = number;
  });
  return { derived, numbers };
}

/** A release holds in every segment. */
function loosens(override: Override, segment: string): boolean {
  return override.kind === 'release' || (override.kind === 'fallback' && override.segment === segment);
}

function renumber(trie: PrefixBuilder, numbers: Uint32Array): void {
  const end = trie.nodes * 16;
  for (let i = 0; i < end; i++) if (trie.entries[i] < CHILD) trie.entries[i] = numbers[trie.entries[i]];
}
