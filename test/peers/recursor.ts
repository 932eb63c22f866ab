// PowerDNS Recursor forwarding everything to a resolver on a loopback port.

import { freePort, newFolder, type Peer, startPeer } from './peer.ts';

/** `settings`: further lines of recursor.conf (`nothing-below-nxdomain=yes`). */
export async function startRecursor(forwardTo: number, settings: readonly string[] = []): Promise<Peer> {
  const port = await freePort();
  const folder = newFolder('recursor');
  const lines = [
    'daemon=no',
    'write-pid=no',
    'disable-syslog=yes',
    'threads=1',
    `socket-dir=${folder}`,
    'local-address=127.0.0.1',
    `local-port=${port}`,
    'dont-query=',
    'dnssec=off',
    'hint-file=no',
    'security-poll-suffix=',
    `forward-zones-recurse=.=127.0.0.1:${forwardTo}`,
    ...settings,
  ];
  const files = { 'recursor.conf': `${lines.join('\n')}\n` };
  return startPeer({ program: 'pdns_recursor', args: [`--config-dir=${folder}`], files, port, folder });
}
