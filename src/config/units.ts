// Durations, endpoints and upstreams as people write them.

import { isIPv4, parseAddress } from '../base/addresses.ts';
import { parseName } from '../base/names.ts';
import type { Endpoint, Upstream } from './config.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DNS_PORT = 53;
const DOT_PORT = 853;

/** Milliseconds of `500ms`, `10s`, `5m`, `6h`, `1d`; a bare number is seconds. Undefined for anything else. */
export function parseDuration(duration: string | number): number | undefined {
  if (typeof duration === 'number')
    return Number.isSafeInteger(duration) && duration >= 0 ? duration * 1000 : undefined;
  const match = /^(\d{1,9}) ?(ms|s|m|h|d)$/.exec(duration);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]];
}

/** `127.0.0.1:5300`, `[::1]:5300`; with `defaultPort` also `127.0.0.1`, `::1` and `[::1]`. Undefined for anything else. */
export function parseEndpoint(text: string, defaultPort?: number): Endpoint | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match === null ? text : (match[1] ?? match[2]);
  const address = parseAddress(host);
  if (address === undefined || (match?.[1] !== undefined && !host.includes(':'))) return undefined;
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return port === undefined || port > 65_535 ? undefined : { address, host, port };
}

export type UpstreamFault = 'https' | 'scheme' | 'server-name' | 'address';

/** `ADDRESS[:PORT]` or `tls://HOST@ADDRESS[:PORT]`. */
export function parseUpstream(text: string, trusted: boolean): Upstream | UpstreamFault {
  if (text.startsWith('https://')) return 'https';
  if (!text.startsWith('tls://')) {
    if (text.includes('://')) return 'scheme';
    const endpoint = parseEndpoint(text, DNS_PORT);
    return isUsable(endpoint) ? { name: text, transport: 'udp', endpoint, trusted } : 'address';
  }
  const [serverName, address, ...rest] = text.slice('tls://'.length).split('@');
  if (address === undefined || rest.length > 0 || typeof parseName(serverName) === 'string') return 'server-name';
  const endpoint = parseEndpoint(address, DOT_PORT);
  return isUsable(endpoint) ? { name: text, transport: 'tls', endpoint, serverName, trusted } : 'address';
}

function isUsable(endpoint: Endpoint | undefined): endpoint is Endpoint {
  return endpoint !== undefined && endpoint.port > 0 && !isUnspecified(endpoint.address);
}

export function isUnspecified(address: Uint8Array): boolean {
  return address.subarray(isIPv4(address) ? 12 : 0).every((byte) => byte === 0);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: Uint8Array): boolean {
  if (isIPv4(address)) return address[12] === 127;
  return address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0);
}
