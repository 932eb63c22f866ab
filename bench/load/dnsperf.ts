// One run of dnsperf against a server, and the server's CPU time during it.

import { spawn } from 'node:child_process';
import { type Core, cpuMicroseconds, onCore } from './processes.ts';

/** Sockets that dnsperf asks from: so many flows reach a server's workers. */
const CLIENTS = 64;
/** Open at once: several full batches of 64, and no more than a socket buffer of the default size holds. */
const OUTSTANDING = 200;

/** An answer that is later than this is lost; what is open when a run is stopped is neither. */
export const LOST_AFTER_MS = 2000;

export interface LoadOptions {
  readonly port: number;
  readonly file: string;
  readonly seconds: number;
  readonly core: Core;
  /** Queries a second; as many as it can when absent. */
  readonly rate?: number;
  /** Ends with the file: a name is asked once. */
  readonly isOnce?: boolean;
  readonly outstanding?: number;
}

export interface LoadResult {
  readonly completed: number;
  readonly lost: number;
  readonly perSecond: number;
  /** Share of each response code. */
  readonly rcodes: Readonly<Record<string, number>>;
  readonly averageMs: number;
  readonly longestMs: number;
  /** User and system time of the server's whole process during the run. */
  readonly cpuMicroseconds: number;
}

/** `ends`: stops it before its time. */
export async function runLoad(options: LoadOptions, pid: number, ends?: AbortSignal): Promise<LoadResult> {
  const before = cpuMicroseconds(pid);
  const report = await runDnsperf(options, ends);
  return { ...parseReport(report), cpuMicroseconds: cpuMicroseconds(pid) - before };
}

function runDnsperf(options: LoadOptions, ends: AbortSignal | undefined): Promise<string> {
  const { port, file, seconds, core, rate, isOnce, outstanding = OUTSTANDING } = options;
  // -B with the OPT of -e already in each message: only so can one run in ten set DO.
  const command = [
    'dnsperf',
    '-B',
    '-s',
    '127.0.0.1',
    '-p',
    port,
    '-d',
    file,
    '-l',
    seconds,
    '-t',
    LOST_AFTER_MS / 1000,
  ];
  command.push('-T', 1, '-c', CLIENTS, '-q', outstanding, '-b', 4096, '-O', 'suppress=timeouts,congestion');
  if (rate !== undefined) command.push('-Q', rate);
  if (isOnce === true) command.push('-n', 1);
  const [program, ...words] = onCore(core, command.map(String));
  return new Promise((done, fail) => {
    const child = spawn(program, words);
    let output = '';
    ends?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', fail);
    child.once('close', () => (output.includes('Queries completed') ? done(output) : fail(new Error(output))));
  });
}

/** What is read of its report. */
export function parseReport(report: string): Omit<LoadResult, 'cpuMicroseconds'> {
  const number = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? Number.NaN);
  const completed = number(/Queries completed:\s+(\d+)/);
  const codes = /Response codes:\s+(.*)/.exec(report)?.[1] ?? '';
  return {
    completed,
    lost: number(/Queries lost:\s+(\d+)/),
    perSecond: Math.round(number(/Queries per second:\s+([\d.]+)/)),
    rcodes: Object.fromEntries(Array.from(codes.matchAll(/([A-Z]+) (\d+)/g), (m) => [m[1], Number(m[2]) / completed])),
    averageMs: number(/Average Latency \(s\):\s+([\d.]+)/) * 1000,
    longestMs: number(/Average Latency.*max ([\d.]+)/) * 1000,
  };
}
