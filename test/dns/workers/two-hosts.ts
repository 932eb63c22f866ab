// Two hosts in network namespaces, joined by two cables, for tests of where answers leave and from which address:
//
//   asker  10.9.0.1, fd09::1 on lo          server  10.1.0.1 on va, 10.2.0.1 on vb, 10.3.0.1 on lo, and fd01::1, fd02::1, fd03::1
//      va 10.1.0.2 ───── questions ──────▶ va     every address of the server is asked through va,
//      vb 10.2.0.2 ◀───── answers ─────── vb      and the server's way back to 10.9.0.1 and fd09::1 leads through vb

import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { missingPeers } from '../../peers/peer.ts';
import { enterNamespace } from './udp-ends.ts';

export interface Host {
  readonly name: string;
  /** Runs `open` inside the host: sockets made there stay there. */
  inside<T>(open: () => T): T;
  /** An `ip` command inside the host. */
  ip(...args: string[]): string;
}

export interface TwoHosts {
  readonly server: Host;
  readonly asker: Host;
  remove(): void;
}

/** The server's addresses that the asker may ask. */
export const SERVER_IPV4 = ['10.1.0.1', '10.2.0.1', '10.3.0.1'];
export const SERVER_IPV6 = ['fd01::1', 'fd02::1', 'fd03::1'];
export const ASKER_IPV4 = '10.9.0.1';
export const ASKER_IPV6 = 'fd09::1';
/** Bytes of a packet on both cables. */
export const CABLE_MTU = 1280;

const SERVER_SETUP = [
  'addr add 10.1.0.1/24 dev va',
  'addr add 10.2.0.1/24 dev vb',
  'addr add 10.3.0.1/32 dev lo',
  'addr add fd01::1/64 dev va nodad',
  'addr add fd02::1/64 dev vb nodad',
  'addr add fd03::1/128 dev lo nodad',
  'addr add fe80::a/64 dev va nodad',
  'route add 10.9.0.1 via 10.2.0.2 dev vb',
  'route add fd09::1 via fd02::2 dev vb',
];

const ASKER_SETUP = [
  'addr add 10.1.0.2/24 dev va',
  'addr add 10.2.0.2/24 dev vb',
  'addr add 10.9.0.1/32 dev lo',
  'addr add fd01::2/64 dev va nodad',
  'addr add fd02::2/64 dev vb nodad',
  'addr add fd09::1/128 dev lo nodad',
  // A longer prefix than the cable's own: everything is asked through va.
  'route add 10.2.0.1/32 via 10.1.0.1 dev va',
  'route add 10.3.0.1/32 via 10.1.0.1 dev va',
  'route add fd02::1/128 via fd01::1 dev va',
  'route add fd03::1/128 via fd01::1 dev va',
];

/** Why the hosts cannot be made here; undefined when they can. */
export function whyNoHosts(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = missingPeers('ip', 'sysctl');
  if (missing !== undefined) return missing;
  try {
    newTwoHosts().remove();
    return undefined;
  } catch (error) {
    const reason = `needs network namespaces and veth: ${error instanceof Error ? error.message : String(error)}`;
    console.warn(`skipped, ${reason}`);
    return reason;
  }
}

let made = 0;

export function newTwoHosts(): TwoHosts {
  const names = ['server', 'asker'].map((role) => `interdict-${process.pid}-${++made}-${role}`);
  const remove = () => {
    for (const name of names) run('ip', 'netns', 'del', name);
  };
  try {
    for (const name of names) run('ip', 'netns', 'add', name);
    for (const cable of ['va', 'vb']) {
      const end = ['name', cable, 'mtu', `${CABLE_MTU}`];
      run('ip', '-n', names[0], 'link', 'add', ...end, 'type', 'veth', 'peer', ...end, 'netns', names[1]);
    }
    const [server, asker] = names.map(newHost);
    setUp(server, SERVER_SETUP);
    setUp(asker, ASKER_SETUP);
    for (const host of [server, asker]) waitForCables(host);
    return { server, asker, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Packets that have left through this cable. */
export function packetsOut(host: Host, cable: string): number {
  const [link] = JSON.parse(host.ip('-s', '-j', 'link', 'show', cable));
  return link.stats64.tx.packets;
}

export function interfaceIndex(host: Host, cable: string): number {
  const [link] = JSON.parse(host.ip('-j', 'link', 'show', cable));
  return link.ifindex;
}

function newHost(name: string): Host {
  return {
    name,
    ip: (...args) => run('ip', '-n', name, ...args),
    inside: (open) => {
      const own = openSync('/proc/thread-self/ns/net', 'r');
      const other = openSync(`/var/run/netns/${name}`, 'r');
      enterNamespace(other);
      try {
        return open();
      } finally {
        enterNamespace(own);
        closeSync(own);
        closeSync(other);
      }
    },
  };
}

function setUp(host: Host, commands: readonly string[]): void {
  // Answers come back another way than the questions went: no reverse path filter. `all` holds for every interface as the stricter one.
  for (const which of ['all', 'default', 'va', 'vb']) {
    run('ip', 'netns', 'exec', host.name, 'sysctl', '-q', '-w', `net.ipv4.conf.${which}.rp_filter=0`);
    // Nobody else has our addresses: to find that out takes seconds, in which none of them can be used.
    run('ip', 'netns', 'exec', host.name, 'sysctl', '-q', '-w', `net.ipv6.conf.${which}.accept_dad=0`);
  }
  for (const device of ['lo', 'va', 'vb']) host.ip('link', 'set', device, 'up');
  for (const command of commands) host.ip(...(command.includes(':') ? ['-6'] : []), ...command.split(' '));
}

/** The kernel takes up to a second to notice that a new cable carries. */
function waitForCables(host: Host): void {
  for (let tries = 0; tries < 100; tries++) {
    const links = JSON.parse(host.ip('-j', 'link', 'show')) as { ifname: string; operstate: string }[];
    if (links.every(({ ifname, operstate }) => ifname === 'lo' || operstate === 'UP')) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  throw new Error(`the cables of ${host.name} do not come up`);
}

function run(program: string, ...args: string[]): string {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  return execFileSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
