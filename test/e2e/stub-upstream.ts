// An upstream resolver under the test's control: a table of answers on a loopback port, which counts what it is asked.

import { nameLength } from '../../src/base/names.ts';
import { FakeUpstream, replyTo } from '../dns/resolve/fake-upstream.ts';
import type { TestRecord } from '../dns/wire/message-text.ts';

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
  const upstream = await FakeUpstream.start((query, send) => {
    const name = query.name.toLowerCase();
    const question = `${name} ${query.qtype}`;
    counts.set(question, (counts.get(question) ?? 0) + 1);
    const found = answers(question) ?? fallback(name, query.qtype);
    const reply = replyTo({ ...query, name }, { ...found, flags: 0x8180 | (found.rcode ?? 0) });
    reply.set(query.bytes.subarray(12, 12 + nameLength(query.bytes, 12)), 12); // the question's own letter case
    send(reply);
  });
  upstream.keepsQueries = false;
  return {
    port: upstream.port,
    asked: (question) =>
      question === undefined ? [...counts.values()].reduce((a, b) => a + b, 0) : (counts.get(question) ?? 0),
    close: () => upstream.stop(),
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
