// DNS over TCP (RFC 7766) through node:net: accepts connections within limits and closes what has gone quiet. What happens on one
// connection is connection.ts.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { admit, type Census, clientKey, leave } from './census.ts';
import { Connection } from './connection.ts';
import type { Door } from './door.ts';
import type { ListenEndpoint, Listener } from './listeners.ts';
import { readPeerAddress } from './peer-address.ts';

/** Idle connections are looked for so often, or twice in the idle time when that is shorter. */
const SWEEP_MS = 1000;

/** Rejects with the system's error when the address cannot be bound. */
export async function listenTcp(endpoint: ListenEndpoint, door: Door, census: Census): Promise<Listener> {
  const { idleMs } = census.limits;
  const connections = new Set<Connection>();
  // Half open: a client may close its side behind its last query and still read the answers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(socket));

  function accept(socket: Socket): void {
    const client = new Uint8Array(16);
    const isAddress = readPeerAddress(socket.remoteAddress ?? '', client);
    const key = clientKey(client, door.knows(client));
    if (!isAddress || !admit(census, key)) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, client, door, () => {
      connections.delete(connection);
      leave(census, key);
    });
    connections.add(connection);
  }

  server.listen({ port: endpoint.port, host: endpoint.host, ipv6Only: endpoint.ipv6Only, exclusive: true });
  await once(server, 'listening');
  // A failed accept (no descriptors left) concerns one client; the next may fare better.
  server.on('error', () => {});
  const sweep = setInterval(
    () => {
      for (const connection of connections) connection.closeIfIdle(performance.now() - idleMs);
    },
    Math.min(SWEEP_MS, idleMs / 2),
  );
  sweep.unref();
  const address = server.address();
  return {
    transport: 'tcp',
    port: typeof address === 'object' && address !== null ? address.port : endpoint.port,
    stop: () => {
      server.close();
      for (const connection of connections) connection.stop();
    },
    close: async () => {
      clearInterval(sweep);
      server.close();
      for (const connection of connections) connection.close();
    },
  };
}
