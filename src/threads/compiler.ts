// The compiler thread, started for one job: wires shared memory to control/compile-job and sends the report home.

import { enableCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { SharedArena } from '../control/keeper/arena.ts';
import type { CompileJob } from '../control/keeper/compile-job.ts';

enableCompileCache();
// Answers come first: where a core is short, the kernel gives it to the other threads. Elsewhere than on Linux this would be the whole process.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
const { Arena } = await import('../control/keeper/arena.ts');
const { runCompileJob } = await import('../control/keeper/compile-job.ts');

const { job, shared } = workerData as { job: CompileJob; shared: SharedArena };
const arena = new Arena(shared);
const report = await runCompileJob(job, arena.slot(arena.spare), (slot, length) => arena.slot(slot, length));
parentPort?.postMessage(report);
