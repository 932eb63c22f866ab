// How many TCP connections are open, over all listen addresses and by client, and whether one more may be.

import { isIPv4 } from '../../base/addresses.ts';

export interface TcpLimits {
  /** A connection without a whole query, and without an answer under way, for so long is closed. */
  readonly idleMs: number;
  /** Open connections, over all listen addresses. */
  readonly maxConnections: number;
  /** Of one IPv4 address or one IPv6 /64. */
  readonly maxPerClient: number;
}

export interface Census {
  readonly limits: TcpLimits;
  readonly perClient: Map<string, number>;
  total: number;
}

export function newCensus(limits: TcpLimits): Census {
  return { limits, perClient: new Map(), total: 0 };
}

/** Counts a new connection in, or says no. */
export function admit(census: Census, key: string): boolean {
  const ofClient = census.perClient.get(key) ?? 0;
  if (census.total >= census.limits.maxConnections || ofClient >= census.limits.maxPerClient) return false;
  census.total++;
  census.perClient.set(key, ofClient + 1);
  return true;
}

/** Counts an admitted connection out. */
export function leave(census: Census, key: string): void {
  const left = (census.perClient.get(key) ?? 1) - 1;
  census.total--;
  if (left > 0) census.perClient.set(key, left);
  else census.perClient.delete(key);
}

/**
 * Whose connection it is. An IPv6 client has at least a /64 to itself; one address of it is nobody. Clients of no segment are one client
 * together: they get nothing but a refusal, and must not keep those out who get answers.
 */
export function clientKey(client: Uint8Array, isKnown: boolean): string {
  if (!isKnown) return 'strangers';
  return isIPv4(client) ? client.subarray(12).join('.') : client.subarray(0, 8).join('.');
}
