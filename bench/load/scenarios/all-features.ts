// Answers per CPU second with everything on, one worker, against the field and the limit.

import { type LoadResult, runLoad } from '../dnsperf.ts';
import { type Row, type ScenarioResult, spreadOf } from '../figures.ts';
import { type Latency, measureLatency } from '../latency.ts';
import { compareRates, loadCells, loadText } from '../rows.ts';
import type { Session } from '../session.ts';
import { ECHO, type Running } from '../target.ts';
import type { Workload } from '../workload.ts';

/** Enough for 3,000 probes. */
const LATENCY_SECONDS = 3;

interface Measured {
  readonly running: Running;
  readonly loads: LoadResult[];
  readonly latencies: Latency[];
}

export async function allFeatures(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const servers = (await session.startAll(workload)).map(
    (running): Measured => ({ running, loads: [], latencies: [] }),
  );
  const measured = await session.rounds(servers, (one) => measure(session, one, workload));
  return {
    scenario: 'all-features',
    question: 'How many answers does one second of CPU time give, all features on, one worker?',
    how: [
      `${workload.listed.toLocaleString('en')} listed names, 1,000 address rules; half of the queries blocked, half answers from the cache: A, AAAA, HTTPS, negative, 30 % chains, 10 % DO.`,
      'Rate = answers / CPU seconds of the whole process (user and system, all of its threads).',
      'Latency: a prober of its own at 1,000 q/s beside 20,000 q/s, on the core of the load. Ready: from the start to the first refusal.',
    ],
    rows: measured.map(rowOf),
    judgements: compareRates('answers per CPU second', measured, [
      [ECHO, 0.7, 0.76],
      ['dnsdist', 1.2, 1.35],
      ['unbound', 2],
    ]),
    notes: session.notes,
  };
}

async function measure(session: Session, { running, loads, latencies }: Measured, workload: Workload): Promise<string> {
  const { seconds } = session.options;
  const { port, program } = running;
  await session.warm(running, workload);
  const load = { port, file: workload.files.mixed, seconds, core: session.cores.load };
  const result = await runLoad(load, program.pid);
  loads.push(result);
  latencies.push(await measureLatency({ ...load, seconds: Math.min(seconds, LATENCY_SECONDS) }));
  return loadText(result);
}

function rowOf({ loads, latencies, running }: Measured): Row {
  return {
    name: running.name,
    cells: {
      ...loadCells(loads, running),
      'refused %': spreadOf(loads.map((load) => 100 * (load.rcodes.NXDOMAIN ?? 0))),
      'p50 ms': spreadOf(latencies.map(({ p50 }) => p50)),
      'p99 ms': spreadOf(latencies.map(({ p99 }) => p99)),
      'p99.9 ms': spreadOf(latencies.map(({ p999 }) => p999)),
      does: running.does ?? '–',
    },
  };
}
