// The machine's own resolvers, from /etc/resolv.conf: read at start and again when it changes, since networks come and go. An address
// that we listen on ourselves is left out: asking it would be asking ourselves.

import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress } from '../../../base/addresses.ts';
import type { Clock } from '../clock.ts';
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
  clock: Clock,
  warn: (message: string) => void,
  changed: (configs: readonly UpstreamConfig[]) => void,
): () => void {
  const take = (text: string) => {
    const configs = readResolvConf(text.slice(0, MAX_LENGTH), listen);
    if (configs.length === 0) warn(`${file} names no resolver besides ourselves; list the upstreams in interdict.yaml`);
    changed(configs);
  };
  // The stamp is older than what is read, so that a change in between is seen at the next look.
  const first = readNow(file);
  let { stamp } = first;
  take(first.text);
  let isOver = false;
  const look = async () => {
    const now = stampOf(await stat(file).catch(() => undefined));
    if (now !== stamp && !isOver) {
      stamp = now;
      take(await readFile(file, 'utf8').catch(() => ''));
    }
    if (!isOver) cancel = clock.after(LOOK_MS, look);
  };
  let cancel = clock.after(LOOK_MS, look);
  return () => {
    isOver = true;
    cancel();
  };
}

function stampOf(stats: Stats | undefined): string {
  return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

function readNow(file: string): { stamp: string; text: string } {
  try {
    return { stamp: stampOf(statSync(file)), text: readFileSync(file, 'utf8') };
  } catch {
    return { stamp: stampOf(undefined), text: '' };
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
