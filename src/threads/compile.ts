// Main's side of the compiler: a process that lives for one job. As a thread it left its heap with us (some 150 MB for a million names,
// for good) and held up the answering threads whenever it took memory or gave it back; a process takes all that with it.
//
//   main ──── job (IPC) ────▶ compiler          main ◀── report (IPC) ──── compiler
//        ── served snapshot (stdin) ──▶              ◀── new snapshot (stdout) ──

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arena } from '../control/keeper/arena.ts';
import type { CompileJob, CompileReport } from '../control/keeper/compile-job.ts';
import { compileCache } from './start.ts';

/** Copied and handed over this many bytes at a time: a pipe takes no shared memory, and the thread has others to serve. */
const CHUNK_BYTES = 1 << 20;

/** What the compiler process is told. */
export interface Order {
  readonly job: CompileJob;
  /** Room for the snapshot. */
  readonly maxBytes: number;
  /** Bytes of the served snapshot that follow on stdin. */
  readonly servedBytes: number;
}

/**
 * Runs the job and leaves its snapshot in the arena's spare slot. Rejects when the process throws, ends without a report, sends other
 * bytes than it reports, or takes longer than `limitMs`; it is gone then.
 */
export async function runCompiler(job: CompileJob, arena: Arena, limitMs: number): Promise<CompileReport> {
  const entry = fileURLToPath(new URL(`./compiler${extname(import.meta.url)}`, import.meta.url));
  const compiler = spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ...compileCache() },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<CompileReport>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
      compiler.once('error', reject);
      // After all that it sent: too late to matter where that was enough.
      compiler.once('close', (code, signal) => reject(new Error(signal ?? `exit code ${code}`)));
      converse(compiler, job, arena).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    compiler.kill('SIGKILL');
  }
}

async function converse(compiler: ChildProcess, job: CompileJob, arena: Arena): Promise<CompileReport> {
  const served = job.origin.kind === 'running' ? arena.slot(job.origin.slot, job.origin.length) : new Uint8Array(0);
  const order: Order = { job, maxBytes: arena.shared.slotBytes, servedBytes: served.length };
  compiler.send(order);
  const [[report], length] = await Promise.all([
    once(compiler, 'message') as Promise<[CompileReport]>,
    receive(compiler, arena.slot(arena.spare)),
    send(compiler, served),
  ]);
  if (report.ok && report.length !== length)
    throw new Error(`reports a snapshot of ${report.length} bytes and gave ${length}`);
  return report;
}

async function send({ stdin }: ChildProcess, bytes: Uint8Array): Promise<void> {
  if (stdin === null) return;
  stdin.on('error', () => {}); // A compiler that ended says why by its exit.
  for (let at = 0; at < bytes.length && !stdin.destroyed; at += CHUNK_BYTES)
    if (!stdin.write(Uint8Array.from(bytes.subarray(at, at + CHUNK_BYTES)))) await once(stdin, 'drain');
  stdin.end();
}

/** Settles at the stream's end with the number of bytes that came; what goes beyond `into` is a failure. */
async function receive({ stdout }: ChildProcess, into: Uint8Array): Promise<number> {
  let length = 0;
  for await (const chunk of (stdout ?? []) as AsyncIterable<Buffer<ArrayBuffer>>) {
    if (length + chunk.length > into.length) throw new Error('gave more bytes than the slot holds');
    into.set(chunk, length);
    length += chunk.length;
    chunk.buffer.transfer(0); // Frees it now: left to the collector, all pieces of a snapshot pile up first.
  }
  return length;
}
