// BIND as an authoritative server of the zones given.

import { freePort, newFolder, type Peer, startPeer } from './peer.ts';

export interface NamedZone {
  readonly zone: string;
  /** The zone file's text. */
  readonly text: string;
}

/** `folder`: one that the caller has filled already, for instance with signed zones. */
export async function startNamed(zones: readonly NamedZone[], folder = newFolder('named')): Promise<Peer> {
  const port = await freePort();
  const files: Record<string, string> = { 'named.conf': config(port, folder, zones) };
  zones.forEach(({ text }, i) => {
    files[`zone-${i}.db`] = text;
  });
  return startPeer({ program: 'named', args: ['-g', '-c', 'named.conf', '-n', '1'], files, port, folder });
}

function config(port: number, folder: string, zones: readonly NamedZone[]): string {
  const blocks = zones.map(
    ({ zone }, i) => `zone "${zone}" { type primary; file "zone-${i}.db"; check-names ignore; };`,
  );
  return `options {
  directory "${folder}";
  pid-file none; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no; minimal-responses no; allow-transfer { none; };
  check-names primary ignore; rate-limit { responses-per-second 0; };
};
controls { };
${blocks.join('\n')}
`;
}
