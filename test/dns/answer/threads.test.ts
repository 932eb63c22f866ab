// Counters and events over real threads: what all of them asked, what main counts, and what main is told, over reloads that give segments
// and apps other numbers, with a thread that ends on the way and another one that takes its place.

import { once } from 'node:events';
import { setImmediate as soon } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/control/keeper/arena.ts';
import { CounterBook } from '../../../src/dns/answer/counting/counter-book.ts';
import { counterBytes } from '../../../src/dns/answer/counting/counter-layout.ts';
import { namesOf } from '../../../src/dns/answer/counting/generation-names.ts';
import { EventPump } from '../../../src/dns/answer/events/event-pump.ts';
import { eventBytes } from '../../../src/dns/answer/events/events.ts';
import type { DecisionEvent } from '../../../src/policy/decide/decision.ts';
import { openVerifiedSnapshot } from '../../../src/policy/snapshot/snapshot.ts';
import type { Asking } from './asking-thread.ts';
import { CLIENTS, smallPolicyBytes } from './small-policy.ts';

const RELOADS = 20;
const THREADS = 2;
/** Events that each generation sees at least, so that reloads meet traffic. */
const EVENTS_A_RELOAD = 200;
/** Queries that each thread answers without a rest at first: 45,000 events, where 26,000 fit into a ring. */
const BURST = 75_000;
/** And what the decision is counted as; nothing for those that no app matches. */
const QUESTIONS = [
  { name: 'www.tiktok.com', client: CLIENTS.nxdomain, as: 'nxdomain tiktok blocked' },
  { name: 'exact.example.org', client: CLIENTS.drop, as: 'drop tiktok blocked' },
  { name: 'use-application-dns.net', client: CLIENTS.sinkhole, as: 'sinkhole canary blocked' },
  { name: 'example.net', client: CLIENTS.nxdomain, as: undefined },
  { name: 'www.tiktok.com', client: CLIENTS.free, as: undefined },
] as const;

class Tally {
  readonly counts = new Map<string, number>();
  passedBy = 0;
  readonly #perDrain: number;
  constructor(perDrain: number) {
    this.#perDrain = perDrain;
  }
  room = () => this.#perDrain;
  push = ({ segment, app, action }: DecisionEvent) => this.add(`${segment} ${app} ${action}`, 1);
  missed = (count: number) => {
    this.passedBy += count;
  };
  add(key: string, count: number): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }
  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** Main, and what it shares with its threads. */
class Department {
  readonly arena = Arena.create(1 << 20);
  readonly rows = Array.from({ length: THREADS }, () => ({
    counters: new SharedArrayBuffer(counterBytes()),
    events: new SharedArrayBuffer(eventBytes()),
  }));
  readonly book = new CounterBook(this.rows.map(({ counters }) => counters));
  readonly pump = new EventPump(
    this.rows.map(({ events }) => events),
    () => performance.now(),
  );
  /** What the threads say that they asked. */
  readonly asked = new Tally(0);
  #failure: unknown;

  async publish(generation: number): Promise<void> {
    const { arena, book, pump } = this;
    await this.until(() => arena.isSpareFree());
    const bytes = smallPolicyBytes({ generation, isTurned: generation % 2 === 0 });
    const slot = arena.spare;
    arena.slot(slot).set(bytes);
    const snapshot = openVerifiedSnapshot(arena.slot(slot, bytes.length));
    if ('fault' in snapshot) throw new Error(snapshot.fault);
    book.fold();
    book.learn(namesOf(snapshot));
    pump.learn(namesOf(snapshot));
    arena.publish(generation, slot, bytes.length);
  }

  /** Gives the function that ends the thread. */
  start(row: number): () => Promise<void> {
    const control = new SharedArrayBuffer(4);
    const asking: Asking = {
      arena: this.arena.shared,
      row,
      ...this.rows[row],
      control,
      questions: QUESTIONS,
      burst: BURST,
    };
    const worker = new Worker(new URL('./asking-thread.ts', import.meta.url), { workerData: asking });
    worker.on('error', (error) => {
      this.#failure = error;
    });
    return async () => {
      Atomics.store(new Int32Array(control), 0, 1);
      Atomics.notify(new Int32Array(control), 0);
      const [tallies] = (await once(worker, 'message')) as [number[]];
      for (const [i, { as }] of QUESTIONS.entries()) if (as !== undefined) this.asked.add(as, tallies[i]);
      await once(worker, 'exit');
      this.arena.left(row);
    };
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#failure !== undefined) throw this.#failure;
      await soon();
    }
  }

  counted(): number {
    return this.book.read().decisions.reduce((sum, { value }) => sum + value, 0);
  }
}

test('decisions counted are those asked for, and events and counted losses together', async () => {
  const main = new Department();
  const { book, pump, asked } = main;
  const [all, few] = [new Tally(Number.POSITIVE_INFINITY), new Tally(100)];
  pump.subscribe(all);
  pump.subscribe(few);
  const hear = (count: number) => {
    const enough = all.total + count;
    return main.until(() => !pump.drain() && all.total >= enough);
  };

  await main.publish(1);
  const stops = Array.from({ length: THREADS }, (_, row) => main.start(row));
  await main.until(() => pump.lost > 0); // main does not come to drain for a while
  let before = 0;
  for (let generation = 2; generation <= RELOADS + 1; generation++) {
    await hear(EVENTS_A_RELOAD);
    await main.publish(generation);
    expect(main.counted()).toBeGreaterThanOrEqual(before);
    before = main.counted();
    if (generation !== RELOADS / 2) continue;
    await stops[0]();
    stops[0] = main.start(0);
  }
  await Promise.all(stops.map((stop) => stop()));
  pump.drainAll();

  const counted = book.read().decisions.map(({ labels, value }) => [labels.join(' '), value]);
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(asked.counts));
  expect(all.total + pump.lost).toBe(asked.total);
  expect(few.total + few.passedBy + pump.lost).toBe(asked.total);
  expect([all.passedBy, Math.sign(few.passedBy), Math.sign(pump.lost)]).toEqual([0, 1, 1]);
});
