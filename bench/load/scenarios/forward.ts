// Nothing is in the cache: every query is a name that nobody asked for before.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadResult, runLoad } from '../dnsperf.ts';
import type { ScenarioResult } from '../figures.ts';
import { framed, queryBytes } from '../messages.ts';
import { compareRates, loadCells, loadText } from '../rows.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';

/** Forwarding is what is measured: a small policy, the same for all. */
const LISTED = 1000;
const PEERS = ['dnsdist', 'unbound', 'knot', 'recursor', 'bind'];
/** More than any server forwards on one core. */
const NAMES_A_SECOND = 150_000;

interface Measured {
  readonly running: Running;
  readonly loads: LoadResult[];
}

export async function forward(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(LISTED);
  const servers = (await session.startAll(workload, PEERS)).map((running): Measured => ({ running, loads: [] }));
  const { seconds } = session.options;
  const file = join(workload.folder, 'new-names');
  const warmUpFile = join(workload.folder, 'names-before');
  writeFileSync(warmUpFile, newNames(0, 2 * NAMES_A_SECOND));
  let written = 0;
  const measured = await session.rounds(servers, async ({ running, loads }, round) => {
    await session.warmUp(running, warmUpFile);
    if (round !== written) writeFileSync(file, newNames(round, Math.ceil(seconds * NAMES_A_SECOND)));
    written = round;
    const load = { port: running.port, file, seconds, core: session.cores.load, isOnce: true };
    const result = await runLoad(load, running.program.pid);
    loads.push(result);
    const failed = 1 - (result.rcodes.NOERROR ?? 0);
    if (failed > 0.001) session.note(`${running.name}: ${(100 * failed).toFixed(1)} % of its answers were failures`);
    return loadText(result);
  });
  return {
    scenario: 'forward',
    question: 'What does a query cost that has to be asked upstream?',
    how: [
      'Every query a new name, type A; upstream: a program in C on loopback, plain UDP, on the core of the load. 1,000 listed names.',
      'Interdict sends random ids from at least 1,024 random source ports; dnsdist from 4.',
    ],
    rows: measured.map(({ running, loads }) => ({ name: running.name, cells: loadCells(loads, running) })),
    judgements: compareRates('forwarded per CPU second', measured, [
      ['unbound', 2],
      ['knot', 1.7],
      ['dnsdist', undefined, 1],
    ]),
    notes: session.notes,
  };
}

function newNames(round: number, count: number): Uint8Array {
  const name = (i: number) => `h${i}r${round}.uniq${i % 977}.org`;
  return framed(Array.from({ length: count }, (_, i) => queryBytes({ name: name(i), type: 'A', dnssecOk: false })));
}
