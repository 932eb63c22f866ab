// The programs in C, compiled when they are needed.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const LIMIT = join(import.meta.dirname, '../limit');

/** Path of the program; throws with the compiler's words. */
export function compileC(name: 'echo' | 'upstream', folder: string): string {
  const out = join(folder, name);
  const run = spawnSync('cc', ['-O2', '-o', out, join(LIMIT, `${name}.c`)]);
  if (run.status !== 0) throw new Error(`cc does not compile ${name}.c: ${run.error?.message ?? run.stderr}`);
  return out;
}
