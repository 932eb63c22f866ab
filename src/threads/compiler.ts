// The compiler thread, started for one job: wires shared memory to control/compile-job and sends the report home.

import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { SharedArena } from '../control/arena.ts';
import type { CompileJob } from '../control/compile-job.ts';

enableCompileCache();
const { Arena } = await import('../control/arena.ts');
const { runCompileJob } = await import('../control/compile-job.ts');

const { job, shared } = workerData as { job: CompileJob; shared: SharedArena };
const arena = new Arena(shared);
const report = await runCompileJob(job, arena.slot(arena.spare), (slot, length) => arena.slot(slot, length));
parentPort?.postMessage(report);
