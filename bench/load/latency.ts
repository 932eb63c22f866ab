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

export function probe({ port, file, seconds, core, rate }: ProbeOptions): Promise<Latency> {
  const [program, ...words] = onCore(core, [
    process.execPath,
    PROBER,
    String(port),
    file,
    String(seconds),
    String(rate ?? 0),
  ]);
  return new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
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
