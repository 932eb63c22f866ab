// A new policy under a warm cache: what was kept is judged again, and asked of nobody again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from '../dnsperf.ts';
import { atLeast, atMost, type ScenarioResult, spreadOf } from '../figures.ts';
import { STEADY_RATE } from '../latency.ts';
import { framed, queryBytes } from '../messages.ts';
import { readMetric } from '../metrics.ts';
import { interdict } from '../ourselves.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';

const LISTED = 1000;
const KEPT = 50_000;
const FILL_SECONDS = 60;

interface Looks {
  readonly hits: number;
  readonly misses: number;
}

export async function swap(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(LISTED);
  const file = join(workload.folder, 'kept');
  const names = Array.from({ length: KEPT }, (_, i) => `kept${i}.site${i % 331}.t${i % 150}`);
  writeFileSync(file, framed(names.map((name) => queryBytes({ name, type: 'A', dnssecOk: false }))));
  const shares = { before: [] as number[], across: [] as number[] };
  const lost: number[] = [];
  const running = await session.mustStart(interdict, await session.site(workload));
  const { port, program } = running;
  const load = { port, file, core: session.cores.load, rate: STEADY_RATE };
  await runLoad({ ...load, seconds: FILL_SECONDS, isOnce: true }, program.pid);
  for (let round = 1; round <= session.options.runs; round++) {
    const { seconds } = session.options;
    const quiet = await looksDuring(running, () => runLoad({ ...load, seconds }, program.pid));
    const apply = running.prepareReload?.(round + 1);
    const busy = await looksDuring(running, async () => {
      const [result] = await Promise.all([runLoad({ ...load, seconds }, program.pid), apply?.()]);
      lost.push(result.lost);
    });
    shares.before.push(hitShare(quiet));
    shares.across.push(hitShare(busy));
    session.progress(
      `hits ${hitShare(quiet).toFixed(3)} %, across a swap ${hitShare(busy).toFixed(3)} % (round ${round})`,
    );
  }
  await session.stop(running);
  const change = shares.across.map((share, i) => share - shares.before[i]);
  return {
    scenario: 'swap',
    question: 'Does a new policy empty the cache?',
    how: [
      `${KEPT.toLocaleString('en')} names kept and asked for at ${STEADY_RATE.toLocaleString('en')} q/s; in every second run the policy is replaced by another one.`,
    ],
    rows: [
      { name: 'no swap', cells: { 'answered from the cache %': spreadOf(shares.before) } },
      { name: 'one swap', cells: { 'answered from the cache %': spreadOf(shares.across), lost: spreadOf(lost) } },
    ],
    judgements: [
      atLeast('share of hits, with a swap less without', 0, spreadOf(change), '%'),
      atMost('queries lost', 0, spreadOf(lost), ''),
    ],
    notes: session.notes,
  };
}

async function looksDuring(running: Running, work: () => Promise<unknown>): Promise<Looks> {
  const before = await looks(running);
  await work();
  const after = await looks(running);
  return { hits: after.hits - before.hits, misses: after.misses - before.misses };
}

async function looks({ adminPort = 0 }: Running): Promise<Looks> {
  const read = (result: string) => readMetric(adminPort, 'interdict_dns_cache_requests_total', [`result="${result}"`]);
  return { hits: await read('hit'), misses: await read('miss') };
}

function hitShare({ hits, misses }: Looks): number {
  return (100 * hits) / (hits + misses);
}
