// From the start of the process to the first answer, with a policy that was compiled before.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../test/peers/peer.ts';
import { atMost, type ScenarioResult, spreadOf } from '../figures.ts';
import { interdict, startAgain } from '../ourselves.ts';
import type { Session } from '../session.ts';
import type { Site } from '../target.ts';

const SETTLE_MS = 60_000;

export async function start(session: Session): Promise<ScenarioResult> {
  const workload = session.workload(session.options.names);
  const port = await freePort();
  const listen = session.options.listen.replace(/:\d+$/, `:${port}`);
  const site = await session.site(workload, { core: undefined, listen });
  const first = await session.mustStart(interdict, site);
  await lastGoodWritten(site);
  await session.stop(first);
  const tookMs: number[] = [];
  for (let round = 0; round < session.options.runs; round++) {
    const again = await session.running('interdict', startAgain(site, port), workload);
    tookMs.push(again.readyMs);
    session.progress(`first refusal after ${Math.round(again.readyMs)} ms (round ${round + 1})`);
    await session.stop(again);
  }
  const measured = spreadOf(tookMs.map((ms) => ms / 1000));
  return {
    scenario: 'start',
    question: 'How long does a start take when nothing has changed?',
    how: [
      `${workload.listed.toLocaleString('en')} names, compiled by an instance before; from the start of the process to its first refusal of a listed name.`,
    ],
    rows: [
      { name: 'compiled before', cells: { 'first answer s': measured } },
      { name: 'from the lists', cells: { 'first answer s': spreadOf([first.readyMs / 1000]) } },
    ],
    judgements: [atMost('first answer', 1, measured, 's'), atMost('first answer, stretch', 0.3, measured, 's')],
    notes: session.notes,
  };
}

/** The last good policy is written behind the first answers. */
async function lastGoodWritten({ folder }: Site): Promise<void> {
  const file = join(folder, 'state/last-good/snapshot.bin');
  const until = performance.now() + SETTLE_MS;
  let before = -1;
  while (performance.now() < until) {
    const size = existsSync(file) ? statSync(file).size : -1;
    if (size > 0 && size === before) return;
    before = size;
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error(`${file} is not written`);
}
