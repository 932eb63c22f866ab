// What one popular name does to its upstream: asked again before it ends, once, and nobody waits. Workers, resolver, clients and upstream
// each in a thread of their own.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { UpstreamConfig } from '../../src/dns/resolve/upstream/upstream.ts';
import { batchIoFault } from '../../src/dns/workers/sockets/libc.ts';
import type { Load, LoadResult, LoadWorld } from './prefetch-load.ts';
import { type RunningThreads, startThreads } from './running-threads.ts';

const fault = batchIoFault();
if (fault !== undefined) console.log(`skipped: batched sockets do not work here: ${fault}`);

const started: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function start(world: LoadWorld, workers = 2) {
  const load = new Worker(new URL('./prefetch-load.ts', import.meta.url), { workerData: world });
  started.push({ stop: () => load.terminate() });
  const [{ upstream }] = (await once(load, 'message')) as [{ upstream: UpstreamConfig }];
  const threads = await startThreads(workers, [upstream]);
  started.push(threads);
  const run = async (one: Omit<Load, 'port'>): Promise<LoadResult> => {
    load.postMessage({ port: threads.port, ...one });
    return (await once(load, 'message'))[0];
  };
  return { threads, run };
}

async function overloads({ book, resolver }: RunningThreads): Promise<number> {
  return book.read().overloads + ((await resolver.freshStats())?.overloaded ?? 0);
}

describe.skipIf(fault !== undefined)('a popular name', () => {
  test('with a TTL of 4 s and an upstream 100 ms away is asked for at most once a second, and no query waits', async () => {
    const { threads, run } = await start({ upstreamDelayMs: 100, ttlSeconds: 4 });
    await run({ name: 'popular.example', queries: 1 });
    const { sent, answers, slowestMs, upstreamAt } = await run({
      name: 'popular.example',
      queries: 9000,
      perSecond: 1000,
    });
    expect(answers).toEqual({ 0: sent });
    console.log(
      `slowest ${slowestMs.toFixed(1)} ms, upstream asked at ${upstreamAt.map((at) => Math.round(at)).join(', ')} ms`,
    );
    expect(upstreamAt.length).toBeGreaterThanOrEqual(2);
    for (let i = 1; i < upstreamAt.length; i++) expect(upstreamAt[i] - upstreamAt[i - 1]).toBeGreaterThan(3000);
    expect((await threads.resolver.freshStats())?.joined).toBe(0);
    expect(await overloads(threads)).toBe(0);
    expect(threads.faults).toEqual([]);
  });

  test('that is not kept yet costs one upstream query: 256 clients share its answer, the others get SERVFAIL and are counted', async () => {
    const { threads, run } = await start({ upstreamDelayMs: 300, ttlSeconds: 60 });
    const { answers, upstreamAt } = await run({ name: 'popular.example', queries: 400 });
    expect(answers).toEqual({ 0: 256, 2: 144 });
    expect(upstreamAt).toHaveLength(1);
    expect(await overloads(threads)).toBe(144);
  });

  test('and new ones are answered while main is blocked for 2 s', async () => {
    const { threads, run } = await start({ upstreamDelayMs: 5, ttlSeconds: 60 });
    const result = run({ name: '*.example', queries: 600, perSecond: 200 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    const { sent, answers, upstreamAt } = await result;
    expect(answers).toEqual({ 0: sent });
    expect(upstreamAt.length).toBeGreaterThanOrEqual(sent); // one that took long is asked again
    expect(threads.faults).toEqual([]);
  });
});

describe.skipIf(fault !== undefined)("the resolver's thread", () => {
  test('answers main by messages, follows the policy while idle, and lets nobody wait when it ends', async () => {
    const { threads } = await start({ upstreamDelayMs: 20, ttlSeconds: 60 }, 1);
    const { query, readReply } = await import('../dns/answer/wire.ts');
    const client = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1]);
    const ask = async (name: string) => {
      const answer = await threads.resolver.resolve(query(name, 'A'), {
        client,
        clientPort: 99,
        transport: 1,
        segment: -1,
      });
      return answer === undefined ? undefined : readReply(answer);
    };
    expect((await ask('a.example'))?.answers).toEqual(['a.example 60 A 192.0.2.1']);
    threads.serve(2, 'a.example');
    expect((await ask('a.example'))?.answers).toEqual([]);
    const late = ask('late.example');
    const closed = threads.resolver.close();
    expect(await late).toBeUndefined();
    await closed;
  });
});
