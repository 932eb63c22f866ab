// One query after the other on an idle machine: what a single client waits.

import { atMost, ratios, type ScenarioResult, spreadOf } from '../figures.ts';
import { type Latency, probe } from '../latency.ts';
import { OURSELVES } from '../ourselves.ts';
import type { Session } from '../session.ts';
import type { Running } from '../target.ts';

const PEERS = ['limit', 'dnsdist', 'unbound'];

interface Measured {
  readonly running: Running;
  readonly probes: Latency[];
}

export async function idle(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const servers = (await session.startAll(workload, PEERS)).map((running): Measured => ({ running, probes: [] }));
  const { seconds } = session.options;
  const measured = await session.rounds(servers, async ({ running, probes }) => {
    await session.warm(running, workload);
    const result = await probe({ port: running.port, file: workload.files.mixed, seconds, core: session.cores.load });
    probes.push(result);
    return `p50 ${(result.p50 * 1000).toFixed(0)} µs`;
  });
  const p50 = (name: string) => measured.find(({ running }) => running.name === name)?.probes.map((one) => one.p50);
  const [ours, theirs] = [p50(OURSELVES), p50('unbound')];
  return {
    scenario: 'idle',
    question: 'How long does one client wait on an idle server?',
    how: ['The mix of "all features", one query at a time, each sent when the one before is answered; microseconds.'],
    rows: measured.map(({ running, probes }) => ({
      name: running.name,
      cells: {
        'p50 µs': spreadOf(probes.map((one) => one.p50 * 1000)),
        'p99 µs': spreadOf(probes.map((one) => one.p99 * 1000)),
        'p99.9 µs': spreadOf(probes.map((one) => one.p999 * 1000)),
        queries: spreadOf(probes.map((one) => one.sent)),
      },
    })),
    judgements: ours && theirs ? [atMost('p50 / unbound', 1.5, ratios(ours, theirs))] : [],
    notes: session.notes,
  };
}
