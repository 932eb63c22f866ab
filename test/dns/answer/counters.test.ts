import { describe, expect, test } from 'vitest';
import { CounterBook } from '../../../src/dns/answer/counting/counter-book.ts';
import {
  columnsOf,
  DURATION_BUCKETS,
  rowsLength,
  viewCounters,
} from '../../../src/dns/answer/counting/counter-layout.ts';
import {
  adoptNames,
  type CounterNames,
  countCacheHit,
  countDecision,
  countDropped,
  countDuration,
  countDurations,
  countOverload,
  countQuery,
  countRefused,
  countResponse,
  DROPPED_OVERLOAD,
  DURATION_MEMORY,
  DURATION_UPSTREAM,
  newCounters,
  REFUSED_NO_RECURSION,
} from '../../../src/dns/answer/counting/counters.ts';
import { addTotal, type Row } from '../../../src/dns/answer/counting/totals.ts';
import { BLOCKED, MONITORED } from '../../../src/policy/verdict.ts';

const names = (generation: number, segments: string[], apps: string[]): CounterNames => ({
  generation,
  segments,
  apps,
});
const NOTHING = names(0, [], []);
const value = (rows: readonly Row[], ...labels: string[]) =>
  rows.find((row) => row.labels.join() === labels.join())?.value;

/** As many threads, and main: it folds, then learns, then every thread moves on. */
function department(threads: number) {
  const counters = Array.from({ length: threads }, () => newCounters());
  const book = new CounterBook(counters.map(({ memory }) => memory));
  const publish = (given: CounterNames) => {
    book.fold();
    book.learn(given);
  };
  const moveAll = (given: CounterNames) => {
    publish(given);
    for (const one of counters) adoptNames(one, given);
  };
  return { counters, book, publish, moveAll };
}

