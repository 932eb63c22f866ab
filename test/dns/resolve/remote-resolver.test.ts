import { expect, test } from 'vitest';
import { type Channel, RemoteResolver, type Report } from '../../../src/dns/resolve/remote-resolver.ts';

/** A thread that says only what the test lets it say. */
class ScriptedThread implements Channel {
  readonly posted: unknown[] = [];
  #hear: (message: unknown) => void = () => {};

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  on(_event: 'message', listener: (message: unknown) => void): void {
    this.#hear = listener;
  }

  say(report: Report<number>): void {
    this.#hear(report);
  }
}

const EVENTS = { onWarning: () => {}, onFault: () => {} };

test('however many ask a stuck thread for its numbers, it is asked once, and all hear its answer', async () => {
  const thread = new ScriptedThread();
  const resolver = new RemoteResolver<number>(thread, EVENTS);
  const asking = Array.from({ length: 100 }, () => resolver.freshStats());
  expect(thread.posted).toEqual([{ wants: 'stats' }]);
  thread.say({ stats: 7, wereAsked: true });
  expect(new Set(await Promise.all(asking))).toEqual(new Set([7]));
});

test('numbers told unasked are no answer to who asked meanwhile', async () => {
  const thread = new ScriptedThread();
  const resolver = new RemoteResolver<number>(thread, EVENTS);
  let fresh: number | undefined;
  const asking = resolver.freshStats().then((stats) => {
    fresh = stats;
  });
  thread.say({ stats: 1, wereAsked: false });
  await new Promise(setImmediate);
  expect([fresh, resolver.stats()]).toEqual([undefined, 1]);
  thread.say({ stats: 2, wereAsked: true });
  await asking;
  expect(fresh).toBe(2);
});

test('who asks while the thread ends is not left waiting', async () => {
  const thread = new ScriptedThread();
  const resolver = new RemoteResolver<number>(thread, EVENTS);
  const asking = resolver.freshStats();
  const closing = resolver.close();
  thread.say({ ended: true });
  await Promise.all([asking, closing]);
  expect(await resolver.freshStats()).toBeUndefined();
});
