// Compiles the files in this process, for verbs that need no running instance.

import type { Instant } from '../base/brand.ts';
import { readConfig } from '../config/read-config.ts';
import { type CompileReport, runCompileJob } from '../control/keeper/compile-job.ts';
import { progress } from './print.ts';

/** What a configuration that cannot be read would have said: room for any policy. Untouched pages cost nothing. */
const DEFAULT_ROOM_BYTES = 512 << 20;

/** The files as they are `now`; with `at`, what they make of another moment. */
export async function compileHere(
  configFile: string,
  now: Instant,
  at = now,
): Promise<{ report: CompileReport; bytes: Uint8Array; tookMs: number }> {
  progress(`compiling ${configFile} …`);
  const startedAt = performance.now();
  const room = readConfig(configFile, { now }).config?.policyMaxBytes ?? DEFAULT_ROOM_BYTES;
  const into = new Uint8Array(new SharedArrayBuffer(room));
  const origin = { kind: 'files', configFile, readAt: now } as const;
  const report = await runCompileJob({ origin, now: at, generation: 1, overrides: [] }, into, () => into);
  const bytes = report.ok ? into.subarray(0, report.length) : into.subarray(0, 0);
  return { report, bytes, tookMs: performance.now() - startedAt };
}
