// A verb of the command line, run in this process.

import { vi } from 'vitest';
import { runCli } from '../../src/cli/program.ts';

export interface Run {
  readonly code: string | number | null | undefined;
  readonly out: string;
  readonly err: string;
}

export async function run(...args: string[]): Promise<Run> {
  const texts = { out: '', err: '' };
  const take = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    texts[stream] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(take('err'));
  const before = process.exitCode;
  const heard = process.stdout.listeners('error');
  await runCli(['node', 'interdict', ...args]);
  const code = process.exitCode;
  process.exitCode = before;
  vi.restoreAllMocks();
  // A process runs one verb; here each leaves a listener behind.
  for (const listener of process.stdout.listeners('error'))
    if (!heard.includes(listener)) process.stdout.off('error', listener as () => void);
  return { code, ...texts };
}
