// The compiler process, started for one job (compile.ts): takes the order, runs control/compile-job, sends report and snapshot home.

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';
import type { Order } from './compile.ts';

enableCompileCache();
giveWay();
process.once('disconnect', () => process.exit(1)); // Nobody waits for the report.
const ordered = once(process, 'message');
const { runCompileJob } = await import('../control/keeper/compile-job.ts');

const [{ job, maxBytes, servedBytes }] = (await ordered) as [Order];
const served = await readServed(servedBytes);
const into = new Uint8Array(maxBytes);
const report = await runCompileJob(job, into, (_slot, length) => served.subarray(0, length));
await new Promise((sent) => process.send?.(report, sent));
await new Promise<void>((sent) => process.stdout.end(report.ok ? into.subarray(0, report.length) : '', sent));
process.exit(0);

async function readServed(length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const chunk of process.stdin) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Answers come first: where a core is short, the kernel gives it to the process that serves. On Linux a thread has a priority of its own, and V8's are there already. */
function giveWay(): void {
  const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid];
  for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
}
