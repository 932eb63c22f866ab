// System calls a query under load: how full the batches are.

import { runLoad } from '../dnsperf.ts';
import { atMost, type Row, type ScenarioResult, spreadOf } from '../figures.ts';
import { OURSELVES } from '../ourselves.ts';
import type { Session } from '../session.ts';
import { type CallCount, countSystemCalls } from '../system-calls.ts';

const PEERS = ['limit', 'dnsdist', 'unbound'];

export async function systemCalls(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const rows: Row[] = [];
  const ours: number[] = [];
  let tool: CallCount['tool'] = 'perf';
  for (const target of session.targets(PEERS)) {
    const running = await session.start(target, await session.site(workload));
    if (running === undefined) continue;
    await session.warm(running, workload);
    const perQuery: number[] = [];
    for (let round = 0; round < session.options.runs; round++) {
      const { port, program } = running;
      const { seconds } = session.options;
      const counting = countSystemCalls(program.pid, seconds);
      const load = await runLoad({ port, file: workload.files.mixed, seconds, core: session.cores.load }, program.pid);
      const counted = await counting;
      if (counted === undefined) {
        session.note('system calls are not counted: neither perf nor strace can do it here');
        break;
      }
      tool = counted.tool;
      perQuery.push(counted.calls / load.completed);
      session.progress(`${target.name}: ${perQuery[round].toFixed(3)} calls a query (round ${round + 1})`);
    }
    await session.stop(running);
    if (target.name === OURSELVES) ours.push(...perQuery);
    rows.push({ name: target.name, cells: { 'calls/query': spreadOf(perQuery) } });
  }
  return {
    scenario: 'system-calls',
    question: 'How many system calls does an answer take under load?',
    how: [
      `All threads of the process, counted by ${tool === 'perf' ? 'perf (raw_syscalls:sys_enter)' : 'strace, which slows the server down and so fills its batches'}.`,
    ],
    rows,
    judgements: ours.length > 0 ? [atMost('system calls a query', 0.1, spreadOf(ours), '')] : [],
    notes: session.notes,
  };
}
