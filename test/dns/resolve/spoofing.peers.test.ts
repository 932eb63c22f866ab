// What a forger must guess, and what happens when one guesses.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { parseName } from '../../../src/base/names.ts';
import { Random } from '../../../src/dns/resolve/random.ts';
import {
  PORT_MAX_AGE_MS,
  PORT_MAX_QUERIES,
  PORTS,
  SourcePorts,
} from '../../../src/dns/resolve/upstream/source-ports.ts';
import { buildQuery } from '../../../src/dns/resolve/upstream/upstream-query.ts';
import { addressReply, FakeUpstream, replyTo } from './fake-upstream.ts';
import { KINDS, newSockets } from './socket-kinds.ts';
import { SteppedClock } from './stepped-clock.ts';
import { startFake, startResolver, stopStarted, willStop } from './test-resolver.ts';

afterEach(stopStarted);

/** Sum of (seen − expected)² / expected, as standard deviations from its mean; it has `counts.length − 1` degrees of freedom. */
function chiSquareDeviation(counts: readonly number[]): number {
  const freedom = counts.length - 1;
  const expected = counts.reduce((sum, one) => sum + one, 0) / counts.length;
  const chiSquare = counts.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0);
  return Math.abs(chiSquare - freedom) / Math.sqrt(2 * freedom);
}

/** Equal parts of the kernel's range of ephemeral ports, as seen. */
const EPHEMERAL_BUCKETS = 32;

describe.each(KINDS)('ids and ports of %s sockets', (kind) => {
  test('of 100,000 upstream queries are as if drawn by lot, and the test sees when they are not', async () => {
    const idHigh = new Array<number>(256).fill(0);
    const idLow = new Array<number>(256).fill(0);
    const perPort = new Map<number, number>();
    let count = 0;
    let lastId = 0;
    const steps = new Array<number>(64).fill(0);
    const upstream = await startFake((query, send) => {
      count++;
      idHigh[query.id >> 8]++;
      idLow[query.id & 255]++;
      steps[((query.id - lastId) & 0xffff) >> 10]++;
      lastId = query.id;
      perPort.set(query.fromPort, (perPort.get(query.fromPort) ?? 0) + 1);
      send(addressReply(query, 1));
    });
    upstream.keepsQueries = false;
    const clock = new SteppedClock();
    const ports = new SourcePorts(clock, new Random(randomBytes), newSockets(kind));
    willStop(async () => ports.close());
    const qname = parseName('q.example');
    if (typeof qname === 'string') throw new Error(qname);
    const question = { qname, qtype: 1, dnssecOk: false, checkingDisabled: false };
    const target = { address: upstream.config().endpoint.address, host: '127.0.0.1', port: upstream.port };
    const ask = () =>
      new Promise<void>((done) => {
        ports.send({ target, query: buildQuery(question), reply: () => done(), failed: done, wrong: () => {} });
      });
    // Half with every port held, to count queries a port; half with time passing, to count ports.
    for (let i = 0; i < 500; i++) await Promise.all(Array.from({ length: 100 }, ask));
    const held = [...perPort.values()];
    expect(ports.stats().open).toBe(PORTS);
    perPort.clear();
    for (let i = 0; i < 500; i++) {
      await Promise.all(Array.from({ length: 100 }, ask));
      clock.step(PORT_MAX_AGE_MS / 20);
    }
    expect(count).toBe(100_000);
    const used = [...perPort.keys()];
    const low = Math.min(...used);
    const buckets = new Array<number>(EPHEMERAL_BUCKETS).fill(0);
    const width = (Math.max(...used) - low + 1) / EPHEMERAL_BUCKETS;
    for (const port of used) buckets[Math.floor((port - low) / width)]++;
    console.log(`${held.length} ports held at once, ${used.length} over 250 s, ${ports.stats().strays} strays`);
    // 7 deviations: at most one false alarm in a million runs.
    for (const counts of [idHigh, idLow, steps, held, buckets]) expect(chiSquareDeviation(counts)).toBeLessThan(7);
    expect(held.length).toBe(PORTS);
    expect(used.length).toBeGreaterThan(10_000);
    expect(chiSquareDeviation(idHigh.with(7, idHigh[7] * 2))).toBeGreaterThan(7);
  });

  test('a port serves no query after 10 s or 10,000 queries, and none stays open in a quiet resolver', async () => {
    const seen = new Map<number, number>();
    const upstream = await startFake((query, send) => {
      seen.set(query.fromPort, (seen.get(query.fromPort) ?? 0) + 1);
      send(addressReply(query, 1));
    });
    upstream.keepsQueries = false;
    const clock = new SteppedClock();
    // Chance that always says slot 0; asked one after another, the two bytes behind it are the id.
    const ports = new SourcePorts(
      clock,
      new Random((size) => randomBytes(size).map((byte, i) => (i % 4 < 2 ? 0 : byte))),
      newSockets(kind),
    );
    willStop(async () => ports.close());
    const qname = parseName('q.example');
    if (typeof qname === 'string') throw new Error(qname);
    const query = () => buildQuery({ qname, qtype: 1, dnssecOk: false, checkingDisabled: false });
    const target = { address: upstream.config().endpoint.address, host: '127.0.0.1', port: upstream.port };
    const ask = () =>
      new Promise<void>((done) => {
        ports.send({ target, query: query(), reply: () => done(), failed: done, wrong: () => {} });
      });
    await ask();
    clock.step(PORT_MAX_AGE_MS);
    await ask();
    expect([...seen.values()]).toEqual([1, 1]);
    for (let i = 0; i < PORT_MAX_QUERIES; i++) await ask();
    expect([...seen.values()]).toEqual([1, PORT_MAX_QUERIES, 1]);
    clock.step(PORT_MAX_AGE_MS + 1000);
    expect(ports.stats().open).toBe(0);
  });
});

