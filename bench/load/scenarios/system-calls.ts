// System calls a query under load: how full the batches are.

import { runLoad } from '../dnsperf.ts';
import { atMost, type ScenarioResult, spreadOf } from '../figures.ts';
import { OURSELVES } from '../ourselves.ts';
import type { Core } from '../processes.ts';
import type { Session } from '../session.ts';
import { type CallCount, countSystemCalls } from '../system-calls.ts';
import type { Running } from '../target.ts';
import type { Workload } from '../workload.ts';

const PEERS = ['limit', 'dnsdist', 'unbound'];

interface Measured {
  readonly name: string;
  /** Calls a query with one generator, which a fast server waits for; and with a second one on the server's own core, which saturates it. */
  readonly waiting: number[];
  readonly saturated: number[];
}

export async function systemCalls(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const { load, server } = session.cores;
  const measured: Measured[] = [];
  let tool: CallCount['tool'] = 'perf';
  for (const target of session.targets(PEERS)) {
    const running = await session.start(target, await session.site(workload));
    if (running === undefined) continue;
    await session.warm(running, workload);
    const one: Measured = { name: target.name, waiting: [], saturated: [] };
    for (let round = 1; round <= session.options.runs; round++) {
      for (const [into, cores] of [
        [one.waiting, [load]],
        [one.saturated, [load, server]],
      ] as const) {
        const counted = await callsPerQuery(session, running, workload, cores);
        if (counted === undefined) session.note('system calls are not counted: neither perf nor strace can do it here');
        else into.push(counted.calls);
        tool = counted?.tool ?? tool;
      }
      session.progress(`${target.name}: ${one.waiting.at(-1)}, saturated ${one.saturated.at(-1)} (round ${round})`);
    }
    await session.stop(running);
    measured.push(one);
  }
  const ours = measured.find(({ name }) => name === OURSELVES)?.saturated ?? [];
  return {
    scenario: 'system-calls',
    question: 'How many system calls does an answer take under load?',
    how: [
      `All threads of the process, counted by ${tool === 'perf' ? 'perf (raw_syscalls:sys_enter)' : 'strace, which slows the server down and so fills its batches'}.`,
      "Waiting: one generator on a core of its own, which a fast server waits for. Saturated: a second one on the server's own core.",
    ],
    rows: measured.map(({ name, waiting, saturated }) => ({
      name,
      cells: { 'calls/query, waiting': spreadOf(waiting), 'calls/query, saturated': spreadOf(saturated) },
    })),
    judgements: ours.length > 0 ? [atMost('system calls a query, saturated', 0.1, spreadOf(ours), '')] : [],
    notes: session.notes,
  };
}

async function callsPerQuery(
  session: Session,
  { port, program }: Running,
  { files }: Workload,
  cores: readonly Core[],
): Promise<CallCount | undefined> {
  const { seconds } = session.options;
  const counting = countSystemCalls(program.pid, seconds);
  const loads = await Promise.all(
    cores.map((core) => runLoad({ port, file: files.mixed, seconds, core }, program.pid)),
  );
  const counted = await counting;
  const completed = loads.reduce((sum, load) => sum + load.completed, 0);
  return counted && { ...counted, calls: counted.calls / completed };
}
