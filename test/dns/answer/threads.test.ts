// Counters and events over real threads: what all of them asked, what main counts, and what main is told, over reloads that give segments
// and apps other numbers, with a thread that ends on the way and another one that takes its place.

import { once } from 'node:events';
import { setImmediate as soon } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/control/arena.ts';
import { CounterBook } from '../../../src/dns/answer/counter-book.ts';
import { counterBytes } from '../../../src/dns/answer/counter-layout.ts';
import { EventPump } from '../../../src/dns/answer/event-pump.ts';
import { eventBytes } from '../../../src/dns/answer/events.ts';
import { namesOf } from '../../../src/dns/answer/generation-names.ts';
import type { DecisionEvent } from '../../../src/policy/decide/decision.ts';
import { openVerifiedSnapshot } from '../../../src/policy/snapshot/snapshot.ts';
import type { Asking } from './asking-thread.ts';
import { CLIENTS, smallPolicyBytes } from './small-policy.ts';

const RELOADS = 20;
const THREADS = 2;
/** Events that each generation sees at least, so that reloads meet traffic. */
const EVENTS_A_RELOAD = 500;
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

test.each([
  ['that rest between batches: no event is lost', 1],
  ['that never rest: what found its ring full is counted as lost', 0],
])(
  'decisions counted are those asked for, and events and counted losses together, from threads %s',
  async (_, restMs) => {
    const arena = Arena.create(1 << 20);
    const rows = Array.from({ length: THREADS }, () => ({
      counters: new SharedArrayBuffer(counterBytes()),
      events: new SharedArrayBuffer(eventBytes()),
    }));
    const book = new CounterBook(rows.map(({ counters }) => counters));
    const pump = new EventPump(
      rows.map(({ events }) => events),
      () => performance.now(),
    );
    const [all, few] = [new Tally(Number.POSITIVE_INFINITY), new Tally(100)];
    pump.subscribe(all);
    pump.subscribe(few);
    const asked = new Tally(0);

    const publish = async (generation: number) => {
      while (!arena.isSpareFree()) await soon();
      const bytes = smallPolicyBytes({ generation, isTurned: generation % 2 === 0 });
      const slot = arena.spare;
      arena.slot(slot).set(bytes);
      const snapshot = openVerifiedSnapshot(arena.slot(slot, bytes.length));
      if ('fault' in snapshot) throw new Error(snapshot.fault);
      book.fold();
      book.learn(namesOf(snapshot));
      pump.learn(namesOf(snapshot));
      arena.publish(generation, slot, bytes.length);
    };
    const start = (row: number) => {
      const control = new SharedArrayBuffer(4);
      const asking: Asking = { arena: arena.shared, row, ...rows[row], control, questions: QUESTIONS, restMs };
      const worker = new Worker(new URL('./asking-thread.ts', import.meta.url), { workerData: asking });
      const stop = async () => {
        Atomics.store(new Int32Array(control), 0, 1);
        Atomics.notify(new Int32Array(control), 0);
        const [tallies] = (await once(worker, 'message')) as [number[]];
        for (const [i, { as }] of QUESTIONS.entries()) if (as !== undefined) asked.add(as, tallies[i]);
        await once(worker, 'exit');
        arena.left(row);
      };
      return stop;
    };
    const heard = () => all.total + all.passedBy + pump.lost;
    const hear = async (more: number) => {
      const until = heard() + more;
      while (heard() < until) {
        pump.drain();
        await soon();
      }
    };

    await publish(1);
    const stops = Array.from({ length: THREADS }, (_, row) => start(row));
    // A main thread that does not come to drain for a while.
    while (restMs === 0 && pump.lost === 0) await soon();
    let highest = 0;
    for (let generation = 2; generation <= RELOADS + 1; generation++) {
      await hear(EVENTS_A_RELOAD);
      await publish(generation);
      const now = book.read().decisions.reduce((sum, { value }) => sum + value, 0);
      expect(now).toBeGreaterThanOrEqual(highest);
      highest = now;
      if (generation !== RELOADS / 2) continue;
      await stops[0]();
      stops[0] = start(0);
    }
    await Promise.all(stops.map((stop) => stop()));
    pump.drainAll();

    const counted = Object.fromEntries(book.read().decisions.map(({ labels, value }) => [labels.join(' '), value]));
    expect(counted).toEqual(Object.fromEntries(asked.counts));
    expect(all.total + all.passedBy + pump.lost).toBe(asked.total);
    expect(few.total + few.passedBy + pump.lost).toBe(asked.total);
    expect(few.passedBy).toBeGreaterThan(0);
    if (restMs > 0) {
      expect([all.passedBy, pump.lost]).toEqual([0, 0]);
      expect(Object.fromEntries(all.counts)).toEqual(counted);
    } else expect(pump.lost).toBeGreaterThan(0);
  },
);