describe.each(KINDS)('forged answers at %s sockets', (kind) => {
  test('20 answers with wrong ids do not get in, and the question goes on over TCP', async () => {
    const upstream = await startFake((query, send) => {
      if (query.transport === 'tcp') return send(addressReply(query, 1));
      for (let i = 1; i <= 20; i++) send(addressReply({ ...query, id: (query.id + i) & 0xffff }, 66));
      return undefined;
    });
    const { ask, resolver } = startResolver({ sockets: newSockets(kind), upstreams: [upstream.config()] });
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 300 A 192.0.2.1']);
    expect(upstream.seen.map((query) => query.transport)).toEqual(['udp', 'tcp']);
    expect(resolver.stats().ports.strays).toBe(20);
  });

  test('19 do not yet, and the right answer behind them is taken by UDP', async () => {
    const upstream = await startFake((query, send) => {
      for (let i = 1; i <= 19; i++) send(addressReply({ ...query, id: (query.id + i) & 0xffff }, 66));
      send(addressReply(query, 1));
    });
    const { ask } = startResolver({ sockets: newSockets(kind), upstreams: [upstream.config()] });
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 300 A 192.0.2.1']);
    expect(upstream.seen).toHaveLength(1);
  });

  test('the right id from another port, for another question, or without QR does not get in', async () => {
    const forger = createSocket('udp4');
    await once(forger.bind(0, '127.0.0.1'), 'listening');
    const upstream = await startFake((query, send) => {
      const right = addressReply(query, 1);
      forger.send(addressReply(query, 66), query.fromPort, '127.0.0.1', () => {
        send(addressReply({ ...query, name: 'b.example' }, 66));
        send(addressReply({ ...query, qtype: 28 }, 66));
        send(addressReply(query, 66).with(2, 0x01));
        send(right);
      });
    });
    const { ask, resolver } = startResolver({ sockets: newSockets(kind), upstreams: [upstream.config()] });
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 300 A 192.0.2.1']);
    expect(resolver.stats().ports.strays).toBe(4);
    await new Promise<void>((done) => forger.close(() => done()));
  });

  test('records for other names in a right answer do not get in', async () => {
    const upstream = await startFake((query, send) =>
      send(
        replyTo(query, {
          answer: [
            { owner: `>${query.name}`, type: 1, rdata: [[192, 0, 2, 1]] },
            { owner: 'bank.example', type: 1, rdata: [[192, 0, 2, 66]] },
          ],
          additional: [{ owner: 'bank.example', type: 1, rdata: [[192, 0, 2, 66]] }],
        }),
      ),
    );
    const { ask } = startResolver({ sockets: newSockets(kind), upstreams: [upstream.config()] });
    expect((await ask('a.example', 'A')).answers).toEqual(['a.example 300 A 192.0.2.1']);
  });
});

describe('0x20', () => {
  test('each query has its own letter case, and clients see theirs', async () => {
    const upstream = await startFake((query, send) => send(addressReply(query, 1, 0)));
    const { ask } = startResolver({ upstreams: [upstream.config()], case0x20: true });
    for (let i = 0; i < 20; i++) {
      expect((await ask('a-Long-name.example', 'A')).answers).toEqual(['a-Long-name.example 0 A 192.0.2.1']);
    }
    expect(new Set(upstream.seen.map((query) => query.name)).size).toBeGreaterThan(15);
    expect(new Set(upstream.seen.map((query) => query.name.toLowerCase()))).toEqual(new Set(['a-long-name.example']));
  });

  test('an upstream that folds case is asked over TCP', async () => {
    const upstream = await startFake((query, send) =>
      send(addressReply({ ...query, name: query.name.toLowerCase() }, 1)),
    );
    const { ask } = startResolver({ upstreams: [upstream.config()], case0x20: true });
    expect((await ask('a-very-long-name.example', 'A')).answers).toHaveLength(1);
    expect(upstream.seen.map((query) => query.transport)).toEqual(['udp', 'tcp']);
  });
});

test.each(KINDS)(
  'without descriptors for more ports of %s sockets, queries leave from those that are open and none is lost',
  async (kind) => {
    const upstream = await FakeUpstream.start((query, send) => send(addressReply(query, 1)));
    const program = join(import.meta.dirname, 'few-descriptors.ts');
    const command = `ulimit -n 60 && exec "${process.execPath}" "${program}" ${upstream.port} ${kind}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 30_000 });
    await upstream.stop();
    const { answered, failed, open } = JSON.parse(stdout);
    expect({ answered, failed }).toEqual({ answered: 300, failed: 0 });
    expect(open).toBeGreaterThan(5);
    expect(open).toBeLessThan(60);
  },
);
