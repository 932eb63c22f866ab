// The harness itself: each program starts, answers and goes.

import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { startNamed } from './named.ts';
import { missingPeers, type Peer } from './peer.ts';
import { startRecursor } from './recursor.ts';
import { startUnbound } from './unbound.ts';

const ZONE = `$ORIGIN harness.example.
$TTL 60
@ IN SOA ns hostmaster 1 60 60 60 60
@ IN NS ns
ns IN A 192.0.2.53
www IN A 192.0.2.1
`;

const missing = missingPeers('named', 'unbound', 'pdns_recursor', 'dig');

const peers: Peer[] = [];
afterAll(() => Promise.all(peers.map((peer) => peer.stop())));

test.skipIf(missing !== undefined)(
  'a name of a zone in BIND is resolved by Unbound and by a Recursor behind it',
  async () => {
    const start = async (peer: Promise<Peer>) => peers[peers.push(await peer) - 1];
    const named = await start(startNamed([{ zone: 'harness.example', text: ZONE }]));
    const unbound = await start(startUnbound({ stubs: [{ zone: 'harness.example', port: named.port }] }));
    const recursor = await start(startRecursor(unbound.port));
    for (const { port } of [named, unbound, recursor]) {
      const answer = execFileSync('dig', ['@127.0.0.1', '-p', String(port), '+short', 'www.harness.example', 'A']);
      expect(answer.toString()).toBe('192.0.2.1\n');
    }
  },
);
