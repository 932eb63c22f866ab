// Answers per CPU second with everything on, one worker, against the field and the limit.

import { type LoadResult, runLoad } from '../dnsperf.ts';
import { atLeast, type Judgement, type Row, ratios, type ScenarioResult, spreadOf } from '../figures.ts';
import { type Latency, measureLatency } from '../latency.ts';
import { OURSELVES } from '../ourselves.ts';
import { type Memory, memoryOf } from '../processes.ts';
import type { Session } from '../session.ts';
import { ECHO, type Running } from '../target.ts';

const QUESTION = 'How many answers does one second of CPU time give, all features on, one worker?';

interface Measured {
  readonly running: Running;
  readonly loads: LoadResult[];
  readonly latencies: Latency[];
  memory?: Memory;
}

export async function allFeatures(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const measured: Measured[] = [];
  for (const target of session.targets()) {
    const running = await session.start(target, await session.site(workload));
    if (running !== undefined) measured.push({ running, loads: [], latencies: [] });
  }
  const { seconds, runs } = session.options;
  for (let round = 0; round < runs; round++) {
    for (const one of measured) {
      await session.warm(one.running, workload);
      const { port, program, name } = one.running;
      const load = { port, file: workload.files.mixed, seconds, core: session.cores.load };
      const result = await runLoad(load, program.pid);
      one.loads.push(result);
      one.latencies.push(await measureLatency({ ...load, seconds: Math.min(seconds, 3) }));
      one.memory = memoryOf(program.pid);
      session.progress(
        `${name}: ${(result.cpuMicroseconds / result.completed).toFixed(2)} µs a query, ${result.perSecond} q/s, ${result.lost} lost (round ${round + 1} of ${runs})`,
      );
    }
  }
  for (const { running } of measured) await session.stop(running);
  return {
    scenario: 'all-features',
    question: QUESTION,
    how: [
      `${workload.listed.toLocaleString('en')} listed names, 1,000 address rules; half of the queries blocked, half answers from the cache: A, AAAA, HTTPS, negative, 30 % chains, 10 % DO.`,
      'Rate = answers / CPU seconds of the whole process (user and system, all of its threads). Latency: a prober of its own at 1,000 q/s beside 20,000 q/s.',
    ],
    rows: measured.map(rowOf),
    judgements: judge(measured),
    notes: [...session.notes],
  };
}

const perCpuSecond = ({ loads }: Measured) => loads.map((load) => (load.completed / load.cpuMicroseconds) * 1e6);

function rowOf(one: Measured): Row {
  const { loads, latencies, running, memory } = one;
  return {
    name: running.name,
    cells: {
      'CPU µs/query': spreadOf(loads.map((load) => load.cpuMicroseconds / load.completed)),
      'answers/CPU s': spreadOf(perCpuSecond(one)),
      'q/s': spreadOf(loads.map((load) => load.perSecond)),
      lost: spreadOf(loads.map((load) => load.lost)),
      'refused %': spreadOf(loads.map((load) => 100 * (load.rcodes.NXDOMAIN ?? 0))),
      'p50 ms': spreadOf(latencies.map(({ p50 }) => p50)),
      'p99 ms': spreadOf(latencies.map(({ p99 }) => p99)),
      'p99.9 ms': spreadOf(latencies.map(({ p999 }) => p999)),
      'ready s': spreadOf([running.readyMs / 1000]),
      'RSS MB': spreadOf([memory?.residentMegabytes ?? Number.NaN]),
      'Pss MB': spreadOf([memory?.proportionalMegabytes ?? Number.NaN]),
    },
  };
}

function judge(measured: readonly Measured[]): Judgement[] {
  const rate = (name: string) => {
    const found = measured.find(({ running }) => running.name === name);
    return found && perCpuSecond(found);
  };
  const ours = rate(OURSELVES);
  if (ours === undefined) return [];
  const against = (name: string, least: number, stretch?: number): Judgement[] => {
    const theirs = rate(name);
    if (theirs === undefined) return [];
    const measuredRatio = ratios(ours, theirs);
    const wanted = atLeast(`answers per CPU second / ${name}`, least, measuredRatio);
    return stretch === undefined ? [wanted] : [wanted, atLeast(`the same, stretch`, stretch, measuredRatio)];
  };
  return [...against(ECHO, 0.7, 0.76), ...against('dnsdist', 1.2, 1.35), ...against('unbound', 2)];
}