describe('counters', () => {
  test('keep their totals by name through reloads that renumber segments and apps', () => {
    const { counters, book, moveAll } = department(1);
    const [one] = counters;
    moveAll(names(1, ['office', 'guest'], ['tiktok', 'vk']));
    countQuery(one, 0, 1);
    countDecision(one, 1, 0, 0, BLOCKED);
    moveAll(names(2, ['guest'], ['vk', 'tiktok']));
    countQuery(one, 0, 0);
    countDecision(one, 0, 1, 0, BLOCKED);
    countDecision(one, 0, 0, 1, MONITORED);
    moveAll(names(3, [], []));
    const { queries, decisions, matches } = book.read();
    expect(value(queries, 'udp', 'guest')).toBe(2);
    expect(value(queries, 'udp', 'office')).toBe(0);
    expect(value(decisions, 'guest', 'tiktok', 'blocked')).toBe(2);
    expect(value(decisions, 'guest', 'vk', 'monitored')).toBe(1);
    expect(value(matches, 'tiktok', 'web', 'blocked')).toBe(2);
    expect(value(matches, 'vk', 'api', 'monitored')).toBe(1);
  });

  test('are the sum over all threads, also while only some of them have moved on', () => {
    const { counters, book, publish, moveAll } = department(3);
    moveAll(names(1, ['office', 'guest'], ['tiktok']));
    for (const one of counters) countDecision(one, 1, 0, 0, BLOCKED);
    const next = names(2, ['guest', 'office'], ['tiktok']);
    publish(next);
    adoptNames(counters[0], next);
    countDecision(counters[0], 0, 0, 0, BLOCKED);
    countDecision(counters[1], 1, 0, 0, BLOCKED);
    expect(value(book.read().decisions, 'guest', 'tiktok', 'blocked')).toBe(5);
    for (const one of counters) countResponse(one, 0, 3);
    for (const one of counters) countCacheHit(one);
    for (const one of counters) countOverload(one);
    for (const one of counters) countRefused(one, REFUSED_NO_RECURSION);
    const { responses, cacheHits, overloads, refused } = book.read();
    expect(value(responses, 'udp', 'NXDOMAIN')).toBe(3);
    expect([cacheHits, overloads, value(refused, 'no-recursion')]).toEqual([3, 3, 3]);
  });

  test('lose nothing over reloads that reorder apps and segments, with threads that lag, die and are replaced', () => {
    const seed = Date.now() % 1_000_000;
    const random = randomOf(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
    const newThread = () => ({ counters: newCounters(), names: NOTHING, said: NOTHING, isDead: false });
    const threads = Array.from({ length: 3 }, newThread);
    const book = new CounterBook(threads.map(({ counters }) => counters.memory));
    const expected = new Map<string, number>();
    const seen = { lagging: 0, replaced: 0 };
    let inForce = NOTHING;
    // First a thread says that it uses a generation, and only then it does.
    const say = (thread: (typeof threads)[number]) => {
      if (thread.said !== thread.names) move(thread);
      thread.said = inForce;
    };
    const move = (thread: (typeof threads)[number]) => {
      adoptNames(thread.counters, thread.said);
      thread.names = thread.said;
    };
    const count = ({ counters, names: { segments, apps, generation } }: (typeof threads)[number]) => {
      if (segments.length === 0) return;
      if (generation < inForce.generation) seen.lagging++;
      const [segment, app] = [pick(segments), pick(apps)];
      countDecision(counters, segments.indexOf(segment), apps.indexOf(app), 0, BLOCKED);
      const key = [segment, app, 'blocked'].join();
      expected.set(key, (expected.get(key) ?? 0) + 1);
    };
    const replace = (thread: (typeof threads)[number]) => {
      thread.counters = newCounters(thread.counters.memory);
      thread.isDead = false;
      thread.said = inForce;
      move(thread);
      seen.replaced++;
    };
    for (let generation = 1; generation <= 60; generation++) {
      // The arena holds a publish back until every living reader has said that it uses the generation in force.
      for (const thread of threads) if (!thread.isDead && thread.said !== inForce) say(thread);
      book.fold();
      inForce = names(generation, shuffled(['a', 'b', 'c', 'd'], random), shuffled(['x', 'y', 'z'], random));
      book.learn(inForce);
      for (let i = 0; i < 30; i++) {
        const thread = pick(threads);
        const chance = random();
        if (thread.isDead) chance < 0.1 && replace(thread);
        else if (chance < 0.8) count(thread);
        else if (chance < 0.88) say(thread);
        else if (chance < 0.95) move(thread);
        else thread.isDead = true;
      }
      const found = book.read().decisions.map((row) => [row.labels.join(), row.value]);
      expect(Object.fromEntries(found), `generation ${generation}, seed ${seed}`).toEqual(Object.fromEntries(expected));
    }
    expect(seen.lagging, `seed ${seed}`).toBeGreaterThan(20);
    expect(seen.replaced, `seed ${seed}`).toBeGreaterThan(5);
  });

  test('are not folded twice when two paths adopt the same generation, and reading changes nothing', () => {
    const { counters, book, moveAll } = department(1);
    const same = names(1, ['office'], ['tiktok']);
    moveAll(same);
    countQuery(counters[0], 1, 0);
    adoptNames(counters[0], { ...same });
    for (let i = 0; i < 3; i++) book.fold();
    for (let i = 0; i < 3; i++) expect(value(book.read().queries, 'tcp', 'office')).toBe(1);
  });

  test('start at zero for every transport, rcode, reason and segment, and for no segment', () => {
    const { book, moveAll } = department(2);
    moveAll(names(1, ['office'], []));
    const { queries, responses, dropped, refused } = book.read();
    expect(queries.map(({ labels }) => labels.join()).sort()).toEqual([
      'tcp,none',
      'tcp,office',
      'udp,none',
      'udp,office',
    ]);
    expect([responses.length, dropped.length, refused.length]).toEqual([16, 8, 2]);
    for (const rows of [queries, responses, dropped, refused]) for (const row of rows) expect(row.value).toBe(0);
  });

  test('count who asks before there is a policy', () => {
    const { counters, book, moveAll } = department(1);
    countQuery(counters[0], 0, -1);
    expect(value(book.read().queries, 'udp', 'none')).toBe(1);
    moveAll(names(1, ['office'], ['tiktok']));
    moveAll(names(2, ['office'], ['tiktok']));
    countQuery(counters[0], 0, -1);
    expect(value(book.read().queries, 'udp', 'none')).toBe(2);
  });

  test('take rcodes apart by name: 6–15 and what is beyond are OTHER, 16 is BADVERS', () => {
    const { counters, book } = department(1);
    for (const rcode of [0, 3, 9, 15, 23, 16]) countResponse(counters[0], 1, rcode);
    countDropped(counters[0], 0, DROPPED_OVERLOAD);
    const { responses, dropped } = book.read();
    expect(value(responses, 'tcp', 'OTHER')).toBe(3);
    expect(value(responses, 'tcp', 'BADVERS')).toBe(1);
    expect(value(responses, 'tcp', 'NXDOMAIN')).toBe(1);
    expect(value(dropped, 'udp', 'overload')).toBe(1);
  });

  test('of durations are cumulative: a bound holds what is equal to it, count also what is slower than all', () => {
    const { counters, book } = department(2);
    for (const seconds of [0.000005, 0.00001]) countDuration(counters[0], DURATION_UPSTREAM, seconds);
    for (const seconds of [0.3, 60]) countDuration(counters[1], DURATION_UPSTREAM, seconds);
    const [memory, upstream] = book.read().durations;
    expect(memory.count).toBe(0);
    expect(upstream.buckets[0]).toBe(2);
    expect(upstream.buckets[DURATION_BUCKETS.indexOf(0.5)]).toBe(3);
    expect(upstream.buckets.at(-1)).toBe(3);
    expect(upstream).toMatchObject({ path: 'upstream', count: 4 });
    expect(upstream.sumSeconds).toBeCloseTo(60.300015);
  });

  test('of durations take one sample for a whole batch', () => {
    const { counters, book } = department(1);
    countDurations(counters[0], DURATION_MEMORY, 0.00002, 64);
    countDurations(counters[0], DURATION_MEMORY, 0.3, 0);
    const [memory] = book.read().durations;
    expect([memory.count, memory.buckets[0], memory.buckets[1]]).toEqual([64, 0, 64]);
    expect(memory.sumSeconds).toBeCloseTo(64 * 0.00002);
  });

  test('give the apps beyond the limit of pairs one column called other', () => {
    const { counters, book, moveAll } = department(1);
    const segments = Array.from({ length: 4096 }, (_, i) => `s${i}`);
    const apps = Array.from({ length: 2048 }, (_, i) => `a${i}`);
    moveAll(names(1, segments, apps));
    countDecision(counters[0], 4095, 2047, 0, BLOCKED);
    countDecision(counters[0], 0, 255, 0, BLOCKED);
    const { decisions, matches } = book.read();
    expect(value(decisions, 's4095', 'other', 'blocked')).toBe(1);
    expect(value(decisions, 's0', 'a255', 'blocked')).toBe(1);
    expect(value(matches, 'other', 'web', 'blocked')).toBe(1);
  });

  test('fit their memory for any number of segments and apps that compile', () => {
    const { large } = viewCounters(newCounters().memory);
    for (const segments of [0, 1, 2, 511, 512, 513, 4095, 4096]) {
      for (const apps of [0, 1, 255, 256, 257, 2047, 2048]) {
        expect(rowsLength(segments, columnsOf(segments, apps))).toBeLessThanOrEqual(large[0].length);
      }
    }
  });

  test('and their parts share no cache line', () => {
    const { fixed, small, large } = viewCounters(newCounters().memory);
    const parts = [fixed, ...small, ...large];
    for (const [i, { byteOffset }] of parts.entries()) {
      expect(byteOffset % 128).toBe(0);
      if (i > 0) expect(byteOffset).toBeGreaterThanOrEqual(parts[i - 1].byteOffset + parts[i - 1].byteLength);
    }
  });

  test('lose nothing when a policy outgrows the small parts and shrinks again', () => {
    const { counters, book, moveAll } = department(1);
    const many = Array.from({ length: 400 }, (_, i) => `s${i}`);
    for (const [i, segments] of [['s0'], many, ['s0'], many, ['s0']].entries()) {
      moveAll(names(i + 1, segments, ['x', 'y', 'z', ...many.slice(3, 80)]));
      countDecision(counters[0], segments.length - 1, 1, 0, BLOCKED);
    }
    const { decisions } = book.read();
    expect([value(decisions, 's0', 'y', 'blocked'), value(decisions, 's399', 'y', 'blocked')]).toEqual([3, 2]);
  });

  test('keep at most 20,000 label sets, the rest share one row and lose no count', () => {
    const rows = new Map<string, Row>();
    for (let i = 0; i < 20_010; i++) addTotal(rows, [`s${i}`, 'a', 'blocked'], 1);
    expect(rows.size).toBe(20_001);
    expect([...rows.values()].reduce((sum, row) => sum + row.value, 0)).toBe(20_010);
  });
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(given: readonly T[], random: () => number): T[] {
  const order = given.map((item) => ({ item, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
