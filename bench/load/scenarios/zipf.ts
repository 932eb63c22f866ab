// Real popularity: how many of the repeated questions never reach the resolver.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runLoad } from '../dnsperf.ts';
import { atLeast, type ScenarioResult, spreadOf } from '../figures.ts';
import { framed, type QType, type Question, queryBytes, TYPES } from '../messages.ts';
import { readMetric } from '../metrics.ts';
import { interdict } from '../ourselves.ts';
import { randomFrom } from '../random.ts';
import type { Session } from '../session.ts';

const CORPUS = join(import.meta.dirname, '../../../../shared/corpora/zipf-200k.dnsperf.gz');
const LISTED = 1000;
const QUERIES = 200_000;
const NAMES = 100_000;
const RATE = 20_000;
/** One pass takes 10 s at this rate. */
const LIMIT_SECONDS = 60;

export async function zipf(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(LISTED);
  const isReal = existsSync(CORPUS);
  const all = isReal ? readCorpus() : makeQuestions();
  const questions = all.slice(0, Math.ceil((session.options.seconds / 6) * all.length));
  const file = join(workload.folder, 'zipf');
  writeFileSync(file, framed(questions.map(queryBytes)));
  const repeats = questions.length - new Set(questions.map(({ name, type }) => `${name} ${type}`)).size;
  const shares: number[] = [];
  for (let round = 1; round <= session.options.runs; round++) {
    const running = await session.mustStart(interdict, await session.site(workload));
    const hits = () => readMetric(running.adminPort ?? 0, 'interdict_dns_cache_requests_total', ['result="hit"']);
    const before = await hits();
    const load = {
      port: running.port,
      file,
      seconds: LIMIT_SECONDS,
      core: session.cores.load,
      isOnce: true,
      rate: RATE,
    };
    const { completed, lost } = await runLoad(load, running.program.pid);
    if (lost > 0) session.note(`round ${round}: ${lost} of ${completed + lost} queries were lost`);
    shares.push((100 * ((await hits()) - before)) / repeats);
    session.progress(`${shares[round - 1].toFixed(2)} % of ${repeats} repeats (round ${round})`);
    await session.stop(running);
  }
  return {
    scenario: 'zipf',
    question: 'How many repeated questions are answered from memory?',
    how: [
      `${questions.length.toLocaleString('en')} questions at ${RATE.toLocaleString('en')} q/s, ${repeats.toLocaleString('en')} of them repeats; ${isReal ? 'names by real popularity (Umbrella top 100,000), Zipf 0.9' : 'made names, Zipf 0.9 from a seed'}; empty cache at the start.`,
      'Counted: look-ups that hit. A repeat that comes while the first is still on its way upstream is not one of them.',
    ],
    rows: [{ name: 'interdict', cells: { 'repeats answered %': spreadOf(shares) } }],
    judgements: [atLeast('share of repeats', 98, spreadOf(shares), '%')],
    notes: session.notes,
  };
}

function readCorpus(): Question[] {
  const lines = gunzipSync(readFileSync(CORPUS)).toString('latin1').trim().split('\n');
  return lines.flatMap((line) => {
    const [name, type] = line.split(' ');
    return type in TYPES ? [{ name: name.toLowerCase(), type: type as QType, dnssecOk: false }] : [];
  });
}

function makeQuestions(): Question[] {
  const random = randomFrom(23);
  const weights = Array.from({ length: NAMES }, (_, i) => (i + 1) ** -0.9);
  let sum = 0;
  const upTo = weights.map((weight) => {
    sum += weight;
    return sum;
  });
  const types = [...Array(62).fill('A'), ...Array(22).fill('AAAA'), ...Array(16).fill('HTTPS')] as QType[];
  return Array.from({ length: QUERIES }, () => {
    const rank = firstAbove(upTo, (random(2 ** 30) / 2 ** 30) * sum);
    return { name: `www.popular${rank}.t${rank % 150}`, type: types[random(100)], dnssecOk: false };
  });
}

function firstAbove(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
