// An upstream under the test's control: real sockets on loopback, UDP and TCP on one port, answers as the test says.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as Stream } from 'node:net';
import { parseAddress } from '../../../src/base/addresses.ts';
import { readU16, writeU16 } from '../../../src/base/bytes.ts';
import { formatName, nameLength } from '../../../src/base/names.ts';
import type { UpstreamConfig } from '../../../src/dns/resolve/upstream/upstream.ts';
import { framed, newUnframer } from '../framing.ts';
import { buildMessage, type TestMessage } from '../wire/message-text.ts';

export interface SeenQuery {
  readonly bytes: Uint8Array;
  readonly id: number;
  /** Letter case kept. */
  readonly name: string;
  readonly qtype: number;
  readonly transport: 'udp' | 'tcp';
  readonly fromPort: number;
}

export type Answerer = (query: SeenQuery, send: (message: Uint8Array) => void) => void;

export class FakeUpstream {
  readonly seen: SeenQuery[] = [];
  answer: Answerer;
  /** Without it queries are not kept: for floods. */
  keepsQueries = true;
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #streams = new Set<Stream>();

  private constructor(udp: Socket, tcp: Server, answer: Answerer) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.answer = answer;
    udp.on('message', (bytes, from) => {
      this.#asked(bytes, 'udp', from.port, (message) => udp.send(message, from.port, from.address));
    });
    tcp.on('connection', (stream) => this.#connected(stream));
  }

  static async start(answer: Answerer): Promise<FakeUpstream> {
    for (;;) {
      const tcp = createServer();
      await once(tcp.listen(0, '127.0.0.1'), 'listening');
      const address = tcp.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
      udp.bind(port, '127.0.0.1');
      const bound = await once(udp, 'listening').then(
        () => true,
        () => false,
      );
      if (bound) return new FakeUpstream(udp, tcp, answer);
      tcp.close();
    }
  }

  get port(): number {
    return this.#udp.address().port;
  }

  config(name = `fake-${this.port}`, trusted = false): UpstreamConfig {
    const address = parseAddress('127.0.0.1');
    if (address === undefined) throw new Error('unreachable');
    return { name, transport: 'udp', endpoint: { address, port: this.port }, trusted };
  }

  /** Datagrams from another socket, as a forger would send them. */
  async forge(message: Uint8Array, toPort: number): Promise<void> {
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.send(message, toPort, '127.0.0.1', () => done()));
    socket.close();
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#udp.close();
    await new Promise((done) => this.#tcp.close(done));
  }

  #connected(stream: Stream): void {
    this.#streams.add(stream);
    const unframe = newUnframer();
    stream.on('error', () => {});
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('data', (chunk) => {
      for (const message of unframe(chunk)) {
        this.#asked(message, 'tcp', stream.remotePort ?? 0, (answer) => stream.write(framed(answer)));
      }
    });
  }

  #asked(bytes: Uint8Array, transport: 'udp' | 'tcp', fromPort: number, send: (message: Uint8Array) => void): void {
    const behind = 12 + nameLength(bytes, 12);
    const query = {
      bytes: Uint8Array.from(bytes),
      id: readU16(bytes, 0),
      name: formatName(bytes, 12),
      qtype: readU16(bytes, behind),
      transport,
      fromPort,
    };
    if (this.keepsQueries) this.seen.push(query);
    this.answer(query, send);
  }
}

/** A message for the query: its id and its question as they came. */
export function replyTo(query: SeenQuery, message: Omit<TestMessage, 'qname' | 'qtype'>): Uint8Array {
  const bytes = buildMessage({ ...message, qname: query.name, qtype: query.qtype });
  writeU16(bytes, 0, query.id);
  return bytes;
}

/** One A record, owned by the question. */
export function addressReply(query: SeenQuery, last: number, ttl = 300): Uint8Array {
  const owner = `>${query.name}`;
  return replyTo(query, { answer: [{ owner, type: 1, ttl, rdata: [[192, 0, 2, last]] }] });
}
