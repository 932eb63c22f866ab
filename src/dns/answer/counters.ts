// What the DNS door counts, in typed arrays: one addition a number on the hot path, names only when somebody reads. Rows that are indexed
// by a generation's numbers (segments, apps) are folded into totals by name when the next generation comes, so that a counter never
// goes down over a reload or a renumbering. One writer: the thread that owns them.

import { ROLES } from '../../policy/model.ts';
import { addTotal, type Row, type Totals } from './totals.ts';

export const TRANSPORTS = ['udp', 'tcp'] as const;

const DROP_REASONS = ['malformed', 'policy', 'rate', 'overload'] as const;
export const DROPPED_MALFORMED = 0;
export const DROPPED_POLICY = 1;
export const DROPPED_RATE = 2;
export const DROPPED_OVERLOAD = 3;

const REFUSE_REASONS = ['no-segment', 'no-recursion'] as const;
export const REFUSED_NO_SEGMENT = 0;
export const REFUSED_NO_RECURSION = 1;

/** Everything an upstream may say besides these is OTHER: labels stay bounded. */
const RCODE_NAMES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'OTHER', 'BADVERS'] as const;
const RCODE_OTHER = 6;
const RCODE_BADVERS_ROW = 7;

/** In the order of policy/verdict.ts, which starts with FREE: action number − 1. */
export const COUNTED_ACTIONS = ['blocked', 'monitored', 'exempt', 'released'] as const;
const ACTIONS = COUNTED_ACTIONS.length;

const DURATION_PATHS = ['memory', 'upstream', 'stale'] as const;
export const DURATION_MEMORY = 0;
export const DURATION_UPSTREAM = 1;
export const DURATION_STALE = 2;
/** Upper bounds in seconds, 10 µs to 5 s. */
export const DURATION_BUCKETS = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5,
] as const;
/** Each path has its buckets, one for what is slower, and the sum. */
const DURATION_ROW = DURATION_BUCKETS.length + 2;
const SUM_AT = DURATION_ROW - 1;

/** Pairs of segment and app counted apart, 32 MB of rows; the apps beyond share one column. */
const MAX_PAIRS = 1_048_576;

/** What the numbers of a generation are called. */
export interface CounterNames {
  readonly generation: number;
  readonly segments: readonly string[];
  readonly apps: readonly string[];
}

const NO_NAMES: CounterNames = { generation: 0, segments: [], apps: [] };
const OTHER = 'other';
/** The label of queries from clients that no segment holds. */
const SEGMENT_NONE = 'none';

export interface Counters {
  names: CounterNames;
  /** Apps with a column of their own, plus one. */
  columns: number;
  /** transport × (none, segments…) */
  queries: Float64Array;
  /** segment × column × action */
  decisions: Float64Array;
  /** column × role × action */
  matches: Float64Array;
  /** transport × rcode row */
  readonly responses: Float64Array;
  /** transport × reason */
  readonly dropped: Float64Array;
  readonly refused: Float64Array;
  readonly durations: Float64Array;
  /** Misses answered SERVFAIL because too many were in flight (interdict_miss_ring_full_total). */
  overloads: number;
  /** Of earlier generations, by name. */
  readonly folded: Totals;
}

export function newCounters(): Counters {
  const counters: Counters = {
    names: NO_NAMES,
    columns: 0,
    queries: new Float64Array(0),
    decisions: new Float64Array(0),
    matches: new Float64Array(0),
    responses: new Float64Array(TRANSPORTS.length * RCODE_NAMES.length),
    dropped: new Float64Array(TRANSPORTS.length * DROP_REASONS.length),
    refused: new Float64Array(REFUSE_REASONS.length),
    durations: new Float64Array(DURATION_PATHS.length * DURATION_ROW),
    overloads: 0,
    folded: { queries: new Map(), decisions: new Map(), matches: new Map() },
  };
  resize(counters, NO_NAMES);
  return counters;
}

/** Folds the rows of the generation before into totals and starts new ones; a no-op for the generation it has already. */
export function adoptNames(counters: Counters, names: CounterNames): void {
  if (counters.names.generation === names.generation) return;
  foldRows(counters, counters.folded);
  resize(counters, names);
}

function resize(counters: Counters, names: CounterNames): void {
  const room = Math.floor(MAX_PAIRS / Math.max(1, names.segments.length));
  counters.names = names;
  counters.columns = Math.min(names.apps.length, room) + 1;
  counters.queries = new Float64Array(TRANSPORTS.length * (names.segments.length + 1));
  counters.decisions = new Float64Array(names.segments.length * counters.columns * ACTIONS);
  counters.matches = new Float64Array(counters.columns * ROLES.length * ACTIONS);
}

