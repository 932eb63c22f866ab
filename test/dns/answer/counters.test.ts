import { describe, expect, test } from 'vitest';
import {
  adoptNames,
  countDecision,
  countDropped,
  countDuration,
  countQuery,
  countResponse,
  DROPPED_OVERLOAD,
  DURATION_BUCKETS,
  DURATION_UPSTREAM,
  newCounters,
  readCounters,
} from '../../../src/dns/answer/counters.ts';
import { addTotal, type Row } from '../../../src/dns/answer/totals.ts';
import { BLOCKED, MONITORED } from '../../../src/policy/verdict.ts';

const names = (generation: number, segments: string[], apps: string[]) => ({ generation, segments, apps });
const value = (rows: readonly Row[], ...labels: string[]) =>
  rows.find((row) => row.labels.join() === labels.join())?.value;

describe('counters', () => {
  test('keep their totals by name through reloads that renumber segments and apps', () => {
    const counters = newCounters();
    adoptNames(counters, names(1, ['office', 'guest'], ['tiktok', 'vk']));
    countQuery(counters, 0, 1);
    countDecision(counters, 1, 0, 0, BLOCKED);
    adoptNames(counters, names(2, ['guest'], ['vk', 'tiktok']));
    countQuery(counters, 0, 0);
    countDecision(counters, 0, 1, 0, BLOCKED);
    countDecision(counters, 0, 0, 1, MONITORED);
    adoptNames(counters, names(3, [], []));
    const { queries, decisions, matches } = readCounters(counters);
    expect(value(queries, 'udp', 'guest')).toBe(2);
    expect(value(queries, 'udp', 'office')).toBe(0);
    expect(value(decisions, 'guest', 'tiktok', 'blocked')).toBe(2);
    expect(value(decisions, 'guest', 'vk', 'monitored')).toBe(1);
    expect(value(matches, 'tiktok', 'web', 'blocked')).toBe(2);
    expect(value(matches, 'vk', 'api', 'monitored')).toBe(1);
  });

  test('are not folded twice when two paths adopt the same generation, and reading changes nothing', () => {
    const counters = newCounters();
    const same = names(1, ['office'], ['tiktok']);
    adoptNames(counters, same);
    countQuery(counters, 1, 0);
    adoptNames(counters, { ...same });
    for (let i = 0; i < 3; i++) expect(value(readCounters(counters).queries, 'tcp', 'office')).toBe(1);
  });

  test('start at zero for every transport, rcode, reason and segment, and for no segment', () => {
    const counters = newCounters();
    adoptNames(counters, names(1, ['office'], []));
    const { queries, responses, dropped, refused } = readCounters(counters);
    expect(queries.map(({ labels }) => labels.join()).sort()).toEqual([
      'tcp,none',
      'tcp,office',
      'udp,none',
      'udp,office',
    ]);
    expect([responses.length, dropped.length, refused.length]).toEqual([16, 8, 2]);
    for (const rows of [queries, responses, dropped, refused]) for (const row of rows) expect(row.value).toBe(0);
  });

  test('take rcodes apart by name: 6–15 and what is beyond are OTHER, 16 is BADVERS', () => {
    const counters = newCounters();
    for (const rcode of [0, 3, 9, 15, 23, 16]) countResponse(counters, 1, rcode);
    countDropped(counters, 0, DROPPED_OVERLOAD);
    const { responses, dropped } = readCounters(counters);
    expect(value(responses, 'tcp', 'OTHER')).toBe(3);
    expect(value(responses, 'tcp', 'BADVERS')).toBe(1);
    expect(value(responses, 'tcp', 'NXDOMAIN')).toBe(1);
    expect(value(dropped, 'udp', 'overload')).toBe(1);
  });

  test('of durations are cumulative: a bound holds what is equal to it, count also what is slower than all', () => {
    const counters = newCounters();
    for (const seconds of [0.000005, 0.00001, 0.3, 60]) countDuration(counters, DURATION_UPSTREAM, seconds);
    const [memory, upstream] = readCounters(counters).durations;
    expect(memory.count).toBe(0);
    expect(upstream.buckets[0]).toBe(2);
    expect(upstream.buckets[DURATION_BUCKETS.indexOf(0.5)]).toBe(3);
    expect(upstream.buckets.at(-1)).toBe(3);
    expect(upstream).toMatchObject({ path: 'upstream', count: 4 });
    expect(upstream.sumSeconds).toBeCloseTo(60.300015);
  });

  test('give the apps beyond the limit of pairs one column called other', () => {
    const counters = newCounters();
    const segments = Array.from({ length: 4096 }, (_, i) => `s${i}`);
    adoptNames(
      counters,
      names(
        1,
        segments,
        Array.from({ length: 2048 }, (_, i) => `a${i}`),
      ),
    );
    countDecision(counters, 4095, 2047, 0, BLOCKED);
    countDecision(counters, 0, 255, 0, BLOCKED);
    const { decisions } = readCounters(counters);
    expect(value(decisions, 's4095', 'other', 'blocked')).toBe(1);
    expect(value(decisions, 's0', 'a255', 'blocked')).toBe(1);
  });

  test('keep at most 20,000 label sets, the rest share one row and lose no count', () => {
    const rows = new Map<string, Row>();
    for (let i = 0; i < 20_010; i++) addTotal(rows, [`s${i}`, 'a', 'blocked'], 1);
    expect(rows.size).toBe(20_001);
    expect([...rows.values()].reduce((sum, row) => sum + row.value, 0)).toBe(20_010);
  });
});
