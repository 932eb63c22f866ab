// Files whose change asks for a reload. Editors and git write several files in several steps: one reload follows when all is quiet.

import { basename } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock } from './clock.ts';

/** Quiet for this long: a save is over. */
const QUIET_MS = 200;
/** A file that never rests is read all the same. */
const LONGEST_MS = 5_000;

export interface SourceWatch {
  /** Watches exactly these files and folders from now on. */
  set(paths: readonly string[]): void;
  close(): Promise<void>;
}

export function watchSources(clock: Clock, onChange: () => void, onError: (message: string) => void): SourceWatch {
  const settle = debounce(clock, onChange);
  let watched = new Set<string>();
  // .git and editors' swap files, unless they are what we were told to watch.
  const ignored = (path: string) => basename(path).startsWith('.') && !watched.has(path);
  const watcher: FSWatcher = watch([], { ignoreInitial: true, ignored });
  watcher.on('all', settle.touch);
  watcher.on('error', (error) =>
    onError(`watching files: ${(error as Error).message}; SIGHUP and interdict reload still work`),
  );
  return {
    set(paths) {
      const wanted = new Set(paths);
      watcher.unwatch([...watched].filter((path) => !wanted.has(path)));
      const added = [...wanted].filter((path) => !watched.has(path));
      watched = wanted;
      watcher.add(added);
    },
    close() {
      settle.cancel();
      return watcher.close();
    },
  };
}

/** `fire` once after the last touch, and at the latest LONGEST_MS after the first. */
export function debounce(clock: Clock, fire: () => void): { touch: () => void; cancel: () => void } {
  let firstAt = 0;
  let cancel = () => {};
  return {
    touch() {
      cancel();
      if (firstAt === 0) firstAt = clock.now();
      const left = firstAt + LONGEST_MS - clock.now();
      cancel = clock.setTimer(Math.max(0, Math.min(QUIET_MS, left)), () => {
        firstAt = 0;
        fire();
      });
    },
    cancel: () => cancel(),
  };
}
