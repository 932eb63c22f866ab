// Sockets of Node's for SourcePorts: work everywhere.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { parseAddress } from '../../../base/addresses.ts';
import type { Ask, PortSocket, Sender, SocketKind, SocketOwner, Target } from './source-ports.ts';

export class DatagramSockets implements SocketKind {
  open(type: 'udp4' | 'udp6', owner: SocketOwner): PortSocket {
    return new DatagramSocket(type, owner);
  }

  close(): void {}
}

class DatagramSocket implements PortSocket, Sender {
  readonly #socket: Socket;
  readonly #owner: SocketOwner;
  #from: RemoteInfo | undefined;

  constructor(type: 'udp4' | 'udp6', owner: SocketOwner) {
    this.#owner = owner;
    this.#socket = createSocket(type);
    this.#socket.on('message', (bytes, from) => {
      this.#from = from;
      owner.received(bytes, this);
    });
    this.#socket.on('error', () => owner.broke());
    this.#socket.on('listening', () => owner.bound());
    this.#socket.bind({ port: 0, exclusive: true });
    this.#socket.unref();
  }

  send(ask: Ask): void {
    const { port, id, query, target } = ask;
    this.#socket.send(query, target.port, target.host, (error) => {
      if (error === null || error === undefined) return;
      // By now it may have been given up, or have left by another port.
      if (ask.port === port && ask.id === id) this.#owner.unsent(ask);
    });
  }

  is(target: Target): boolean {
    const from = this.#from;
    if (from === undefined || from.port !== target.port) return false;
    if (from.address === target.host) return true;
    const address = parseAddress(from.address);
    return address?.every((byte, i) => byte === target.address[i]) ?? false;
  }

  close(): void {
    this.#socket.close();
  }
}
