// A worker's thread: ties the memory and the sockets that main lends it to the loop, which runs until it is told to stop.

import { enableCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { errorText } from '../base/error-text.ts';
import type { SharedArena } from '../control/keeper/arena.ts';
import type { FastPathSettings } from '../dns/answer/fast-path.ts';
import type { CacheMemory } from '../dns/answer/response-cache/layout.ts';
import type { Lent, WorkerMessage } from '../dns/workers/pool.ts';

/** All of it is shared memory and plain values. */
export interface WorkerWorld {
  /** From the pool. */
  readonly lent: Lent;
  /** This thread's number among the policy's readers. */
  readonly row: number;
  readonly arena: SharedArena;
  readonly counters: SharedArrayBuffer;
  readonly events: SharedArrayBuffer;
  readonly cache: CacheMemory;
  readonly missRing: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly settings: FastPathSettings;
  readonly forwardZones: readonly string[];
  readonly seed: number;
}

enableCompileCache();
const { ArenaReader } = await import('../control/keeper/arena.ts');
const { newCounters } = await import('../dns/answer/counting/counters.ts');
const { newEvents } = await import('../dns/answer/events/events.ts');
const { newFastPath } = await import('../dns/answer/fast-path.ts');
const { newCacheReader } = await import('../dns/answer/response-cache/reader.ts');
const { BatchSocket } = await import('../dns/workers/sockets/batch-socket.ts');
const { Bell } = await import('../dns/workers/bell.ts');
const { ControlWords } = await import('../dns/workers/control-words.ts');
const { Libc } = await import('../dns/workers/sockets/libc.ts');
const { runLoop } = await import('../dns/workers/loop.ts');
const { MissProducer } = await import('../dns/workers/miss-ring.ts');
const { SocketCounter } = await import('../dns/workers/sockets/socket-counts.ts');
const { SocketPoll } = await import('../dns/workers/sockets/socket-poll.ts');
const { sharedMonotonic } = await import('./clock.ts');

// By message, so that the thread can get ready before there are sockets to lend.
const world = await new Promise<WorkerWorld>((take) => parentPort?.once('message', take));
const { lent } = world;
const libc = new Libc();
const lanes = lent.fds.map((fd, place) => {
  const socket = new BatchSocket(libc, fd);
  return { socket, counts: new SocketCounter(lent.counts, place, socket) };
});
const path = newFastPath({
  counters: newCounters(world.counters),
  events: newEvents(world.events),
  cache: newCacheReader(world.cache),
  settings: world.settings,
  forwardZones: world.forwardZones,
  seed: world.seed,
});
const sockets = lanes.map(({ socket }) => socket);
runLoop({
  lanes,
  poll: lent.fds.length === 1 ? undefined : new SocketPoll(libc, lent.fds),
  path,
  policy: new ArenaReader(world.arena, world.row),
  misses: new MissProducer(world.missRing, new Bell(world.bell), sockets, path, world.seed),
  control: new ControlWords(lent.control),
  clock: { wallMs: Date.now, monotonicSeconds: sharedMonotonic() },
  onFault: (error, sample) => parentPort?.postMessage({ error: errorText(error), sample } satisfies WorkerMessage),
});
