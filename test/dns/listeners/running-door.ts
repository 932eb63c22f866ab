// The whole way from a socket to an upstream and back, on loopback: real listeners, real resolver, an upstream under the test's control.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseAddress } from '../../../src/base/addresses.ts';
import type { Address } from '../../../src/base/brand.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import { type FastPath, newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import type { TcpLimits } from '../../../src/dns/listeners/census.ts';
import { createDoor, type PacketFault } from '../../../src/dns/listeners/door.ts';
import { type Listeners, openListeners } from '../../../src/dns/listeners/listeners.ts';
import { createResolver } from '../../../src/dns/resolve/resolve.ts';
import type { Resolver } from '../../../src/dns/resolve/resolver.ts';
import { smallPolicy } from '../answer/small-policy.ts';
import { newUnframer } from '../framing.ts';
import { addressReply, FakeUpstream, type SeenQuery } from '../resolve/fake-upstream.ts';

export interface RunningDoor {
  readonly listeners: Listeners;
  readonly port: number;
  readonly path: FastPath;
  readonly upstream: FakeUpstream;
  readonly faults: PacketFault[];
  /** Queries that the upstream holds back: names that start with `slow`. */
  readonly held: (() => void)[];
  stop(): Promise<void>;
}

export interface RunningOptions {
  readonly hosts?: readonly string[];
  readonly tcp?: Partial<TcpLimits>;
  readonly maxMisses?: number;
  /** In place of the real one, to break its promise never to reject. */
  readonly resolver?: Resolver;
}

export const endpoint = (host: string, port = 0) => ({ host, port, address: parseAddress(host) as Address });

export async function startDoor(options: RunningOptions = {}): Promise<RunningDoor> {
  const held: (() => void)[] = [];
  const upstream = await FakeUpstream.start((query: SeenQuery, send) => {
    const answer = () => send(addressReply(query, 7));
    if (query.name.startsWith('slow')) held.push(answer);
    else answer();
  });
  const shared = { counters: newCounters(), events: newEvents(), forwardZones: [], seed: 1 };
  const settings = { maxUdpSize: 1232, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300, allowNonRecursive: false };
  const path = newFastPath({ ...shared, settings: { ...settings, countsQueries: true } });
  const behind = newFastPath({ ...shared, settings: { ...settings, countsQueries: false } });
  useSnapshot([path, behind], smallPolicy());
  const resolver =
    options.resolver ??
    createResolver({
      path: behind,
      upstreams: [upstream.config()],
      forward: [],
      listen: [],
      cache: { maxBytes: 1 << 20, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 },
      deadlineMs: 4000,
      case0x20: false,
      warn: () => {},
    });
  const faults: PacketFault[] = [];
  const door = createDoor({
    path,
    resolver,
    clock: { wallMs: Date.now, monotonicSeconds: () => performance.now() / 1000 },
    onFault: (fault) => faults.push(fault),
    ...(options.maxMisses === undefined ? {} : { maxMisses: options.maxMisses }),
  });
  const listeners = await openListeners({
    listen: (options.hosts ?? ['127.0.0.1']).map((host) => endpoint(host)),
    door,
    tcp: { idleMs: 10_000, maxConnections: 100, maxPerClient: 50, ...options.tcp },
    where: { file: 'interdict.yaml', line: 1, column: 1 },
  });
  if (!('bound' in listeners)) throw new Error(JSON.stringify(listeners));
  return {
    listeners,
    port: listeners.bound[0].port,
    path,
    upstream,
    faults,
    held,
    stop: async () => {
      await listeners.close();
      await resolver.close();
      await upstream.stop();
    },
  };
}

/** A TCP client that collects whole answers. */
export class Client {
  readonly answers: Uint8Array[] = [];
  readonly socket: Socket;
  isClosed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    for (const end of ['end', 'close']) {
      socket.on(end, () => {
        this.isClosed = true;
        socket.end();
        this.#wake();
      });
    }
    const unframe = newUnframer();
    socket.on('data', (chunk) => {
      this.answers.push(...unframe(chunk));
      this.#wake();
    });
  }

  static async connect(port: number, host = '127.0.0.1', localAddress?: string): Promise<Client> {
    const socket = connect({
      port,
      host,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Waits for `count` answers or the end of the connection. */
  async until(count: number): Promise<void> {
    while (this.answers.length < count && !this.isClosed) await new Promise<void>((done) => (this.#wake = done));
  }

  async closed(): Promise<void> {
    await this.until(Number.POSITIVE_INFINITY);
  }
}
