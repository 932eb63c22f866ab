// All threads' counters read together and spelled out. Runs on main, which alone knows what the numbers of a generation are called.
//
// A counter never goes down: rows of a generation that a thread has left are folded into totals by name, once, before the thread can
// come back to that memory, and stay there. What is not folded yet is read where it lies.

import { ROLES } from '../../../policy/model.ts';
import {
  ACTIONS,
  CACHE_HITS_AT,
  COLUMNS,
  COUNTED_ACTIONS,
  type CounterViews,
  CURRENT,
  DROP_REASONS,
  DROPPED_AT,
  DURATION_BUCKETS,
  DURATION_PATHS,
  DURATION_ROW,
  DURATIONS_AT,
  decisionsAt,
  GENERATIONS,
  matchesAt,
  OVERLOADS_AT,
  PARTS,
  RCODE_NAMES,
  REFUSE_REASONS,
  REFUSED_AT,
  RESPONSES_AT,
  rowsLength,
  rowsOf,
  SEGMENTS,
  SUM_AT,
  TRANSPORTS,
  viewCounters,
} from './counter-layout.ts';
import type { CounterNames } from './counters.ts';
import { addTotal, copyTotals, newTotals, type Row, type Totals } from './totals.ts';

const OTHER = 'other';
/** The label of queries from clients that no segment holds. */
const SEGMENT_NONE = 'none';
/** Before any policy. */
const NO_NAMES: CounterNames = { generation: 0, segments: [], apps: [] };

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
  readonly cacheHits: number;
}

const PART_NUMBERS = Array.from({ length: PARTS }, (_, part) => part);

/** One thread's block, and the newest generation of it that is in the totals. */
interface Block {
  readonly views: CounterViews;
  folded: number;
}

/** Rows of all threads by generation, added up before they are named. */
type Sums = Map<number, Sum>;
interface Sum {
  readonly segments: number;
  readonly columns: number;
  readonly rows: Float64Array;
}

export class CounterBook {
  readonly #blocks: readonly Block[];
  readonly #totals = newTotals();
  readonly #names = new Map<number, CounterNames>([[0, NO_NAMES]]);

  /** One block a thread, made by counterBytes. */
  constructor(memories: readonly SharedArrayBuffer[]) {
    this.#blocks = memories.map((memory) => ({ views: viewCounters(memory), folded: -1 }));
  }

  /** To be told before the generation is published. */
  learn(names: CounterNames): void {
    this.#names.set(names.generation, names);
  }

  /**
   * Takes what threads counted in generations they have left into the totals. To be called before each publish, once every reader has said
   * that it uses the generation in force: for what they have not left by then there is a third part.
   */
  fold(): void {
    const sums: Sums = new Map();
    for (const block of this.#blocks) {
      const left = leftParts(block, Atomics.load(block.views.words, CURRENT));
      for (const part of left) addPart(sums, block.views, part);
      block.folded = Math.max(block.folded, ...left.map((part) => block.views.words[GENERATIONS + part]));
    }
    this.#nameAll(sums, this.#totals);
    this.#forget();
  }

