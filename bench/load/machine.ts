// What a figure was measured on.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { pathOf } from './processes.ts';
import type { Target } from './target.ts';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  readonly commit: string;
  readonly date: string;
  /** Of the minute before: above 0.3 somebody else was at work. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(targets: readonly Target[]): Machine {
  const system = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system,
    kernel: release(),
    node: process.version,
    commit: /^\S+$/m.exec(output('git', ['describe', '--always', '--dirty', '--exclude=*']).trim())?.[0] ?? 'unknown',
    date: new Date().toISOString().slice(0, 10),
    loadBefore: Math.round(loadavg()[0] * 10) / 10,
    versions: Object.fromEntries([
      ...targets.flatMap(({ name, program, version }) => {
        const path = program === undefined ? undefined : pathOf(program);
        if (path === undefined || version === undefined) return [];
        return [[name, version.pattern.exec(output(path, version.args))?.[1] ?? 'unknown']];
      }),
      ['dnsperf', /Version (\S+)/.exec(output('dnsperf', ['-h']))?.[1] ?? 'missing'],
    ]),
  };
}

function output(program: string, args: readonly string[]): string {
  const run = spawnSync(program, args, { cwd: import.meta.dirname });
  return `${run.stdout ?? ''}${run.stderr ?? ''}`;
}
