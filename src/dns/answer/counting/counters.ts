// What the DNS door counts, in shared memory (counter-layout.ts): one addition a number on the hot path, names only when somebody reads
// (counter-book.ts). One writer: the thread that owns the block.

import { ROLES } from '../../../policy/model.ts';
import {
  ACTIONS,
  CACHE_HITS_AT,
  COLUMNS,
  type CounterViews,
  CURRENT,
  columnsOf,
  counterBytes,
  DROP_REASONS,
  DROPPED_AT,
  DURATION_BUCKETS,
  DURATION_ROW,
  DURATIONS_AT,
  decisionsAt,
  GENERATIONS,
  matchesAt,
  OVERLOADS_AT,
  PARTS,
  RCODE_NAMES,
  REFUSED_AT,
  RESPONSES_AT,
  rowsLength,
  rowsOf,
  SEGMENTS,
  SUM_AT,
  viewCounters,
} from './counter-layout.ts';

export const DROPPED_MALFORMED = 0;
export const DROPPED_POLICY = 1;
export const DROPPED_RATE = 2;
export const DROPPED_OVERLOAD = 3;

export const REFUSED_NO_SEGMENT = 0;
export const REFUSED_NO_RECURSION = 1;

const RCODE_OTHER = 6;
const RCODE_BADVERS_ROW = 7;

export const DURATION_MEMORY = 0;
export const DURATION_UPSTREAM = 1;
export const DURATION_STALE = 2;

/** What the numbers of a generation are called. */
export interface CounterNames {
  readonly generation: number;
  readonly segments: readonly string[];
  readonly apps: readonly string[];
}

export interface Counters {
  readonly memory: SharedArrayBuffer;
  readonly views: CounterViews;
  readonly fixed: Float64Array;
  /** Of the generation in force, and where in them what stands. */
  rows: Float64Array;
  segments: number;
  columns: number;
  decisionsAt: number;
  matchesAt: number;
}

/** Over a block that another thread counted in, it goes on where that one stopped. */
export function newCounters(memory: SharedArrayBuffer = new SharedArrayBuffer(counterBytes())): Counters {
  const views = viewCounters(memory);
  const { words, fixed, small } = views;
  const counters = { memory, views, fixed, rows: small[0], segments: 0, columns: 0, decisionsAt: 0, matchesAt: 0 };
  usePart(counters, words[CURRENT]);
  return counters;
}

/** Later counts belong to this generation; a no-op for the one it has already, also when a replaced thread left it. */
export function adoptNames(counters: Counters, names: CounterNames): void {
  const { words } = counters.views;
  const current = words[CURRENT];
  if (words[GENERATIONS + current] === names.generation) return;
  const next = (current + 1) % PARTS;
  const segments = names.segments.length;
  const columns = columnsOf(segments, names.apps.length);
  words[SEGMENTS + next] = segments;
  words[COLUMNS + next] = columns;
  rowsOf(counters.views, next).fill(0, 0, rowsLength(segments, columns));
  // In this order: whoever sees the generation sees zeroes and their shape, whoever sees the part sees its generation.
  Atomics.store(words, GENERATIONS + next, names.generation);
  Atomics.store(words, CURRENT, next);
  usePart(counters, next);
}

function usePart(counters: Counters, part: number): void {
  const { words } = counters.views;
  counters.rows = rowsOf(counters.views, part);
  counters.segments = words[SEGMENTS + part];
  counters.columns = words[COLUMNS + part];
  counters.decisionsAt = decisionsAt(counters.segments);
  counters.matchesAt = matchesAt(counters.segments, counters.columns);
}

/** `segment` is the parent segment's number, -1 for none. */
export function countQuery(counters: Counters, transport: number, segment: number): void {
  counters.rows[transport * (counters.segments + 1) + segment + 1]++;
}

export function countResponse(counters: Counters, transport: number, rcode: number): void {
  const row = rcode < RCODE_OTHER ? rcode : rcode === 16 ? RCODE_BADVERS_ROW : RCODE_OTHER;
  counters.fixed[RESPONSES_AT + transport * RCODE_NAMES.length + row]++;
}

export function countDropped(counters: Counters, transport: number, reason: number): void {
  counters.fixed[DROPPED_AT + transport * DROP_REASONS.length + reason]++;
}

export function countRefused(counters: Counters, reason: number): void {
  counters.fixed[REFUSED_AT + reason]++;
}

/** A miss answered SERVFAIL because too many were in flight (interdict_miss_ring_full_total). */
export function countOverload(counters: Counters): void {
  counters.fixed[OVERLOADS_AT]++;
}

/** An upstream's answer given from the shared cache. */
export function countCacheHit(counters: Counters): void {
  counters.fixed[CACHE_HITS_AT]++;
}

/** `action` as in policy/verdict.ts, BLOCKED to RELEASED. */
export function countDecision(counters: Counters, segment: number, app: number, role: number, action: number): void {
  const { rows, columns } = counters;
  const column = Math.min(app, columns - 1);
  rows[counters.decisionsAt + (segment * columns + column) * ACTIONS + action - 1]++;
  rows[counters.matchesAt + (column * ROLES.length + role) * ACTIONS + action - 1]++;
}

/** `path` is one of DURATION_; seconds from the query's arrival to its answer. */
export function countDuration(counters: Counters, path: number, seconds: number): void {
  countDurations(counters, path, seconds, 1);
}

/** As `n` answers that took `seconds` each: one sample stands for a whole batch. */
export function countDurations(counters: Counters, path: number, seconds: number, n: number): void {
  const row = DURATIONS_AT + path * DURATION_ROW;
  let bucket = 0;
  while (bucket < DURATION_BUCKETS.length && seconds > DURATION_BUCKETS[bucket]) bucket++;
  counters.fixed[row + bucket] += n;
  counters.fixed[row + SUM_AT] += n * seconds;
}
