// Unbound as a recursive resolver: of stub zones (an authoritative server of ours), or forwarding to another resolver.

import { freePort, newFolder, type Peer, startPeer } from './peer.ts';

export interface UnboundOptions {
  /** Zones to ask an authoritative server on this loopback port for. */
  readonly stubs?: readonly { readonly zone: string; readonly port: number }[];
  /** Zones to hand to a resolver on this loopback port; `.` for everything. */
  readonly forwards?: readonly { readonly zone: string; readonly port: number }[];
  /** DS or DNSKEY records in zone-file form; without any, nothing is validated. */
  readonly trustAnchors?: readonly string[];
  /** Further lines of the server: clause. */
  readonly server?: readonly string[];
}

export async function startUnbound(options: UnboundOptions): Promise<Peer> {
  const port = await freePort();
  const folder = newFolder('unbound');
  const files = { 'unbound.conf': config(port, folder, options) };
  return startPeer({ program: 'unbound', args: ['-d', '-p', '-c', 'unbound.conf'], files, port, folder });
}

function config(port: number, folder: string, options: UnboundOptions): string {
  const anchors = options.trustAnchors ?? [];
  const lines = [
    'server:',
    `interface: 127.0.0.1@${port}`,
    'access-control: 127.0.0.0/8 allow_snoop',
    'do-daemonize: no',
    'num-threads: 1',
    'username: ""',
    'chroot: ""',
    `directory: "${folder}"`,
    'pidfile: ""',
    'use-syslog: no',
    'do-not-query-localhost: no',
    'do-ip6: no',
    'qname-minimisation: no',
    'local-zone: "test." nodefault',
    'local-zone: "invalid." nodefault',
    anchors.length > 0 ? 'module-config: "validator iterator"' : 'module-config: "iterator"',
    ...anchors.map((anchor) => `trust-anchor: "${anchor}"`),
    ...(options.server ?? []),
    ...(options.stubs ?? []).flatMap(({ zone, port: at }) => [
      'stub-zone:',
      `name: "${zone}"`,
      `stub-addr: 127.0.0.1@${at}`,
    ]),
    ...(options.forwards ?? []).flatMap(({ zone, port: at }) => [
      'forward-zone:',
      `name: "${zone}"`,
      `forward-addr: 127.0.0.1@${at}`,
    ]),
    'remote-control:',
    'control-enable: no',
  ];
  return `${lines.join('\n')}\n`;
}
