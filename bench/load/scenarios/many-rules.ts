// What a policy's size costs those who ask for what is allowed.

import { type LoadResult, runLoad } from '../dnsperf.ts';
import { atMost, ratios, type ScenarioResult } from '../figures.ts';
import { interdict } from '../ourselves.ts';
import { loadCells, loadText, microseconds } from '../rows.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';
import type { Workload } from '../workload.ts';

const FEW = 1000;
/** Five times the names of the other scenarios: five millions. */
const TIMES = 5;

interface Measured {
  readonly running: Running;
  readonly workload: Workload;
  readonly loads: LoadResult[];
}

export async function manyRules(session: Session): Promise<ScenarioResult> {
  const few = await start(session, FEW);
  const many = await start(session, TIMES * session.options.names);
  const { seconds } = session.options;
  await session.rounds([few, many], async ({ running, workload, loads }) => {
    await session.warm(running, workload);
    const load = { port: running.port, file: workload.files.allowed, seconds, core: session.cores.load };
    const result = await runLoad(load, running.program.pid);
    loads.push(result);
    return loadText(result);
  });
  const cpu = [many, few].map(({ loads }) => loads.map(microseconds));
  return {
    scenario: 'many-rules',
    question: 'What do more rules cost those who ask for allowed names that are in the cache?',
    how: ['Interdict twice, both loaded with the same 2,000 allowed names, in turn.'],
    rows: [few, many].map((one) => ({ name: one.running.name, cells: loadCells(one.loads, one.running) })),
    judgements: [atMost(`CPU a query, ${many.running.name} / ${few.running.name}`, 1.12, ratios(cpu[0], cpu[1]))],
    notes: [],
  };
}

async function start(session: Session, names: number): Promise<Measured> {
  const workload = session.workload(names);
  const running = await session.mustStart(interdict, await session.site(workload));
  return { running: { ...running, name: `${names.toLocaleString('en')} rules` }, workload, loads: [] };
}