  /** Everything counted since the start, by name. */
  read(): CounterReading {
    const totals = copyTotals(this.#totals);
    const sums: Sums = new Map();
    for (const block of this.#blocks) {
      const current = Atomics.load(block.views.words, CURRENT);
      for (const part of [current, ...leftParts(block, current)]) addPart(sums, block.views, part);
    }
    this.#nameAll(sums, totals);
    const fixed = sumFixed(this.#blocks);
    return {
      queries: [...totals.queries.values()],
      decisions: [...totals.decisions.values()],
      matches: [...totals.matches.values()],
      responses: grid(fixed, RESPONSES_AT, RCODE_NAMES),
      dropped: grid(fixed, DROPPED_AT, DROP_REASONS),
      refused: REFUSE_REASONS.map((reason, i) => ({ labels: [reason], value: fixed[REFUSED_AT + i] })),
      durations: DURATION_PATHS.map((path, i) => readDurations(fixed.subarray(DURATIONS_AT + i * DURATION_ROW), path)),
      overloads: fixed[OVERLOADS_AT],
      cacheHits: fixed[CACHE_HITS_AT],
    };
  }

  #nameAll(sums: Sums, into: Totals): void {
    for (const [generation, sum] of sums) {
      const names = this.#names.get(generation);
      if (names === undefined) throw new Error(`no names for counters of generation ${generation}`);
      nameRows(names, sum, into);
    }
  }

  /** Names that no block refers to, but for the newest two: of these one is in force, the other about to be. */
  #forget(): void {
    const used = new Set(this.#blocks.flatMap(({ views: { words } }) => [...words.subarray(GENERATIONS, SEGMENTS)]));
    for (const generation of [...this.#names.keys()].slice(0, -2)) {
      if (!used.has(generation)) this.#names.delete(generation);
    }
  }
}

/** Parts whose generation the thread has left, and that are not in the totals yet: nobody writes them any more. */
function leftParts({ views: { words }, folded }: Block, current: number): number[] {
  const inForce = words[GENERATIONS + current];
  // A thread that is just moving on has put the coming generation into the next part.
  return PART_NUMBERS.filter((part) => {
    const generation = Atomics.load(words, GENERATIONS + part);
    return generation > folded && generation < inForce;
  });
}

function addPart(sums: Sums, views: CounterViews, part: number): void {
  const { words } = views;
  const rows = rowsOf(views, part);
  const generation = words[GENERATIONS + part];
  const segments = words[SEGMENTS + part];
  const columns = words[COLUMNS + part];
  const known = sums.get(generation);
  const sum = known ?? { segments, columns, rows: new Float64Array(rowsLength(segments, columns)) };
  if (known === undefined) sums.set(generation, sum);
  for (let i = 0; i < sum.rows.length; i++) sum.rows[i] += rows[i];
}

function sumFixed(blocks: readonly Block[]): Float64Array {
  const sum = new Float64Array(blocks[0].views.fixed.length);
  for (const { views } of blocks) for (let i = 0; i < sum.length; i++) sum[i] += views.fixed[i];
  return sum;
}

function nameRows(names: CounterNames, { segments: count, columns, rows }: Sum, into: Totals): void {
  const segments = [SEGMENT_NONE, ...names.segments];
  const apps = [...names.apps.slice(0, columns - 1), OTHER];
  for (let i = 0; i < decisionsAt(count); i++) {
    const segment = i % segments.length;
    addTotal(into.queries, [TRANSPORTS[(i - segment) / segments.length], segments[segment]], rows[i]);
  }
  const matches = matchesAt(count, columns);
  for (let i = decisionsAt(count); i < rows.length; i++) {
    if (rows[i] === 0) continue;
    const at = i < matches ? i - decisionsAt(count) : i - matches;
    const action = COUNTED_ACTIONS[at % ACTIONS];
    const pair = Math.floor(at / ACTIONS);
    if (i < matches) {
      addTotal(into.decisions, [names.segments[Math.floor(pair / columns)], apps[pair % columns], action], rows[i]);
    } else {
      addTotal(into.matches, [apps[Math.floor(pair / ROLES.length)], ROLES[pair % ROLES.length], action], rows[i]);
    }
  }
}

function grid(fixed: Float64Array, at: number, names: readonly string[]): Row[] {
  return TRANSPORTS.flatMap((transport, i) =>
    names.map((name, j) => ({ labels: [transport, name], value: fixed[at + i * names.length + j] })),
  );
}

function readDurations(row: Float64Array, path: DurationTotals['path']): DurationTotals {
  let count = 0;
  const buckets = DURATION_BUCKETS.map((_, i) => {
    count += row[i];
    return count;
  });
  return { path, buckets, count: count + row[DURATION_BUCKETS.length], sumSeconds: row[SUM_AT] };
}
