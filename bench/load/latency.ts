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

export async function probe(options: ProbeOptions): Promise<Latency> {
  return (await startProbe(options)).result;
}

/** Resolves when it begins to ask. `ends`: stops it before its time. */
export function startProbe(options: ProbeOptions, ends?: AbortSignal): Promise<{ readonly result: Promise<Latency> }> {
  const { port, file, seconds, core, rate = 0 } = options;
  const words = [PROBER, String(port), file, String(seconds), String(rate)];
  const [program, ...rest] = onCore(core, [process.execPath, ...words]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  ends?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  let output = '';
  const result = new Promise<Latency>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done(readLatency(output)) : fail(new Error(`the prober ends with ${code}`)),
    );
  });
  return new Promise((begin, fail) => {
    result.catch(fail);
    child.stdout.on('data', (chunk) => {
      output += chunk;
      begin({ result });
    });
  });
}

/** Its last line; a figure that there is not, since nothing was answered, is null there. */
function readLatency(output: string): Latency {
  const figures = JSON.parse(output.slice(output.indexOf('{'))) as Record<keyof Latency, number | null>;
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, value ?? Number.NaN]),
  ) as unknown as Latency;
}

export async function measureLatency(load: LoadOptions): Promise<Latency> {
  const { port, file, seconds, core } = load;
  const steady = runLoad({ ...load, rate: STEADY_RATE, seconds: seconds + 0.5 }, process.pid);
  const latency = await probe({ port, file, seconds, core, rate: PROBES_PER_SECOND });
  await steady;
  return latency;
}
