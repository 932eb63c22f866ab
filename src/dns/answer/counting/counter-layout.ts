// Where one answering thread's counters lie in shared memory, and what they are called. Float64 each, read and written by one
// instruction, so that a reader sees the number before or the number after.
//
//   ┌────────────┬──────────────────┬───┬───┬───┬────────┬────────┬────────┐
//   │ words 128  │ fixed counts 768 │ 0 │ 1 │ 2 │ part 0 │ part 1 │ part 2 │   everything starts at a multiple of 128 bytes;
//   └────────────┴──────────────────┴───┴───┴───┴────────┴────────┴────────┘   a thread has a block of its own
//
// The thread that counts writes everything; main reads. A part holds the rows of one generation, indexed by its numbers of segments and
// apps. When the thread moves on it zeroes the part it has left longest and goes on there; by then main has folded those rows into totals
// by name (counter-book.ts). Three parts, because a thread says that it uses a generation (the arena's `seen`) a moment before it counts
// in it: when main publishes generation n + 1, all threads have left n − 2, but one may still have to leave n − 1.
// Each part is there in two sizes, so that the usual department's three lie in one huge page (2 MiB) and not in one each.

import { ROLES } from '../../../policy/model.ts';

export const TRANSPORTS = ['udp', 'tcp'] as const;
export const DROP_REASONS = ['malformed', 'policy', 'rate', 'overload'] as const;
export const REFUSE_REASONS = ['no-segment', 'no-recursion'] as const;
/** Everything an upstream may say besides these is OTHER: labels stay bounded. */
export const RCODE_NAMES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'OTHER',
  'BADVERS',
] as const;
/** In the order of policy/verdict.ts, which starts with FREE: action number − 1. */
export const COUNTED_ACTIONS = ['blocked', 'monitored', 'exempt', 'released'] as const;
export const ACTIONS = COUNTED_ACTIONS.length;
export const DURATION_PATHS = ['memory', 'upstream', 'stale'] as const;
/** Upper bounds in seconds, 10 µs to 5 s. */
export const DURATION_BUCKETS = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5,
] as const;
/** Each path has its buckets, one for what is slower, and the sum. */
export const DURATION_ROW = DURATION_BUCKETS.length + 2;
export const SUM_AT = DURATION_ROW - 1;

// The fixed counts.
/** transport × rcode row */
export const RESPONSES_AT = 0;
/** transport × reason */
export const DROPPED_AT = RESPONSES_AT + TRANSPORTS.length * RCODE_NAMES.length;
export const REFUSED_AT = DROPPED_AT + TRANSPORTS.length * DROP_REASONS.length;
/** path × DURATION_ROW */
export const DURATIONS_AT = REFUSED_AT + REFUSE_REASONS.length;
/** Misses answered SERVFAIL because too many were in flight. */
export const OVERLOADS_AT = DURATIONS_AT + DURATION_PATHS.length * DURATION_ROW;
export const CACHE_HITS_AT = OVERLOADS_AT + 1;
const FIXED = CACHE_HITS_AT + 1;

// The words, Int32.
/** Which of the parts is counted in; stored last when the thread moves on. */
export const CURRENT = 0;
export const PARTS = 3;
/** One of each for each part. */
export const GENERATIONS = 1;
export const SEGMENTS = GENERATIONS + PARTS;
export const COLUMNS = SEGMENTS + PARTS;

/** Two cache lines: neighbours are fetched in pairs. */
const LINE_BYTES = 128;
const FIXED_START = LINE_BYTES;
const ROWS_START = FIXED_START + padded(FIXED * 8);

/** Pairs of segment and app counted apart, 32 MB of rows of which untouched pages cost nothing; the apps beyond share one column. */
const MAX_PAIRS = 1_048_576;
/** As many as policy/compile makes of them, and a column for each app (policy/verdict.ts) and for the rest. */
const MAX_SEGMENTS = 4096;
const MAX_COLUMNS = 2049;
const MAX_ROWS =
  TRANSPORTS.length * (MAX_SEGMENTS + 1) + (MAX_PAIRS + MAX_SEGMENTS) * ACTIONS + MAX_COLUMNS * ROLES.length * ACTIONS;
const LARGE_BYTES = padded(MAX_ROWS * 8);
/** A hundred segments by thirty apps, say. */
const SMALL_BYTES = 128 * 1024;
const LARGE_START = ROWS_START + PARTS * SMALL_BYTES;

function padded(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

/** Bytes of one thread's block. */
export function counterBytes(): number {
  return LARGE_START + PARTS * LARGE_BYTES;
}

export interface CounterViews {
  readonly words: Int32Array;
  readonly fixed: Float64Array;
  readonly small: readonly Float64Array[];
  readonly large: readonly Float64Array[];
}

export function viewCounters(memory: SharedArrayBuffer): CounterViews {
  const parts = (start: number, bytes: number) =>
    Array.from({ length: PARTS }, (_, part) => new Float64Array(memory, start + part * bytes, bytes / 8));
  return {
    words: new Int32Array(memory, 0, LINE_BYTES / 4),
    fixed: new Float64Array(memory, FIXED_START, FIXED),
    small: parts(ROWS_START, SMALL_BYTES),
    large: parts(LARGE_START, LARGE_BYTES),
  };
}

/** The rows of the generation whose shape stands in the words of `part`, and what lies behind them. */
export function rowsOf({ words, small, large }: CounterViews, part: number): Float64Array {
  const length = rowsLength(words[SEGMENTS + part], words[COLUMNS + part]);
  return length <= small[part].length ? small[part] : large[part];
}

/** Apps with a column of their own, plus one. */
export function columnsOf(segments: number, apps: number): number {
  return Math.min(apps, Math.floor(MAX_PAIRS / Math.max(1, segments)), MAX_COLUMNS - 1) + 1;
}

// Rows of a generation: transport × (none, segments…), then segment × column × action, then column × role × action.
export function decisionsAt(segments: number): number {
  return TRANSPORTS.length * (segments + 1);
}
export function matchesAt(segments: number, columns: number): number {
  return decisionsAt(segments) + segments * columns * ACTIONS;
}
export function rowsLength(segments: number, columns: number): number {
  return matchesAt(segments, columns) + columns * ROLES.length * ACTIONS;
}
