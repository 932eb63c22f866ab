// The machine's own resolvers, from /etc/resolv.conf: read at start and again when it changes, since networks come and go. An address
// that we listen on ourselves is left out: asking it would be asking ourselves.

import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress } from '../../base/addresses.ts';
import type { UpstreamConfig } from './upstream.ts';

const DNS_PORT = 53;
/** Between looks at the file's date: watching by inotify misses a symbolic link that is bent to another file. */
const LOOK_MS = 2000;
/** Longer is no resolv.conf. */
const MAX_LENGTH = 65_536;
/** glibc reads three; more would only lengthen the wait. */
const MAX_SERVERS = 8;

export interface Listener {
  readonly address: Uint8Array;
  readonly port: number;
}

/**
 * Calls `changed` with the file's resolvers, once before it returns and again after each change; a file that cannot be read has none.
 * Gives a function that stops watching.
 */
export function watchSystemUpstreams(
  file: string,
  listen: readonly Listener[],
  warn: (message: string) => void,
  changed: (configs: readonly UpstreamConfig[]) => void,
): () => void {
  const take = (text: string) => {
    const configs = readResolvConf(text.slice(0, MAX_LENGTH), listen);
    if (configs.length === 0) warn(`${file} names no resolver besides ourselves; list the upstreams in interdict.yaml`);
    changed(configs);
  };
  const look = () => void readFile(file, 'utf8').then(take, () => take(''));
  take(textOf(file));
  watchFile(file, { interval: LOOK_MS, persistent: false }, look);
  return () => unwatchFile(file, look);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The `nameserver` lines, without those that are `listen` itself. `options trust-ad` (resolv.conf(5)) makes them trusted. */
export function readResolvConf(text: string, listen: readonly Listener[]): UpstreamConfig[] {
  const trusted = /^options\s.*\btrust-ad\b/m.test(text);
  const found: UpstreamConfig[] = [];
  for (const [, host] of text.matchAll(/^nameserver[ \t]+(\S+)/gm)) {
    const address = parseAddress(host);
    if (address === undefined || isOurs(address, listen) || found.length >= MAX_SERVERS) continue;
    const name = formatAddress(address);
    if (found.some((one) => one.name === name)) continue;
    found.push({ name, transport: 'udp', endpoint: { address, port: DNS_PORT }, trusted });
  }
  return found;
}

function isOurs(address: Uint8Array, listen: readonly Listener[]): boolean {
  const text = formatAddress(address);
  return listen.some(({ address: own, port }) => {
    if (port !== DNS_PORT) return false;
    const ownText = formatAddress(own);
    const isWildcard = ownText === '0.0.0.0' || ownText === '::';
    return ownText === text || (isWildcard && isLocal(text));
  });
}

function isLocal(address: string): boolean {
  if (address.startsWith('127.') || address === '::1') return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address) === true);
}
