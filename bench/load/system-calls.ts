// Counts a process's system calls for a while: perf where the kernel lets it, else strace.

import { spawn } from 'node:child_process';
import { pathOf } from './processes.ts';

export interface CallCount {
  readonly calls: number;
  readonly tool: 'perf' | 'strace';
}

export async function countSystemCalls(pid: number, seconds: number): Promise<CallCount | undefined> {
  const calls = await byPerf(pid, seconds);
  if (calls !== undefined) return { calls, tool: 'perf' };
  const traced = await byStrace(pid, seconds);
  return traced === undefined ? undefined : { calls: traced, tool: 'strace' };
}

async function byPerf(pid: number, seconds: number): Promise<number | undefined> {
  if (pathOf('perf') === undefined) return undefined;
  const words = ['stat', '-x,', '-e', 'raw_syscalls:sys_enter', '-p', String(pid), 'sleep', String(seconds)];
  const calls = /^(\d+),,raw_syscalls/m.exec(await output('perf', words))?.[1];
  return calls === undefined ? undefined : Number(calls);
}

async function byStrace(pid: number, seconds: number): Promise<number | undefined> {
  if (pathOf('strace') === undefined || pathOf('timeout') === undefined) return undefined;
  const words = ['-s', 'INT', String(seconds), 'strace', '-c', '-f', '-p', String(pid)];
  const calls = /^100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s.*total$/m.exec(await output('timeout', words))?.[1];
  return calls === undefined ? undefined : Number(calls);
}

function output(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const take = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((done) => {
    child.once('error', () => done(text));
    child.once('close', () => done(text));
  });
}
