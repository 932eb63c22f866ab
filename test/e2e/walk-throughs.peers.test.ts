// The two pages that walk through a day, one after the other on one instance: the second goes on where the first ends. Their days are
// moved to the day of the test, so that what begins and ends in them does so here too.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance } from './instance.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';
import { checkout, isUpdating, ROOT, runPage, stepsOf } from './walk-through.ts';

/** The day on which the pages begin. */
const PAGE_DAY = '2026-12-01';
const DAY_MS = 86_400_000;
/** A person reads and types for the better part of an hour; what the machine adds has to be small beside that, even when it is busy. */
const MACHINE_MS = 180_000;

describe.skipIf(missingPeers('dig', 'curl', 'git') !== undefined)('the walk-throughs', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    instance = await startInstance(checkout(upstream.port));
  });
  afterAll(async () => {
    await instance?.stop();
    await upstream?.close();
  });

  test.each([['docs/statement-at-11.md', 15]])(
    '%s does what it shows',
    async (name, steps) => {
      const file = join(ROOT, name);
      const page = readFileSync(file, 'utf8');
      expect(stepsOf(page).length).toBeGreaterThanOrEqual(steps);
      const startedAt = performance.now();
      const days = daysSince(PAGE_DAY);
      const done = await runPage(page, {
        ...instance,
        toReal: (text) => moved(text, days),
        toPage: (text) => moved(text, -days),
      });
      if (isUpdating) writeFileSync(file, done);
      expect(performance.now() - startedAt).toBeLessThan(MACHINE_MS);
    },
    240_000,
  );
});

/** By the clocks of the demo's time zone. */
function daysSince(date: string): number {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format();
  return (Date.parse(today) - Date.parse(date)) / DAY_MS;
}

function moved(text: string, days: number): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\d/g, (date) =>
    new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10),
  );
}
