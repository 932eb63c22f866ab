import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { Arena } from '../../src/control/keeper/arena.ts';
import { type CompileReport, sha256 } from '../../src/control/keeper/compile-job.ts';
import { openSnapshot } from '../../src/policy/snapshot/snapshot.ts';
import { runThread } from '../../src/threads/start.ts';
import { Department, START } from '../control/running-keeper.ts';

const department = new Department();
afterEach(() => department.remove());

test('the compiler thread writes the spare slot of shared memory and reports home; out of time it is ended', async () => {
  const arena = Arena.create(8 << 20);
  const configFile = join(department.folder, 'config/interdict.yaml');
  const job = { origin: { kind: 'files', configFile }, now: START as Instant, generation: 7 };
  const report = await runThread<CompileReport>('compiler', { job, shared: arena.shared }, 30_000);
  if (!report.ok) throw new Error(JSON.stringify(report.problems));
  const snapshot = openSnapshot(arena.slot(arena.spare, report.length), sha256);
  expect(snapshot).toMatchObject({ generation: 7, policyHash: report.hash, appIds: ['app'] });
  expect(arena.slot(1 - arena.spare, 4096).every((byte) => byte === 0)).toBe(true);
  await expect(runThread('compiler', { job, shared: arena.shared }, 1)).rejects.toThrow('no answer within');
});

test('a job that makes the thread throw is a rejection, not the end of the process', async () => {
  await expect(runThread('compiler', { job: {}, shared: undefined }, 30_000)).rejects.toThrow();
});