/** `segment` is the parent segment's number, -1 for none. */
export function countQuery(counters: Counters, transport: number, segment: number): void {
  counters.queries[transport * (counters.names.segments.length + 1) + segment + 1]++;
}

export function countResponse(counters: Counters, transport: number, rcode: number): void {
  const row = rcode < RCODE_OTHER ? rcode : rcode === 16 ? RCODE_BADVERS_ROW : RCODE_OTHER;
  counters.responses[transport * RCODE_NAMES.length + row]++;
}

export function countDropped(counters: Counters, transport: number, reason: number): void {
  counters.dropped[transport * DROP_REASONS.length + reason]++;
}

export function countRefused(counters: Counters, reason: number): void {
  counters.refused[reason]++;
}

/** `action` as in policy/verdict.ts, BLOCKED to RELEASED. */
export function countDecision(counters: Counters, segment: number, app: number, role: number, action: number): void {
  const column = Math.min(app, counters.columns - 1);
  counters.decisions[(segment * counters.columns + column) * ACTIONS + action - 1]++;
  counters.matches[(column * ROLES.length + role) * ACTIONS + action - 1]++;
}

/** `path` is one of DURATION_; seconds from the query's arrival to its answer. */
export function countDuration(counters: Counters, path: number, seconds: number): void {
  let bucket = 0;
  while (bucket < DURATION_BUCKETS.length && seconds > DURATION_BUCKETS[bucket]) bucket++;
  counters.durations[path * DURATION_ROW + bucket]++;
  counters.durations[path * DURATION_ROW + SUM_AT] += seconds;
}

export interface DurationTotals {
  readonly path: (typeof DURATION_PATHS)[number];
  /** Cumulative counts, one for each of DURATION_BUCKETS. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

export interface CounterReading {
  /** [transport, segment] */
  readonly queries: readonly Row[];
  /** [transport, rcode] */
  readonly responses: readonly Row[];
  /** [transport, reason] */
  readonly dropped: readonly Row[];
  /** [reason] */
  readonly refused: readonly Row[];
  /** [segment, app, action]; pairs that never matched are left out. */
  readonly decisions: readonly Row[];
  /** [app, role, action]; likewise. */
  readonly matches: readonly Row[];
  readonly durations: readonly DurationTotals[];
  readonly overloads: number;
}

/** Everything counted since the start, by name. */
export function readCounters(counters: Counters): CounterReading {
  const { folded } = counters;
  const totals: Totals = {
    queries: new Map(folded.queries),
    decisions: new Map(folded.decisions),
    matches: new Map(folded.matches),
  };
  foldRows(counters, totals);
  return {
    queries: [...totals.queries.values()],
    decisions: [...totals.decisions.values()],
    matches: [...totals.matches.values()],
    responses: grid(counters.responses, RCODE_NAMES),
    dropped: grid(counters.dropped, DROP_REASONS),
    refused: REFUSE_REASONS.map((reason, i) => ({ labels: [reason], value: counters.refused[i] })),
    durations: DURATION_PATHS.map((path, i) => readDurations(counters.durations.subarray(i * DURATION_ROW), path)),
    overloads: counters.overloads,
  };
}

function foldRows(counters: Counters, into: Totals): void {
  const { names, columns } = counters;
  const segments = [SEGMENT_NONE, ...names.segments];
  const apps = [...names.apps.slice(0, columns - 1), OTHER];
  counters.queries.forEach((value, i) => {
    const row = i % segments.length;
    addTotal(into.queries, [TRANSPORTS[(i - row) / segments.length], segments[row]], value);
  });
  counters.decisions.forEach((value, i) => {
    if (value === 0) return;
    const pair = Math.floor(i / ACTIONS);
    const segment = names.segments[Math.floor(pair / columns)];
    addTotal(into.decisions, [segment, apps[pair % columns], COUNTED_ACTIONS[i % ACTIONS]], value);
  });
  counters.matches.forEach((value, i) => {
    if (value === 0) return;
    const pair = Math.floor(i / ACTIONS);
    const app = apps[Math.floor(pair / ROLES.length)];
    addTotal(into.matches, [app, ROLES[pair % ROLES.length], COUNTED_ACTIONS[i % ACTIONS]], value);
  });
}

function grid(values: Float64Array, names: readonly string[]): Row[] {
  return Array.from(values, (value, i) => ({
    labels: [TRANSPORTS[Math.floor(i / names.length)], names[i % names.length]],
    value,
  }));
}

function readDurations(row: Float64Array, path: DurationTotals['path']): DurationTotals {
  let count = 0;
  const buckets = DURATION_BUCKETS.map((_, i) => {
    count += row[i];
    return count;
  });
  return { path, buckets, count: count + row[DURATION_BUCKETS.length], sumSeconds: row[SUM_AT] };
}
