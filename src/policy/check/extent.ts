// How much a set of prefixes holds, each address counted once.

import { containsPrefix, IPV4_OFFSET, isIPv4, type Prefix } from '../../base/addresses.ts';

export interface Extent {
  /** Addresses; exact up to 2^53, near enough beyond. */
  readonly ipv4: number;
  readonly ipv6: number;
  /** IPv6 /64s, those held in part too. */
  readonly subnets: number;
}

const SUBNET_BITS = 64;

export function extentOf(prefixes: readonly Prefix[]): Extent {
  const ipv4 = prefixes.filter(isIPv4Prefix);
  const ipv6 = prefixes.filter((prefix) => !isIPv4Prefix(prefix));
  const subnets = ipv6.map((prefix) => (prefix.bits > SUBNET_BITS ? subnetOf(prefix) : prefix));
  return { ipv4: sizeOf(ipv4, 128), ipv6: sizeOf(ipv6, 128), subnets: sizeOf(subnets, SUBNET_BITS) };
}

function isIPv4Prefix(prefix: Prefix): boolean {
  return prefix.bits >= IPV4_OFFSET && isIPv4(prefix.address);
}

function subnetOf({ address }: Prefix): Prefix {
  const subnet = address.slice() as Prefix['address'];
  subnet.fill(0, SUBNET_BITS / 8);
  return { address: subnet, bits: SUBNET_BITS };
}

/** Prefixes inside others, or equal to an earlier one, count nothing. */
function sizeOf(prefixes: readonly Prefix[], bits: number): number {
  const outer = prefixes.filter(
    (prefix, i) =>
      !prefixes.some((other, j) => i !== j && containsPrefix(other, prefix) && (other.bits < prefix.bits || j < i)),
  );
  return outer.reduce((sum, prefix) => sum + 2 ** (bits - prefix.bits), 0);
}
