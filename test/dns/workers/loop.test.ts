import { expect, test } from 'vitest';
import type { Packet } from '../../../src/base/packet.ts';
import type { FastPath, FastPathSettings } from '../../../src/dns/answer/fast-path.ts';
import { isProbeReply, PROBE_KEY_BYTES, probeMessage } from '../../../src/dns/answer/own-probe.ts';
import { newCacheMemory } from '../../../src/dns/answer/response-cache/layout.ts';
import { type CacheReader, newCacheReader } from '../../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../../src/dns/answer/response-cache/writer.ts';
import { scrub } from '../../../src/dns/wire/scrub.ts';
import { ControlWords, CRASH, STOP } from '../../../src/dns/workers/control-words.ts';
import { type LoopOptions, runLoop } from '../../../src/dns/workers/loop.ts';
import { REFRESH } from '../../../src/dns/workers/miss-ring.ts';
import { PACKET_ROOM } from '../../../src/dns/workers/sockets/batch-socket.ts';
import type { Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { newPath } from '../answer/asking.ts';
import { readCounters } from '../answer/reading.ts';
import { CLIENTS, NOW, smallPolicy } from '../answer/small-policy.ts';
import { query, readReply, wireName } from '../answer/wire.ts';
import { type Datagram, ScriptedSocket } from './scripted-socket.ts';

const OVER = 'the script is over';
const NXDOMAIN = 3;
const SERVFAIL = 2;

interface Handed {
  readonly name: string;
  readonly flags: number;
  readonly query: Uint8Array;
}

/** A loop with everything in the test's hands. */
class Bench {
  readonly path: FastPath;
  readonly sockets: readonly ScriptedSocket[];
  readonly control = new ControlWords();
  readonly handed: Handed[] = [];
  readonly faults: { readonly error: unknown; readonly sample: Uint8Array }[] = [];
  readonly published: string[] = [];
  policies: Snapshot[] = [smallPolicy()];
  seconds = 1000;
  hasRoom = true;
  isReady: (lane: number) => boolean = () => true;

  constructor(sockets = 1, cache?: CacheReader, settings: Partial<FastPathSettings> = {}) {
    this.path = { ...newPath(undefined, settings), cache };
    this.sockets = Array.from({ length: sockets }, () => new ScriptedSocket());
  }

  get socket(): ScriptedSocket {
    return this.sockets[0];
  }

  run(options: Partial<LoopOptions<ScriptedSocket>> = {}): void {
    const { sockets } = this;
    runLoop({
      lanes: sockets.map((socket, lane) => ({ socket, counts: this.#counts(lane) })),
      poll: sockets.length === 1 ? undefined : { wait: () => 1, isReady: (lane) => this.isReady(lane) },
      path: this.path,
      policy: { next: () => this.policies.shift() },
      misses: { push: (_socket, _i, packet, flags) => this.#take(packet, flags) },
      control: this.control,
      clock: { wallMs: () => NOW, monotonicSeconds: () => this.seconds },
      onFault: (error, sample) => this.faults.push({ error, sample }),
      ...options,
    });
  }

  #take({ bytes, at, length, qname, qnameLength }: Packet, flags: number): boolean {
    const name = Buffer.from(qname.subarray(0, qnameLength)).toString('latin1');
    if (name.includes('throws')) throw new Error('nobody foresaw this');
    if (this.hasRoom) this.handed.push({ name, flags, query: bytes.slice(at, at + length) });
    return this.hasRoom;
  }

  #counts(lane: number) {
    return {
      publishDrops: () => this.published.push(`drops ${lane}`),
      publishErrors: () => this.published.push(`errors ${lane}`),
    };
  }
}

const from = (name: string, client: string = CLIENTS.nxdomain): Datagram => ({ bytes: query(name, 'A'), client });
const blocked = from('www.tiktok.com');
const free = from('www.example.net');
const rcodes = (batch: [number, Uint8Array][]) => batch.map(([i, bytes]) => [i, readReply(bytes).rcode]);
const dropped = ({ path }: Bench) =>
  readCounters(path).dropped.find(({ labels }) => labels.join() === 'udp,malformed')?.value;

test('answers leave in one flush a batch, misses go to the resolver as they came', () => {
  const bench = new Bench();
  bench.socket.gives([blocked, free, blocked]).gives([free]);
  expect(() => bench.run()).toThrow(OVER);
  expect(bench.socket.answers.map(rcodes)).toEqual([
    [
      [0, NXDOMAIN],
      [2, NXDOMAIN],
    ],
    [],
  ]);
  expect(bench.handed.map(({ flags, query }) => [flags, query])).toEqual([
    [0, free.bytes],
    [0, free.bytes],
  ]);
});

test('a batch is one sample of its time, weighted with the packets that were answered', () => {
  const bench = new Bench();
  bench.socket.gives([blocked, free, blocked]);
  const clock = { wallMs: () => NOW, monotonicSeconds: () => bench.seconds++ };
  expect(() => bench.run({ clock })).toThrow(OVER);
  const memory = readCounters(bench.path).durations.find(({ path }) => path === 'memory');
  expect(memory).toMatchObject({ count: 2, sumSeconds: 2 });
});

test('the own probe goes back at once, and is no query, no answer and no sample of time', () => {
  const probeKey = new Uint8Array(PROBE_KEY_BYTES).fill(9);
  const bench = new Bench(1, undefined, { probeKey });
  const probe = { bytes: probeMessage(probeKey, 7), client: CLIENTS.stranger };
  bench.socket.gives([blocked, probe, free]).gives([probe]);
  expect(() => bench.run()).toThrow(OVER);
  const [[[place, reply]], [[, alone]]] = bench.socket.answers;
  expect([place, isProbeReply(probe.bytes, reply), isProbeReply(probe.bytes, alone)]).toEqual([1, true, true]);
  const { queries, responses, refused, durations } = readCounters(bench.path);
  const sum = (rows: readonly { readonly value: number }[]) => rows.reduce((total, { value }) => total + value, 0);
  expect([sum(queries), sum(responses), sum(refused)]).toEqual([2, 1, 0]);
  expect(durations.find(({ path }) => path === 'memory')).toMatchObject({ count: 1 });
});

test('a datagram of nothing, one that did not fit and one from port 0 are dropped and counted, the others answered', () => {
  const bench = new Bench();
  const long = {
    ...blocked,
    bytes: Uint8Array.from([...blocked.bytes, ...new Uint8Array(PACKET_ROOM)]),
    isTruncated: true,
  };
  bench.socket.gives([{ ...blocked, bytes: new Uint8Array(0) }, blocked, long, { ...blocked, port: 0 }, blocked]);
  expect(() => bench.run()).toThrow(OVER);
  expect(rcodes(bench.socket.answers[0])).toEqual([
    [1, NXDOMAIN],
    [4, NXDOMAIN],
  ]);
  expect(dropped(bench)).toBe(3);
});

test('when the resolver takes no more, the client hears SERVFAIL at once, and it is counted', () => {
  const bench = new Bench();
  bench.hasRoom = false;
  bench.socket.gives([free, blocked]);
  expect(() => bench.run()).toThrow(OVER);
  expect(rcodes(bench.socket.answers[0])).toEqual([
    [0, SERVFAIL],
    [1, NXDOMAIN],
  ]);
  expect(readCounters(bench.path).overloads).toBe(1);
});

test('a policy that came while the loop waited judges the batch that ended the wait', () => {
  const bench = new Bench();
  bench.socket.gives([free]).gives(() => {
    bench.policies = [smallPolicy({ generation: 8, extra: ['tiktok domain example.net'] })];
    return [free];
  });
  expect(() => bench.run()).toThrow(OVER);
  expect(bench.socket.answers.map(rcodes)).toEqual([[], [[0, NXDOMAIN]]]);
});

test('a policy is followed also when nothing is received', () => {
  const bench = new Bench();
  bench.socket.gives(0).gives(0);
  bench.policies = [];
  let asked = 0;
  const next = () => {
    asked++;
    return undefined;
  };
  expect(() => bench.run({ policy: { next } })).toThrow(OVER);
  expect(asked).toBe(3);
});

test('without a policy every query is SERVFAIL', () => {
  const bench = new Bench();
  bench.policies = [];
  bench.socket.gives([blocked]);
  expect(() => bench.run()).toThrow(OVER);
  expect(rcodes(bench.socket.answers[0])).toEqual([[0, SERVFAIL]]);
});

test('told to stop, it ends with the receive in hand; told to crash, it throws', () => {
  for (const command of [STOP, CRASH] as const) {
    const bench = new Bench();
    bench.socket.gives([blocked]).gives(() => {
      bench.control.tell(command);
      return [blocked];
    });
    if (command === STOP) bench.run();
    else expect(() => bench.run()).toThrow('crashed because it was told to');
    expect(bench.socket.answers).toHaveLength(1);
  }
});

test('a packet that throws is counted, told of and dropped; its batch goes on', () => {
  const bench = new Bench();
  const long = query('throws.example.net', 'A', { opt: 1232, options: [0, 12, 2, 88, ...new Uint8Array(600)] });
  bench.socket.gives([blocked, { ...blocked, bytes: long }, blocked]);
  expect(() => bench.run()).toThrow(OVER);
  expect(rcodes(bench.socket.answers[0])).toEqual([
    [0, NXDOMAIN],
    [2, NXDOMAIN],
  ]);
  expect(dropped(bench)).toBe(1);
  expect(bench.faults).toMatchObject([{ error: { message: 'nobody foresaw this' } }]);
  expect(bench.faults[0].sample).toEqual(long);
});

test('ten such packets in a minute end the thread, after the answers of their batch; nine do not', () => {
  const fault = from('throws.example.net');
  const quick = new Bench();
  quick.socket.gives([...Array.from({ length: 9 }, () => fault)]).gives([blocked, fault, blocked]);
  expect(() => quick.run()).toThrow('too many packets made it throw');
  expect(quick.socket.answers[1]).toHaveLength(2);
  const slow = new Bench();
  for (let i = 0; i < 30; i++) {
    slow.socket.gives(() => {
      slow.seconds += 60 / 9;
      return [fault];
    });
  }
  expect(() => slow.run()).toThrow(OVER);
  expect(dropped(slow)).toBe(30);
});

test('errors of a socket are published and gone over; a thousand without a packet end the thread', () => {
  const bench = new Bench();
  for (let i = 0; i < 600; i++) bench.socket.gives(-111);
  bench.socket.gives([blocked]);
  for (let i = 0; i < 1000; i++) bench.socket.gives(-9);
  expect(() => bench.run()).toThrow('a socket gives nothing but errors, errno 9');
  expect(bench.published.filter((line) => line === 'errors 0')).toHaveLength(1600);
  expect(rcodes(bench.socket.answers[0])).toEqual([[0, NXDOMAIN]]);
});

test('of several sockets it reads the ready ones, and waits in none', () => {
  const bench = new Bench(3);
  bench.isReady = (lane) => lane !== 1;
  bench.sockets[0].gives([blocked]).gives(0);
  bench.sockets[2].gives([blocked, blocked]);
  expect(() => bench.run()).toThrow(OVER);
  expect(bench.sockets.map(({ waits }) => waits.length)).toEqual([2, 0, 2]);
  expect(bench.sockets.flatMap(({ waits }) => waits)).not.toContain(true);
  expect(bench.sockets.map(({ answers }) => answers.flat().length)).toEqual([1, 0, 2]);
});

test('an answer near its end is given, and its question handed over once, anew and for nobody', () => {
  const memory = newCacheMemory(1 << 20, [1, 2]);
  const bench = new Bench(1, newCacheReader(memory));
  keepAddress(new CacheWriter(memory, 0), 'www.example.net', bench.seconds, 100);
  const asks = { ...free, bytes: query('WWW.example.NET', 'A', { opt: 1232, dnssecOk: false }) };
  bench.socket
    .gives([asks])
    .gives(() => {
      bench.seconds += 95;
      return [asks];
    })
    .gives([asks]);
  expect(() => bench.run()).toThrow(OVER);
  expect(bench.socket.answers.map((batch) => readReply(batch[0][1]).answers)).toEqual([
    ['WWW.example.NET 100 A 192.0.2.7'],
    ['WWW.example.NET 5 A 192.0.2.7'],
    ['WWW.example.NET 5 A 192.0.2.7'],
  ]);
  expect(bench.handed.map(({ flags }) => flags)).toEqual([REFRESH]);
  expect(bench.handed[0].query.subarray(12, 33)).toEqual(query('www.example.net', 'A').subarray(12, 33));
});

function keepAddress(writer: CacheWriter, name: string, insertedAt: number, ttl: number): void {
  const question = query(name, 'A', { id: 0, flags: 0x8180 });
  const reply = Uint8Array.from([...question, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 192, 0, 2, 7]);
  reply[7] = 1;
  const qname = Uint8Array.from(wireName(name));
  const scrubbed = scrub({ qname, qtype: 1, dnssecOk: false }, reply);
  if (scrubbed.kind !== 'answer') throw new Error(scrubbed.kind);
  const { bytes, factsAt, isNegative, ttlOffsets } = scrubbed;
  const padded = new Uint8Array(256);
  padded.set(qname);
  const key = { qnameWords: new Int32Array(padded.buffer), qnameLength: qname.length, qtype: 1, dnssecOk: 0, flags: 0 };
  const answer = { bytes, factsAt, rcode: 0, isNegative, authentic: false, ttlOffsets, ede: -1, stale: false };
  expect(writer.keep(key, { ...answer, insertedAt, expiresAt: insertedAt + ttl })).toBe(true);
}
