// Every listen address with its UDP and its TCP side, opened together or not at all, and closed after the answers in flight.

import { isIPv4 } from '../../base/addresses.ts';
import type { Address } from '../../base/brand.ts';
import type { Place, Problem } from '../../base/problems.ts';
import { newCensus, type TcpLimits } from './census.ts';
import type { Door } from './door.ts';
import { reachableHosts } from './reachable.ts';
import { listenTcp } from './tcp.ts';
import { listenUdp } from './udp.ts';

/** How long close waits for answers in flight. */
const CLOSE_GRACE_MS = 2000;
/** With port 0 the TCP port that the system gave may be taken on UDP: try again so often. */
const PORT_TRIES = 10;

export interface ListenEndpoint {
  readonly address: Address;
  readonly host: string;
  readonly port: number;
  /** The wildcard `::` takes IPv4 too, unless the same port is listened on for IPv4 apart. */
  readonly ipv6Only: boolean;
}

export interface Listener {
  readonly transport: 'udp' | 'tcp';
  /** The real one where 0 was asked for. */
  readonly port: number;
  /** Takes no new queries. */
  stop(): void;
  /** Closes the sockets. */
  close(): Promise<void>;
}

export interface Listeners {
  /** The bound address of each endpoint, in their order; UDP and TCP have the same port. */
  readonly bound: readonly { readonly host: string; readonly port: number }[];
  /** Where this machine itself reaches them. */
  readonly reachable: readonly { readonly host: string; readonly port: number }[];
  /** Stops taking queries, lets those in flight end (at most 2 s), closes. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly listen: readonly { readonly address: Address; readonly host: string; readonly port: number }[];
  readonly door: Door;
  readonly tcp: TcpLimits;
  /** Opens the UDP side of an address, or rejects with the system's error; the portable way when left out. */
  readonly openUdp?: Open;
  /** Where the addresses are configured, for problems. */
  readonly where: Place;
}

export async function openListeners(options: ListenOptions): Promise<Listeners | readonly Problem[]> {
  const { listen, door, tcp, where, openUdp = (endpoint) => listenUdp(endpoint, door) } = options;
  const census = newCensus(tcp);
  const open: Listener[] = [];
  const bound: { host: string; port: number }[] = [];
  const reachable: { host: string; port: number }[] = [];
  const problems: Problem[] = [];
  for (const { address, host, port } of listen) {
    const hasIPv4Twin = listen.some((other) => other.port === port && isIPv4(other.address));
    const endpoint = { address, host, port, ipv6Only: hasIPv4Twin && !isIPv4(address) };
    const pair = await openPair(endpoint, (free) => listenTcp(free, door, census), openUdp);
    if (pair instanceof Error) {
      problems.push(problemOf(pair, host, port, where));
      continue;
    }
    open.push(...pair);
    const [{ port: given }] = pair;
    bound.push({ host, port: given });
    reachable.push(...reachableHosts(endpoint).map((host) => ({ host, port: given })));
  }
  if (problems.length > 0) {
    await Promise.all(open.map((listener) => listener.close()));
    return problems;
  }
  let closing: Promise<void> | undefined;
  return {
    bound,
    reachable,
    close: () => {
      closing ??= closeAll(open, door);
      return closing;
    },
  };
}

type Open = (endpoint: ListenEndpoint) => Promise<Listener>;

async function openPair(endpoint: ListenEndpoint, openTcp: Open, openUdp: Open): Promise<Listener[] | Error> {
  let failure = new Error('no port tried');
  for (let tries = 0; tries < (endpoint.port === 0 ? PORT_TRIES : 1); tries++) {
    const tcp = await openTcp(endpoint).catch(asError);
    if (tcp instanceof Error) return tcp;
    const udp = await openUdp({ ...endpoint, port: tcp.port }).catch(asError);
    if (!(udp instanceof Error)) return [udp, tcp];
    failure = udp;
    await tcp.close();
  }
  return failure;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function closeAll(open: readonly Listener[], door: Door): Promise<void> {
  for (const listener of open) listener.stop();
  await door.idle(CLOSE_GRACE_MS);
  await Promise.all(open.map((listener) => listener.close()));
}

function problemOf(error: Error & { code?: string }, host: string, port: number, where: Place): Problem {
  return { ...faultOf(error, endpointText(host, port)), severity: 'error', where };
}

export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function faultOf(error: Error & { code?: string }, text: string): { code: string; message: string } {
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        code: 'port-taken',
        message: `cannot listen on ${text}: another program has this port; stop it or change dns.listen`,
      };
    case 'EACCES':
      return {
        code: 'port-forbidden',
        message: `cannot listen on ${text}: ports below 1024 need CAP_NET_BIND_SERVICE; see config/systemd/interdict.service`,
      };
    case 'EADDRNOTAVAIL':
      return {
        code: 'address-missing',
        message: `cannot listen on ${text}: this machine has no such address; correct dns.listen`,
      };
    default:
      return { code: 'cannot-listen', message: `cannot listen on ${text}: ${error.message}; correct dns.listen` };
  }
}
