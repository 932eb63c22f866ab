// Where this machine itself reaches a listen address: itself, and for a wildcard loopback, of both families when one socket takes both.

import { networkInterfaces } from 'node:os';
import { isIPv4 } from '../../base/addresses.ts';
import type { ListenEndpoint } from './listeners.ts';

const LOOPBACK_IPV4 = '127.0.0.1';
const LOOPBACK_IPV6 = '::1';

export function reachableHosts({ address, host, ipv6Only }: Omit<ListenEndpoint, 'port'>): string[] {
  const isWildcard = address.subarray(isIPv4(address) ? 12 : 0).every((byte) => byte === 0);
  if (!isWildcard) return [host];
  if (isIPv4(address)) return [LOOPBACK_IPV4];
  return [...(hasLoopbackIPv6() ? [LOOPBACK_IPV6] : []), ...(ipv6Only ? [] : [LOOPBACK_IPV4])];
}

/** Where IPv6 is turned off, as in many containers, `::` can be bound all the same. */
function hasLoopbackIPv6(): boolean {
  return Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === LOOPBACK_IPV6));
}
