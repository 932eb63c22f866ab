// The resolver's thread: ties the memory and the sockets that main lends it to the resolver. Misses of workers come through rings, those of
// main's own doors by messages; whatever throws outside of a query ends the thread, and with it the instance: main gets its 'error'.

import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../base/error-text.ts';
import type { SharedArena } from '../control/keeper/arena.ts';
import type { FastPathSettings } from '../dns/answer/fast-path.ts';
import type { Report } from '../dns/resolve/remote-resolver.ts';
import type { ResolverOptions, ResolverStats } from '../dns/resolve/resolve.ts';

/** All of it is shared memory and plain values. */
export interface ResolverWorld {
  /** This thread's number among the policy's readers. */
  readonly row: number;
  readonly arena: SharedArena;
  readonly counters: SharedArrayBuffer;
  readonly events: SharedArrayBuffer;
  /** One a worker, with the numbers of its sockets, which main fills in before the worker starts; empty with portable sockets. */
  readonly rings: readonly { readonly memory: SharedArrayBuffer; readonly fds: ArrayLike<number> }[];
  readonly bell: SharedArrayBuffer;
  readonly settings: FastPathSettings;
  readonly forwardZones: readonly string[];
  readonly seed: number;
  readonly resolver: Pick<ResolverOptions, 'upstreams' | 'forward' | 'listen' | 'cache' | 'deadlineMs' | 'case0x20'>;
}

/** A reload waits 1 s for each reader; one that has nothing to do must move on too. */
const FOLLOW_MS = 100;
const STATS_MS = 1000;

enableCompileCache();
const { ArenaReader } = await import('../control/keeper/arena.ts');
const { newCounters } = await import('../dns/answer/counting/counters.ts');
const { newEvents } = await import('../dns/answer/events/events.ts');
const { newFastPath, useSnapshot } = await import('../dns/answer/fast-path.ts');
const { MissDesk } = await import('../dns/resolve/miss-desk.ts');
const { ResolverServer } = await import('../dns/resolve/remote-resolver.ts');
const { monotonicClock } = await import('../dns/resolve/clock.ts');
const { createResolver } = await import('../dns/resolve/resolve.ts');
const { Bell } = await import('../dns/workers/bell.ts');
const { sharedMonotonic } = await import('./clock.ts');

const main = parentPort;
if (main === null) throw new Error('this file is a thread');
const world = workerData as ResolverWorld;
const report = (what: Report<ResolverStats>) => main.postMessage(what);
const path = newFastPath({
  counters: newCounters(world.counters),
  events: newEvents(world.events),
  settings: { ...world.settings, countsQueries: false },
  forwardZones: world.forwardZones,
  seed: world.seed,
});
const policy = new ArenaReader(world.arena, world.row);
const follow = () => {
  const snapshot = policy.next();
  if (snapshot !== undefined) useSnapshot([path], snapshot);
};
const native = world.rings.length === 0 ? undefined : await loadNative();
const monotonic = sharedMonotonic();
const resolver = createResolver({
  ...world.resolver,
  path,
  follow,
  ...(native && { sockets: native.sockets }),
  clock: { ...monotonicClock, nowMs: () => monotonic() * 1000 },
  warn: (warning) => report({ warning }),
  onFault: (error, query) => report({ fault: { error: errorText(error), query } }),
});
const server = new ResolverServer(main, resolver);
follow();
setInterval(follow, FOLLOW_MS);
setInterval(() => server.tellStats(), STATS_MS);
server.tellStats();
if (native !== undefined) {
  const { sender } = native;
  new MissDesk({ resolver, rings: world.rings, bell: new Bell(world.bell), sender }).start();
}

/** Where workers have batched system calls, so has the resolver. */
async function loadNative() {
  const { NativeSockets } = await import('../dns/resolve/upstream/native-sockets.ts');
  const { BatchSender } = await import('../dns/workers/sockets/batch-sender.ts');
  const { Libc } = await import('../dns/workers/sockets/libc.ts');
  const libc = new Libc();
  return { sockets: new NativeSockets(libc), sender: new BatchSender(libc) };
}
