// A reload of all names under a steady load: what is lost, and how long anybody waits.

import { waitForAnswer } from '../client.ts';
import { LOST_AFTER_MS, type LoadResult, runLoad } from '../dnsperf.ts';
import { atMost, type ScenarioResult, spreadOf } from '../figures.ts';
import { type Latency, PROBES_PER_SECOND, STEADY_RATE, startProbe } from '../latency.ts';
import { readMetric } from '../metrics.ts';
import { OURSELVES } from '../ourselves.ts';
import type { Session } from '../session.ts';
import { isRefusal, lastListed, type Running, type Target } from '../target.ts';
import type { Workload } from '../workload.ts';

const PEERS = ['unbound', 'bind'];
const LIMIT_MS = 120_000;
/** Load before the reload, and after what it took. */
const LEAD_MS = 500;
/** As many as come in the 2 s that dnsperf waits, so that a server that stops is not spared. */
const OUTSTANDING = 50_000;

interface Measured {
  readonly name: string;
  readonly loads: LoadResult[];
  readonly probes: Latency[];
  readonly tookMs: number[];
}

export async function reload(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const measured: Measured[] = [];
  for (const target of session.targets(PEERS)) {
    const one = await measureTarget(session, target, workload);
    if (one !== undefined) measured.push(one);
  }
  const ours = measured.find(({ name }) => name === OURSELVES);
  return {
    scenario: 'reload',
    question: 'Does anybody wait while all names are read anew?',
    how: [
      `${workload.listed.toLocaleString('en')} names replaced by as many others under ${STEADY_RATE.toLocaleString('en')} q/s and ${PROBES_PER_SECOND.toLocaleString('en')} probes a second.`,
      'Nothing is bound to a core: whoever reads lists on a thread of its own may use the other one.',
      'Took: from the request until a name of the new list is refused; that is also when latency is measured.',
    ],
    rows: measured.map(({ name, loads, probes, tookMs }) => ({
      name,
      cells: {
        'took s': spreadOf(tookMs.map((ms) => ms / 1000)),
        queries: spreadOf(loads.map(({ completed, lost }) => completed + lost)),
        lost: spreadOf(loads.map(({ lost }) => lost)),
        'lost %': spreadOf(loads.map(({ completed, lost }) => (100 * lost) / (completed + lost))),
        'p50 ms': spreadOf(probes.map(({ p50 }) => p50)),
        'p99 ms': spreadOf(probes.map(({ p99 }) => p99)),
        'longest ms': spreadOf(probes.map(({ longest }) => longest)),
        'probes lost': spreadOf(probes.map(({ sent, answered }) => sent - answered)),
      },
    })),
    judgements:
      ours === undefined
        ? []
        : [
            atMost('queries lost', 0, spreadOf(ours.loads.map(({ lost }) => lost)), ''),
            atMost('p99 during it', 5, spreadOf(ours.probes.map(({ p99 }) => p99)), 'ms'),
          ],
    notes: session.notes,
  };
}

async function measureTarget(session: Session, target: Target, workload: Workload): Promise<Measured | undefined> {
  const running = await session.start(target, await session.site(workload, { core: undefined }));
  if (running === undefined) return undefined;
  const one: Measured = { name: target.name, loads: [], probes: [], tookMs: [] };
  for (let round = 1; round <= session.options.runs; round++) {
    await session.warm(running, workload);
    await measureReload(running, workload, round + 1, one);
    const lost = one.loads[round - 1].lost;
    session.progress(`${target.name}: ${Math.round(one.tookMs[round - 1])} ms, ${lost} lost (round ${round})`);
  }
  await noteDrops(session, running);
  await session.stop(running);
  return one;
}

/** Where ours lost them, if it did: in the socket's buffer, while nobody read it. */
async function noteDrops(session: Session, { name, adminPort }: Running): Promise<void> {
  if (adminPort === undefined) return;
  const drops = await readMetric(adminPort, 'interdict_socket_drops_total');
  if (drops > 0) session.note(`${name}: ${drops} datagrams found its socket's buffer full`);
}

async function measureReload(running: Running, workload: Workload, seed: number, into: Measured): Promise<void> {
  const { port, program } = running;
  const ask = { port, file: workload.files.allowed, core: undefined };
  const fresh = lastListed(workload, seed);
  const apply = running.prepareReload?.(seed);
  const [loadEnds, probesEnd] = [new AbortController(), new AbortController()];
  const load = runLoad(
    { ...ask, seconds: LIMIT_MS / 1000, rate: STEADY_RATE, outstanding: OUTSTANDING },
    program.pid,
    loadEnds.signal,
  );
  await new Promise((done) => setTimeout(done, LEAD_MS));
  const probing = await startProbe({ ...ask, seconds: LIMIT_MS / 1000, rate: PROBES_PER_SECOND }, probesEnd.signal);
  const since = performance.now();
  const applied = apply?.();
  const limits = { since, limitMs: LIMIT_MS, isRunning: () => program.isRunning() };
  const tookMs = await waitForAnswer(port, fresh, isRefusal, limits);
  await applied;
  await new Promise((done) => setTimeout(done, LEAD_MS));
  probesEnd.abort();
  await new Promise((done) => setTimeout(done, LOST_AFTER_MS + LEAD_MS));
  loadEnds.abort();
  into.loads.push(await load);
  into.probes.push(await probing.result);
  into.tookMs.push(tookMs ?? Number.NaN);
}
