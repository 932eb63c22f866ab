// The kinds of sockets that upstream queries may leave by; tests run with each that works here.

import { DatagramSockets } from '../../../src/dns/resolve/upstream/datagram-sockets.ts';
import { NativeSockets } from '../../../src/dns/resolve/upstream/native-sockets.ts';
import type { SocketKind } from '../../../src/dns/resolve/upstream/source-ports.ts';
import { batchIoFault, Libc } from '../../../src/dns/workers/sockets/libc.ts';

export type Kind = 'node' | 'native';

const fault = batchIoFault();
if (fault !== undefined) console.log(`native sockets are not tested: ${fault}`);
export const KINDS: readonly Kind[] = fault === undefined ? ['node', 'native'] : ['node'];

export function newSockets(kind: Kind): SocketKind {
  return kind === 'node' ? new DatagramSockets() : new NativeSockets(new Libc());
}
