// One name that half the network asks for and that ends every two seconds: does refreshing it cost anybody else?

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressReply, FakeUpstream } from '../../../test/dns/resolve/fake-upstream.ts';
import { runLoad } from '../dnsperf.ts';
import { atMost, ratios, type ScenarioResult, spreadOf } from '../figures.ts';
import { type Latency, PROBES_PER_SECOND, probe } from '../latency.ts';
import { framed, queryBytes } from '../messages.ts';
import { interdict } from '../ourselves.ts';
import type { Session } from '../session.ts';

const LISTED = 1000;
const RATE = 50_000;
const UPSTREAM_MS = 100;
const SHORT_TTL = 2;
const LONG_TTL = 3600;
const OTHERS = 1000;
/** Several refreshes. */
const SECONDS = 7;
const FILL_SECONDS = 5;

interface Measured {
  readonly ttl: number;
  readonly probes: Latency[];
  readonly asked: number[];
  readonly failed: number[];
}

export async function prefetch(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(LISTED);
  const asking = (name: string) => queryBytes({ name, type: 'A', dnssecOk: false });
  const popular = join(workload.folder, 'popular');
  const others = join(workload.folder, 'others');
  writeFileSync(others, framed(Array.from({ length: OTHERS }, (_, i) => asking(`other${i}.site${i % 331}.t1`))));
  const upstream = await startSlowUpstream();
  const running = await session.mustStart(interdict, await session.site(workload, { upstreamPort: upstream.port }));
  const { port, program } = running;
  const ask = { port, core: session.cores.load };
  await runLoad({ ...ask, file: others, seconds: FILL_SECONDS, rate: OTHERS, isOnce: true }, program.pid);
  const measured = [LONG_TTL, SHORT_TTL].map((ttl): Measured => ({ ttl, probes: [], asked: [], failed: [] }));
  for (let round = 1; round <= session.options.runs; round++) {
    for (const one of measured) {
      upstream.name = `popular${round}x${one.ttl}.site1.t1`;
      upstream.ttl = one.ttl;
      writeFileSync(popular, framed([asking(upstream.name)]));
      await runLoad({ ...ask, file: popular, seconds: 1, rate: 1, isOnce: true }, program.pid);
      upstream.asked = 0;
      const load = runLoad({ ...ask, file: popular, seconds: SECONDS + 0.5, rate: RATE }, program.pid);
      one.probes.push(await probe({ ...ask, file: others, seconds: SECONDS, rate: PROBES_PER_SECOND }));
      const { completed, lost, rcodes } = await load;
      one.asked.push(upstream.asked);
      one.failed.push(lost + Math.round((rcodes.SERVFAIL ?? 0) * completed));
      session.progress(`TTL ${one.ttl}: others' p99 ${one.probes[round - 1].p99.toFixed(3)} ms (round ${round})`);
    }
  }
  await session.stop(running);
  await upstream.close();
  const [quiet, busy] = measured.map(({ probes }) => probes.map(({ p99 }) => p99));
  const [, refreshed] = measured;
  return {
    scenario: 'prefetch',
    question: 'Does refreshing a popular name cost anybody else?',
    how: [
      `One name at ${RATE.toLocaleString('en')} q/s for ${SECONDS} s, its upstream ${UPSTREAM_MS} ms away; meanwhile ${OTHERS.toLocaleString('en')} other kept names at ${PROBES_PER_SECOND.toLocaleString('en')} q/s.`,
    ],
    rows: measured.map(({ ttl, probes, asked, failed }) => ({
      name: `TTL ${ttl} s`,
      cells: {
        "others' p50 ms": spreadOf(probes.map(({ p50 }) => p50)),
        "others' p99 ms": spreadOf(probes.map(({ p99 }) => p99)),
        'asked upstream': spreadOf(asked),
        'lost or SERVFAIL': spreadOf(failed),
      },
    })),
    judgements: [
      atMost('asked upstream a second', 1, spreadOf(refreshed.asked.map((asked) => asked / SECONDS)), ''),
      atMost('lost or SERVFAIL', 0, spreadOf(refreshed.failed), ''),
      atMost("others' p99, refreshed / not", 1.1, ratios(busy, quiet)),
    ],
    notes: session.notes,
  };
}

interface SlowUpstream {
  readonly port: number;
  /** The one it counts, which gets `ttl`; all others end much later. */
  name: string;
  ttl: number;
  asked: number;
  close(): Promise<void>;
}

async function startSlowUpstream(): Promise<SlowUpstream> {
  const fake = await FakeUpstream.start((query, send) => {
    const isCounted = query.name.toLowerCase() === upstream.name;
    if (isCounted) upstream.asked++;
    setTimeout(() => send(addressReply(query, 1, isCounted ? upstream.ttl : LONG_TTL)), UPSTREAM_MS);
  });
  fake.keepsQueries = false;
  const upstream: SlowUpstream = { port: fake.port, name: '', ttl: LONG_TTL, asked: 0, close: () => fake.stop() };
  return upstream;
}
