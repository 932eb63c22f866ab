// Whose an address is, worked out from the model alone: the address space cut at the ends of all prefixes of segments and exemptions, with
// what holds in each piece. It does what policy/compile/segments.ts does, by another way and sharing nothing, because the probe is to find
// out when that, or the memory its result lies in, is wrong.
//
//   10.0.0.0/8 office      ├──────────────────────────────┤
//   10.4.9.0/28 EXM-1               ├────┤
//   pieces                 ├────────┼────┼────────────────┤

import { type Prefix, parsePrefix } from '../../base/addresses.ts';
import type { Address } from '../../base/brand.ts';
import type { Exemption, Segment } from '../../policy/model.ts';

/** A piece of the address space. */
export interface Piece {
  /** Its first address. */
  readonly client: Address;
  readonly segment: Segment;
  /** Exemptions of that segment whose clients it holds, in force or not. */
  readonly exemptions: readonly Exemption[];
}

interface Owned {
  readonly first: bigint;
  readonly behind: bigint;
  readonly owner: { readonly segment: Segment } | { readonly exemption: Exemption };
}

/** Prefixes lie in one another or apart, so those that hold an address are a stack. */
export function piecesOf(segments: readonly Segment[], exemptions: readonly Exemption[]): Piece[] {
  const all = [
    ...segments.flatMap((segment) => ownedBy(segment.clients, { segment })),
    ...exemptions.flatMap((exemption) => ownedBy(exemption.clients, { exemption })),
  ];
  // The wider first; sorting keeps segments before exemptions where both are the same.
  all.sort((a, b) => order(a.first, b.first) || order(b.behind, a.behind));
  const edges = [...new Set(all.flatMap(({ first, behind }) => [first, behind]))].sort(order);
  const stack: Owned[] = [];
  let next = 0;
  return edges.flatMap((edge) => {
    while (stack.length > 0 && stack[stack.length - 1].behind <= edge) stack.pop();
    while (next < all.length && all[next].first === edge) stack.push(all[next++]);
    return pieceAt(edge, stack);
  });
}

function pieceAt(first: bigint, stack: readonly Owned[]): Piece[] {
  const owners = stack.map(({ owner }) => owner);
  const segment = owners.findLast((owner) => 'segment' in owner)?.segment;
  if (segment === undefined) return [];
  const exemptions = owners.flatMap((owner) =>
    'exemption' in owner && owner.exemption.segment === segment.id ? [owner.exemption] : [],
  );
  return [{ client: addressOf(first), segment, exemptions }];
}

function ownedBy(clients: readonly string[], owner: Owned['owner']): Owned[] {
  return clients.flatMap((text) => {
    const prefix = parsePrefix(text);
    return typeof prefix === 'object' ? [{ ...rangeOf(prefix), owner }] : [];
  });
}

function rangeOf({ address, bits }: Prefix): { first: bigint; behind: bigint } {
  const first = address.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  return { first, behind: first + (1n << BigInt(128 - bits)) };
}

function addressOf(number: bigint): Address {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((number >> BigInt(8 * (15 - i))) & 255n)) as Address;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
