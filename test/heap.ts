// The collector, for tests that measure memory.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Twice: buffers outside the heap are let go on another thread, which the second run waits for. */
export function collect(): void {
  gc();
  gc();
}
