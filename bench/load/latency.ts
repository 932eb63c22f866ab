// Latency as a client sees it: bench/prober.ts in a process of its own, beside a steady load of dnsperf.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type LoadOptions, runLoad } from './dnsperf.ts';
import { type Core, onCore } from './processes.ts';

const PROBER = join(import.meta.dirname, '../prober.ts');
export const PROBES_PER_SECOND = 1000;
/** What the load beside it asks. */
export const STEADY_RATE = 20_000;

export interface Latency {
  readonly sent: number;
  readonly answered: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
}

export interface ProbeOptions {
  readonly port: number;
  readonly file: string;
  readonly seconds: number;
  readonly core: Core;
  /** Queries a second; absent: one after the other. */
  readonly rate?: number;
}

/** `ends`: stops it before its time. */
export function probe(options: ProbeOptions, ends?: AbortSignal): Promise<Latency> {
  const { port, file, seconds, core, rate = 0 } = options;
  const [program, ...words] = onCore(core, [
    process.execPath,
    PROBER,
    String(port),
    file,
    String(seconds),
    String(rate),
  ]);
  return new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    ends?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done(JSON.parse(output)) : fail(new Error(`the prober ends with ${code}`)),
    );
  });
}

export async function measureLatency(load: LoadOptions): Promise<Latency> {
  const { port, file, seconds, core } = load;
  const steady = runLoad({ ...load, rate: STEADY_RATE, seconds: seconds + 0.5 }, process.pid);
  const latency = await probe({ port, file, seconds, core, rate: PROBES_PER_SECOND });
  await steady;
  return latency;
}
