// Programs under test: started on a core of their own, watched through /proc, stopped by their id.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const STOP_MS = 10_000;
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
/** Ticks of /proc/PID/stat; USER_HZ is 100 on every Linux that Node knows. */
const TICK_MICROSECONDS = 10_000;

/** Where a program is, or undefined. */
export function pathOf(program: string): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { env: { ...process.env, PATH } });
  return found.status === 0 ? found.stdout.toString().trim() : undefined;
}

/** A core to run on; undefined: wherever the kernel likes. */
export type Core = number | undefined;
export interface Cores {
  readonly server: Core;
  readonly load: Core;
}

/** With two cores or more the server has the first and everything else the second. */
export function chooseCores(isPinned: boolean): Cores {
  const canPin = isPinned && availableParallelism() > 1 && pathOf('taskset') !== undefined;
  return canPin ? { server: 0, load: 1 } : { server: undefined, load: undefined };
}

export function onCore(core: Core, command: readonly string[]): string[] {
  return core === undefined ? [...command] : ['taskset', '-c', String(core), ...command];
}

export interface Program {
  readonly pid: number;
  /** What it printed lies in a file. */
  readonly log: string;
  readonly child: ChildProcess;
  isRunning(): boolean;
  stop(): Promise<void>;
}

/** taskset becomes the program, so that the process id is the program's own. */
export function startProgram(core: Core, command: readonly string[], cwd: string, log: string): Program {
  const [program, ...words] = onCore(core, command);
  const file = openSync(log, 'w'); // ours tells its ports there: an earlier start's must not be read
  const child = spawn(program, words, { cwd, env: { ...process.env, PATH }, stdio: ['ignore', file, file] });
  closeSync(file);
  child.once('error', () => {}); // it has no process id then, and isRunning() says so
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  return { pid: child.pid ?? 0, log, child, isRunning, stop: () => stopChild(child, isRunning) };
}

async function stopChild(child: ChildProcess, isRunning: () => boolean): Promise<void> {
  if (!isRunning()) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** User and system time of the whole process so far. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
}

export interface Memory {
  readonly residentMegabytes: number;
  /** Shared pages counted by share. */
  readonly proportionalMegabytes: number;
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const megabytes = (key: string) => Math.round(Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024);
  return { residentMegabytes: megabytes('Rss'), proportionalMegabytes: megabytes('Pss') };
}
