// What a second worker costs: the same load a worker, so that batches are as full.

import { type LoadResult, runLoad } from '../dnsperf.ts';
import { atMost, ratios, type ScenarioResult } from '../figures.ts';
import { interdict } from '../ourselves.ts';
import { loadCells, loadText, microseconds } from '../rows.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';
import type { Workload } from '../workload.ts';

/** Two workers get this, one gets half of it: what two cores bear beside the load itself. */
const RATE = 60_000;

interface Setting {
  readonly running: Running;
  readonly rate: number;
  readonly loads: LoadResult[];
}

export async function workers(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const [one, two] = [await start(session, workload, 1), await start(session, workload, 2)];
  const half: Setting = { running: { ...one, name: 'one worker, half the load' }, rate: RATE / 2, loads: [] };
  const both: Setting = { running: { ...two, name: 'two workers' }, rate: RATE, loads: [] };
  const alone: Setting = { running: { ...one, name: 'one worker, the whole load' }, rate: RATE, loads: [] };
  const { seconds } = session.options;
  await session.rounds([half, both, alone], async ({ running, rate, loads }) => {
    await session.warm(running, workload);
    const load = { port: running.port, file: workload.files.mixed, seconds, core: undefined, rate };
    const result = await runLoad(load, running.program.pid);
    loads.push(result);
    return loadText(result);
  });
  const cpu = ({ loads }: Setting) => loads.map(microseconds);
  return {
    scenario: 'workers',
    question: 'Does a second worker make an answer dearer?',
    how: [
      `The load of "all features", ${RATE.toLocaleString('en')} q/s on two workers, half of that on one; nothing is bound to a core.`,
      'The last row shows one worker under the whole load: fuller batches, hence cheaper.',
    ],
    rows: [half, both, alone].map(({ loads, running }) => ({ name: running.name, cells: loadCells(loads, running) })),
    judgements: [atMost('CPU a query, two workers / one at half the load', 1.1, ratios(cpu(both), cpu(half)))],
    notes: session.notes,
  };
}

async function start(session: Session, workload: Workload, workers: number): Promise<Running> {
  return session.mustStart(interdict, await session.site(workload, { workers, core: undefined }));
}
