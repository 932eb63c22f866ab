// Memory of two workers with a full cache and both snapshot slots in use, and what reloads add to it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from '../dnsperf.ts';
import { atMost, type ScenarioResult, spreadOf } from '../figures.ts';
import { framed, queryBytes } from '../messages.ts';
import { readMetric } from '../metrics.ts';
import { interdict } from '../ourselves.ts';
import { type Memory, memoryOf } from '../processes.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';

const EARLY = 2;
const LATE = 20;
/** Answers that fill 64 MiB in slots of 256 bytes, and half as many again. */
const FILLING = 400_000;
/** One pass of the file, at what a resolver on one core can take. */
const FILL_SECONDS = 120;
const FILL_RATE = 20_000;

export async function memory(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const running = await session.mustStart(interdict, await session.site(workload, { workers: 2, core: undefined }));
  const read: [string, Memory][] = [['after the start', memoryOf(running.program.pid)]];
  await fillCache(session, running, workload.folder, Math.min(FILLING, session.options.names));
  const full = await cacheShare(running);
  read.push(['cache full', memoryOf(running.program.pid)]);
  for (let reload = 1; reload <= LATE; reload++) {
    await running.prepareReload?.(reload + 1)();
    if (reload === EARLY || reload === LATE) read.push([`after ${reload} reloads`, memoryOf(running.program.pid)]);
    session.progress(`reload ${reload} of ${LATE}: ${memoryOf(running.program.pid).residentMegabytes} MB`);
  }
  const [early, late] = [read[2][1].residentMegabytes, read[3][1].residentMegabytes];
  return {
    scenario: 'memory',
    question: 'How much memory does it take, and does a reload leave any behind?',
    how: [
      `${workload.listed.toLocaleString('en')} names, two workers, cache of 64 MiB ${full.toFixed(0)} % full; each reload brings as many other names, so that both slots are used.`,
    ],
    rows: read.map(([name, { residentMegabytes, proportionalMegabytes }]) => ({
      name,
      cells: { 'RSS MB': spreadOf([residentMegabytes]), 'Pss MB': spreadOf([proportionalMegabytes]) },
    })),
    judgements: [
      atMost(`resident memory after ${EARLY} reloads`, 350, spreadOf([early]), 'MB'),
      atMost(`resident memory, after ${LATE} reloads / after ${EARLY}`, 1.05, spreadOf([late / early])),
    ],
    notes: session.notes,
  };
}

async function fillCache(session: Session, running: Running, folder: string, count: number): Promise<void> {
  session.progress(`filling the cache with ${count.toLocaleString('en')} answers`);
  const file = join(folder, 'filling');
  const names = Array.from({ length: count }, (_, i) => `fill${i}.site${i % 331}.t${i % 150}`);
  writeFileSync(file, framed(names.map((name) => queryBytes({ name, type: 'A', dnssecOk: false }))));
  const load = {
    port: running.port,
    file,
    seconds: FILL_SECONDS,
    core: session.cores.load,
    isOnce: true,
    rate: FILL_RATE,
  };
  const { lost, completed } = await runLoad(load, running.program.pid);
  if (lost > 0) session.note(`${lost} of ${completed + lost} answers were lost while the cache was filled`);
}

/** Percent. */
async function cacheShare({ adminPort = 0 }: Running): Promise<number> {
  const bytes = await readMetric(adminPort, 'interdict_dns_cache_bytes');
  return (100 * bytes) / (await readMetric(adminPort, 'interdict_dns_cache_limit_bytes'));
}
