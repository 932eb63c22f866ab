// What a compile has freed goes back to the system. glibc would keep it for later: 2 reloads of 1,000,000 names leave the process that much
// larger than it need be, for as long as nobody edits a list.

import { createRequire } from 'node:module';

/** Not everywhere: only glibc has it. */
let trim: ((pad: number) => number) | undefined | 'unknown' = 'unknown';

/** A few milliseconds. */
export function trimMemory(): void {
  if (trim === 'unknown') trim = bind();
  trim?.(0);
}

function bind(): ((pad: number) => number) | undefined {
  try {
    const koffi = createRequire(import.meta.url)('koffi');
    return koffi.load('libc.so.6').func('int malloc_trim(size_t)');
  } catch {
    return undefined;
  }
}
