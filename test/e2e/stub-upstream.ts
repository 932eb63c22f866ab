// An upstream resolver under the test's control: a table of answers on a loopback port, which counts what it is asked.

import { createSocket } from 'node:dgram';
import { readU16 } from '../../src/base/bytes.ts';
import { formatName, LOWER } from '../../src/base/names.ts';
import { buildMessage, type TestRecord } from '../dns/wire/message-text.ts';

export interface StubAnswer {
  /** 0 by default. */
  readonly rcode?: number;
  readonly answer?: readonly TestRecord[];
  readonly authority?: readonly TestRecord[];
}

export interface StubUpstream {
  readonly port: number;
  /** Number of queries for `name type` so far, e.g. `www.example.com 1`. */
  asked(question?: string): number;
  close(): Promise<void>;
}

/** Answers by `name type` in lower case; what `answers` does not know gets the fallback (an A record 192.0.2.1 for type A, else NODATA). */
export async function startStubUpstream(answers: (question: string) => StubAnswer | undefined): Promise<StubUpstream> {
  const counts = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const name = formatName(
      message.map((byte) => LOWER[byte]),
      12,
    );
    let end = 12;
    while (message[end] !== 0) end += message[end] + 1;
    const type = readU16(message, end + 1);
    const question = `${name} ${type}`;
    counts.set(question, (counts.get(question) ?? 0) + 1);
    const found = answers(question) ?? fallback(name, type);
    const reply = Buffer.from(buildMessage({ ...found, qname: name, qtype: type, flags: 0x8180 | (found.rcode ?? 0) }));
    message.copy(reply, 0, 0, 2);
    message.copy(reply, 12, 12, end + 1); // the question's own letter case
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return {
    port: socket.address().port,
    asked: (question) =>
      question === undefined ? [...counts.values()].reduce((a, b) => a + b, 0) : (counts.get(question) ?? 0),
    close: () => new Promise((done) => socket.close(() => done())),
  };
}

function fallback(name: string, type: number): StubAnswer {
  if (type === 1) return { answer: [{ owner: `>${name}`, type: 1, rdata: [[192, 0, 2, 1]] }] };
  return {
    authority: [
      {
        owner: `>${name}`,
        type: 6,
        rdata: ['ns.example', 'admin.example', [0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 0, 60]],
      },
    ],
  };
}
