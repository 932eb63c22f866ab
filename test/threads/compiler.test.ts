import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { Arena } from '../../src/control/keeper/arena.ts';
import { type CompileJob, sha256 } from '../../src/control/keeper/compile-job.ts';
import { openSnapshot } from '../../src/policy/snapshot/snapshot.ts';
import { runCompiler } from '../../src/threads/compile.ts';
import { Department, START } from '../control/running-keeper.ts';

const department = new Department();
afterAll(() => department.remove());

test('the snapshot of the compiler comes to lie in the spare slot; out of time it is ended', async () => {
  const arena = Arena.create(8 << 20);
  const configFile = join(department.folder, 'config/interdict.yaml');
  const job: CompileJob = {
    origin: { kind: 'files', configFile },
    now: START as Instant,
    generation: 7,
    overrides: [],
  };
  const report = await runCompiler(job, arena, 30_000);
  if (!report.ok) throw new Error(JSON.stringify(report.problems));
  const snapshot = openSnapshot(arena.slot(arena.spare, report.length), sha256);
  expect(snapshot).toMatchObject({ generation: 7, policyHash: report.hash, appIds: ['app'] });
  expect(arena.slot(1 - arena.spare, 4096).every((byte) => byte === 0)).toBe(true);
  await expect(runCompiler(job, arena, 1)).rejects.toThrow('no answer within');
});

test('what is served is compiled again for another moment, from the served slot alone', async () => {
  const arena = Arena.create(8 << 20);
  const configFile = join(department.folder, 'config/interdict.yaml');
  const now = START as Instant;
  const first = await runCompiler(
    { origin: { kind: 'files', configFile }, now, generation: 7, overrides: [] },
    arena,
    30_000,
  );
  if (!first.ok) throw new Error(JSON.stringify(first.problems));
  const { spare: slot } = arena;
  const { length, model, readAt } = first;
  arena.publish(7, slot, length);
  const origin = { kind: 'running', slot, length, model, readAt } as const;
  const second = await runCompiler({ origin, now, generation: 8, overrides: [] }, arena, 30_000);
  expect(second).toMatchObject({ ok: true, hash: first.hash, length });
  expect(arena.spare).not.toBe(slot);
  expect(openSnapshot(arena.slot(arena.spare, length), sha256)).toMatchObject({
    generation: 8,
    policyHash: first.hash,
  });
});

test('a job that makes the process throw, or that it dies of, is a rejection', async () => {
  const arena = Arena.create(1 << 20);
  const lost = { origin: { kind: 'nowhere' }, now: START, generation: 1, overrides: [] } as unknown as CompileJob;
  await expect(runCompiler(lost, arena, 30_000)).rejects.toThrow('exit code 1');
});
