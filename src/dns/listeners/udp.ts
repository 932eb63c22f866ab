// DNS over UDP through node:dgram: the portable way in. One socket a listen address; every answer goes back to where its query came from.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from '../../base/addresses.ts';
import { TRANSPORT_UDP } from '../../base/packet.ts';
import { PACKET_ROOM } from '../workers/sockets/batch-socket.ts';
import type { Door } from './door.ts';
import type { ListenEndpoint, Listener } from './listeners.ts';
import { readPeerAddress } from './peer-address.ts';

/** Holds a burst of some 10,000 queries while a garbage collection runs; the kernel caps it at net.core.rmem_max. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** Rejects with the system's error when the address cannot be bound. */
export async function listenUdp(endpoint: ListenEndpoint, door: Door): Promise<Listener> {
  const socket = createSocket({
    type: isIPv4(endpoint.address) ? 'udp4' : 'udp6',
    ipv6Only: endpoint.ipv6Only,
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  socket.bind({ port: endpoint.port, address: endpoint.host, exclusive: true });
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  // An unconnected socket reports no client's failure; what comes here is the machine's (ENOBUFS), and the next datagram may fare better.
  socket.on('error', () => {});
  const client = new Uint8Array(16);
  const onMessage = (query: Uint8Array, peer: RemoteInfo) => {
    if (!readPeerAddress(peer.address, client)) return;
    // What batched I/O does not take in whole is treated here as it is there: like a message that is too short.
    const whole = query.length <= PACKET_ROOM ? query : NOTHING;
    const reply = door.answer(whole, client, peer.port, TRANSPORT_UDP);
    if (reply instanceof Promise) reply.then((late) => send(socket, late, peer));
    else send(socket, reply, peer);
  };
  socket.on('message', onMessage);
  return {
    transport: 'udp',
    port: socket.address().port,
    stop: () => socket.off('message', onMessage),
    close: () => closeSocket(socket),
  };
}

function send(socket: Socket, reply: Uint8Array | undefined, peer: RemoteInfo): void {
  if (reply === undefined) return;
  try {
    // With a callback a failed send (a client's route is gone) is its business, not an 'error' of the socket.
    socket.send(reply, peer.port, peer.address, () => {});
  } catch {
    // The socket was closed while the answer was on its way: the client asks again elsewhere.
  }
}

async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
