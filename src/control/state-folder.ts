// The folder of what outlives the process: last good policy, events, keys, control socket. One instance at a time.
//
//   STATE/LAYOUT        version of this layout                STATE/lock           held by the running instance
//   STATE/last-good/    control/keeper/last-good.ts           STATE/kept/          control/keeper/kept-policies.ts
//   STATE/journal/      control/journal/journal-files.ts      STATE/overrides.json control/overrides/override-file.ts
//   STATE/events/       observe/event-log.ts                  STATE/keys/          observe/pseudonym.ts
//   STATE/faults.ndjson observe/fault-log.ts                  STATE/control.sock   control/control-socket.ts

import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Problem } from '../base/problems.ts';

const LAYOUT = '2';
/** Lack what came later, and hold nothing that stands elsewhere now: they are taken on as they are. 1: without journal, kept, overrides. */
const OLDER = ['1'];
/** Of a socket's path: 107 on Linux, 103 on macOS. */
const MAX_SOCKET_PATH = 103;

export interface StateFolder {
  readonly path: string;
  readonly lastGood: string;
  readonly kept: string;
  readonly journal: string;
  readonly sources: string;
  readonly events: string;
  readonly keys: string;
  readonly faults: string;
  readonly overrides: string;
  readonly controlSocket: string;
}

export function statePaths(path: string): StateFolder {
  return {
    path,
    lastGood: join(path, 'last-good'),
    kept: join(path, 'kept'),
    journal: join(path, 'journal'),
    sources: join(path, 'journal', 'sources'),
    events: join(path, 'events'),
    keys: join(path, 'keys'),
    faults: join(path, 'faults.ndjson'),
    overrides: join(path, 'overrides.json'),
    controlSocket: join(path, 'control.sock'),
  };
}

/** Makes the folder and locks it for this process until `release` or its death. */
export function openStateFolder(path: string): { state: StateFolder; release: () => void } | { problem: Problem } {
  try {
    const state = statePaths(path);
    if (Buffer.byteLength(state.controlSocket) > MAX_SOCKET_PATH) {
      const message = `its control socket's path would have more than ${MAX_SOCKET_PATH} bytes; set a shorter \`state:\``;
      return { problem: fault(path, 'state-path-long', message) };
    }
    for (const folder of [path, state.events, state.keys]) mkdirSync(folder, { recursive: true, mode: 0o750 });
    const layout = checkLayout(path);
    if (layout !== undefined) return { problem: layout };
    const release = lock(path);
    if (release === undefined) {
      const message = 'another interdict runs on this state folder; stop it, or set another `state:`';
      return { problem: fault(path, 'state-locked', message) };
    }
    markLayout(path);
    return { state, release };
  } catch (error) {
    return {
      problem: fault(path, 'state-unusable', `${(error as Error).message}; give a folder that this user may write to`),
    };
  }
}

function checkLayout(path: string): Problem | undefined {
  const file = join(path, 'LAYOUT');
  try {
    const found = readFileSync(file, 'utf8').trim();
    if (found === LAYOUT || OLDER.includes(found)) return undefined;
    const text = JSON.stringify(found.slice(0, 20));
    const message = `state of layout ${text}, this version knows ${LAYOUT}; use the version that wrote it, or another folder`;
    return fault(file, 'state-layout', message);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** From here on an older version leaves the folder alone: it would not see a pinned policy. In place, which takes no room on a full disk. */
function markLayout(path: string): void {
  const fd = openSync(join(path, 'LAYOUT'), constants.O_RDWR | constants.O_CREAT, 0o640);
  try {
    writeSync(fd, `${LAYOUT}\n`, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * SQLite's file lock: the one in Node that the kernel lets go of when the process dies, that needs no pid to be judged alive, and that
 * holds across containers which share the folder. Nothing is stored in it.
 */
function lock(path: string): (() => void) | undefined {
  const file = new DatabaseSync(join(path, 'lock'));
  try {
    file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return () => file.close();
  } catch (error) {
    file.close();
    if (String((error as Error).message).includes('locked')) return undefined;
    throw error;
  }
}

function fault(file: string, code: string, message: string): Problem {
  return { code, severity: 'error', message, where: { file, line: 1, column: 1 } };
}
