// The package's dist/: one folder, and each thread in one file, since V8 folds constants within a file only and a file loads sooner than
// eighty. Dependencies stay outside: npm installs them.

import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** A verb's files are loaded when it is asked for: the program is in pieces. */
const PROGRAM = { main: 'src/main.ts' };
const ALONE = ['worker', 'resolver', 'compiler'].map((name) => ({ [name]: `src/threads/${name}.ts` }));

function optionsOf(input: Record<string, string>, codeSplitting: boolean): BuildOptions {
  return {
    cwd: ROOT,
    input,
    platform: 'node',
    external: /^(node:|[a-z@])/,
    tsconfig: false,
    output: { dir: DIST, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js', codeSplitting },
  };
}

rmSync(DIST, { recursive: true, force: true });
await build([optionsOf(PROGRAM, true), ...ALONE.map((input) => optionsOf(input, false))]);
chmodSync(join(DIST, 'main.js'), 0o755);
