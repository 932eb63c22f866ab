// Everything answerQuery needs besides the packet, one record a thread: the policy in force, what is counted, and the time, set once a
// batch by the loop that owns it. answerQuery itself asks nobody for anything.

import { newReadAhead, type ReadAhead } from '../../policy/decide/touch.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { newSoa, type Soa } from '../wire/reply.ts';
import { adoptNames, type Counters } from './counting/counters.ts';
import type { Events } from './events/events.ts';
import { type LocalZones, newLocalZones } from './local-zones.ts';
import { newRefusals, type Refusals } from './refusals.ts';
import type { CacheReader } from './response-cache/reader.ts';

export interface FastPath {
  /** Undefined: no policy at all, every query gets SERVFAIL. Set by useSnapshot. */
  snapshot: Snapshot | undefined;
  /** Of negative answers under that policy. */
  soa: Soa;
  /** Of the batch in hand (prepare.ts). */
  readonly ahead: ReadAhead;
  /** Means nothing (prepare.ts). */
  touched: number;
  /** Wall clock, milliseconds: for the ends of exemptions and for events. */
  nowMs: number;
  /** Monotonic clock, seconds: for ages. */
  nowSeconds: number;
  /** Undefined: every allowed query is a MISS. */
  readonly cache: CacheReader | undefined;
  readonly counters: Counters;
  readonly events: Events;
  readonly localZones: LocalZones;
  readonly refusals: Refusals;
  readonly settings: FastPathSettings;
}

export interface FastPathSettings {
  /** Largest UDP answer, and the size our OPT names. */
  readonly maxUdpSize: number;
  readonly maxTtlSeconds: number;
  readonly negativeMaxTtlSeconds: number;
  /** RD=0 is answered like RD=1. */
  readonly allowNonRecursive: boolean;
  /** True in a door, where a query arrives; false in the resolver, which sees again what a door has counted. */
  readonly countsQueries: boolean;
  /** Of this process's own probes of its listeners (own-probe.ts); none are known without it. */
  readonly probeKey?: Uint8Array;
}

export interface FastPathOptions {
  /** Paths of one thread may share both. */
  readonly counters: Counters;
  readonly events: Events;
  readonly settings: FastPathSettings;
  /** Of the thread's own. */
  readonly cache?: CacheReader | undefined;
  /** The department's forward zones as text: those at or below a special-use name win over it. */
  readonly forwardZones: readonly string[];
  /** Random, from the process's CSPRNG. */
  readonly seed: number;
}

const ROOT_NAME = new Uint8Array(1);
/** As many packets as a worker receives at once (dns/workers/message-table.ts). */
const MAX_BATCH = 64;

export function newFastPath(options: FastPathOptions): FastPath {
  return {
    snapshot: undefined,
    soa: newSoa(ROOT_NAME, ROOT_NAME, 0, 0),
    ahead: newReadAhead(MAX_BATCH),
    touched: 0,
    nowMs: 0,
    nowSeconds: 0,
    cache: options.cache,
    counters: options.counters,
    events: options.events,
    localZones: newLocalZones(options.forwardZones),
    refusals: newRefusals(options.seed),
    settings: options.settings,
  };
}

/** Puts a policy in force on every path of this thread at once: they share counters, whose numbers belong to one generation. */
export function useSnapshot(paths: readonly FastPath[], snapshot: Snapshot): void {
  const names = { generation: snapshot.generation, segments: snapshot.segmentNames, apps: snapshot.appIds };
  const { mname, rname, serial, ttlSeconds } = snapshot.answers;
  const soa = newSoa(mname, rname, serial, ttlSeconds);
  for (const path of paths) {
    adoptNames(path.counters, names);
    path.events.generation = snapshot.generation;
    path.soa = soa;
    path.snapshot = snapshot;
  }
}
