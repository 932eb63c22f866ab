// Everything that answers DNS, and the memory it shares: workers, the resolver's thread, and main's own doors (TCP, and UDP where batched
// calls do not work).
//
//   UDP ──▶ worker × N ──▶ answerQuery ── miss ─▶ ring ─────┐
//   TCP ──▶ door (main) ─▶ answerQuery ── miss ─▶ message ──┴▶ resolver's thread ─▶ upstreams, the response cache

import { getRandomValues, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Address, Instant, WireName } from './base/brand.ts';
import type { Place, Problem } from './base/problems.ts';
import type { Config } from './config/config.ts';
import { type Arena, ArenaReader, MAX_READERS } from './control/keeper/arena.ts';
import { CounterBook } from './dns/answer/counting/counter-book.ts';
import { newCounters } from './dns/answer/counting/counters.ts';
import { namesOf } from './dns/answer/counting/generation-names.ts';
import { EventPump } from './dns/answer/events/event-pump.ts';
import { newEvents } from './dns/answer/events/events.ts';
import { newFastPath, useSnapshot } from './dns/answer/fast-path.ts';
import { isProbeReply, PROBE_KEY_BYTES, probeMessage } from './dns/answer/own-probe.ts';
import { newCacheReader } from './dns/answer/response-cache/reader.ts';
import { type SelfAnswer, SelfQuestions } from './dns/answer/self-questions.ts';
import { createDoor, type PacketFault } from './dns/listeners/door.ts';
import { type Listeners, openListeners } from './dns/listeners/listeners.ts';
import { RemoteResolver } from './dns/resolve/remote-resolver.ts';
import type { ResolverStats } from './dns/resolve/resolve.ts';
import { type Lent, NO_POOL, Pool, type PoolStats } from './dns/workers/pool.ts';
import { batchIoFault } from './dns/workers/sockets/libc.ts';
import {
  type DnsMemory,
  FIRST_WORKER,
  type Judging,
  MAIN,
  newDnsMemory,
  resolverWorld,
  workerWorld,
} from './dns-memory.ts';
import type { Snapshot } from './policy/snapshot/snapshot.ts';
import { sharedMonotonic } from './threads/clock.ts';
import { startThread } from './threads/start.ts';

/** A scrape waits this long for the resolver's present numbers; then those of a second ago must do. */
const STATS_WAIT_MS = 250;

export interface DnsServiceOptions {
  readonly config: Config;
  readonly arena: Arena;
  /** Where the configuration lies, for problems. */
  readonly where: Place;
  readonly onFault: (fault: PacketFault) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export interface DnsService {
  readonly book: CounterBook;
  readonly events: EventPump;
  /** To be called before a snapshot is published. */
  prepare(snapshot: Snapshot): void;
  /** Main's own readers use what was published. */
  follow(): void;
  /** Opens every listen address and starts to answer; problems: nothing stays open. */
  open(): Promise<
    readonly { readonly host: string; readonly port: number }[] | { readonly problems: readonly Problem[] }
  >;
  /** What a client's query meets, judged on main, counted nowhere. */
  ask(name: WireName, client: Address, now: Instant): SelfAnswer;
  /** Where each of them can be asked from here; none before open(). */
  listeners(): readonly { readonly transport: 'udp' | 'tcp'; readonly host: string; readonly port: number }[];
  /** A query that a listener answers and nobody counts, and how its answer is known. */
  probe(): { readonly message: Uint8Array; readonly isReply: (reply: Uint8Array) => boolean };
  workers(): PoolStats;
  /** The resolver's, as last told. */
  resolver(): ResolverStats;
  /** Asks the resolver for its present numbers. */
  refreshStats(): Promise<void>;
  /** Takes no new queries, lets those in flight end (2 s at most), ends all threads. */
  close(): Promise<void>;
}

/** Until the resolver's thread has told the first time. */
const NO_STATS: ResolverStats = {
  cache: { entries: 0, bytes: 0, limitBytes: 0, hits: 0, misses: 0, stale: 0, evictions: { size: 0, expired: 0 } },
  upstreams: [],
  inFlight: 0,
  joined: 0,
  overloaded: 0,
  ports: { open: 0, strays: 0 },
};

export function createDnsService(options: DnsServiceOptions): DnsService | { readonly problem: Problem } {
  const { config, where } = options;
  const fault = config.dns.io === 'portable' ? 'dns.io is portable' : batchIoFault();
  if (fault === undefined) return new Service(options, workersOf(config));
  if (config.dns.io === 'batch') {
    const message = `dns.io batch does not work here: ${fault}; write auto or portable`;
    return { problem: { code: 'io-batch', severity: 'error', message, where } };
  }
  return new Service(options, 0);
}

/** One a core: with batched calls a worker that has nothing to do costs nothing, and the kernel spreads clients over them. */
function workersOf({ dns }: Config): number {
  return dns.workers === 'auto' ? Math.min(availableParallelism(), MAX_READERS - FIRST_WORKER) : dns.workers;
}

class Service implements DnsService {
  readonly book: CounterBook;
  readonly events: EventPump;
  readonly #o: DnsServiceOptions;
  readonly #memory: DnsMemory;
  readonly #judging: Judging;
  readonly #path: ReturnType<typeof newFastPath>;
  readonly #questions: SelfQuestions;
  readonly #probeKey = getRandomValues(new Uint8Array(PROBE_KEY_BYTES));
  readonly #policy: ArenaReader;
  /** A thread that gets ready while the policy is read: the first answer is a worker's. */
  readonly #spare: Worker[];
  #thread: Worker | undefined;
  #resolver: RemoteResolver<ResolverStats> | undefined;
  readonly #pool: Pool | undefined;
  #listeners: Listeners | undefined;

  /** Without workers UDP is read by main. */
  constructor(options: DnsServiceOptions, workers: number) {
    const { config, arena } = options;
    this.#o = options;
    const settings = { ...config.dns, ...config.cache, countsQueries: true, probeKey: this.#probeKey };
    this.#judging = { arena: arena.shared, settings, forwardZones: config.dns.forward.map(({ zone }) => zone) };
    this.#memory = newDnsMemory(config, workers);
    this.book = new CounterBook(this.#memory.counters);
    this.events = new EventPump(this.#memory.events, () => performance.now());
    this.#path = newFastPath({
      counters: newCounters(this.#memory.counters[MAIN]),
      events: newEvents(this.#memory.events[MAIN]),
      cache: newCacheReader(this.#memory.cache),
      ...this.#judging,
      seed: randomInt(2 ** 32),
    });
    this.#questions = new SelfQuestions({ ...this.#judging, seed: randomInt(2 ** 32) });
    this.#policy = new ArenaReader(arena.shared, MAIN);
    this.#spare = workers === 0 ? [] : [startThread('worker', undefined)];
    this.#pool = workers === 0 ? undefined : this.#newPool(workers);
  }

  prepare(snapshot: Snapshot): void {
    this.book.fold();
    this.book.learn(namesOf(snapshot));
    this.events.learn(namesOf(snapshot));
  }

  follow(): void {
    const snapshot = this.#policy.next();
    if (snapshot === undefined) return;
    useSnapshot([this.#path], snapshot);
    this.#questions.follow(snapshot);
  }

  async open(): ReturnType<DnsService['open']> {
    const { config, where, onFault } = this.#o;
    const { tcpIdleMs: idleMs, tcpMaxConnections: maxConnections, tcpMaxPerClient: maxPerClient } = config.dns;
    const clock = { wallMs: Date.now, monotonicSeconds: sharedMonotonic() };
    const resolver = this.#startResolver();
    const door = createDoor({ path: this.#path, resolver, clock, onFault });
    const pool = this.#pool;
    const listeners = await openListeners({
      listen: config.dns.listen,
      door,
      tcp: { idleMs, maxConnections, maxPerClient },
      ...(pool && { openUdp: (endpoint) => pool.openUdp(endpoint) }),
      where,
    });
    if (!('close' in listeners)) return { problems: listeners };
    this.#listeners = listeners;
    for (const [worker, fds] of pool?.fds.entries() ?? []) this.#memory.fds[worker].set(fds);
    pool?.start();
    return listeners.bound;
  }

  ask(name: WireName, client: Address, now: Instant): SelfAnswer {
    return this.#questions.ask(name, client, now);
  }

  listeners(): ReturnType<DnsService['listeners']> {
    const reachable = this.#listeners?.reachable ?? [];
    return reachable.flatMap((at) => [
      { transport: 'udp', ...at },
      { transport: 'tcp', ...at },
    ]);
  }

  probe(): ReturnType<DnsService['probe']> {
    const message = probeMessage(this.#probeKey, randomInt(2 ** 16));
    return { message, isReply: (reply) => isProbeReply(message, reply) };
  }

  workers(): PoolStats {
    return this.#pool?.stats() ?? NO_POOL;
  }

  resolver(): ResolverStats {
    return this.#resolver?.stats() ?? NO_STATS;
  }

  async refreshStats(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((done) => {
      timer = setTimeout(done, STATS_WAIT_MS);
    });
    await Promise.race([this.#resolver?.freshStats(), late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    await this.#listeners?.close();
    await this.#resolver?.close();
    await this.#thread?.terminate();
    for (const thread of this.#spare) await thread.terminate();
    await this.#pool?.close();
  }

  #startResolver(): RemoteResolver<ResolverStats> {
    const { onFault, log } = this.#o;
    const thread = startThread('resolver', resolverWorld(this.#memory, this.#judging, this.#o.config));
    // Without its resolver the instance cannot do its work: it ends, and its supervisor starts another.
    thread.on('error', (error) => {
      throw error;
    });
    this.#thread = thread;
    this.#resolver = new RemoteResolver<ResolverStats>(thread, {
      onWarning: (message) => log('warn', message),
      onFault: ({ error, query }) => onFault({ error: new Error(error), sample: query }),
    });
    return this.#resolver;
  }

  #startWorker(lent: Lent): Worker {
    const thread = this.#spare.pop() ?? startThread('worker', undefined);
    thread.postMessage(workerWorld(this.#memory, this.#judging, lent));
    return thread;
  }

  #newPool(workers: number): Pool {
    const { arena, onFault, log } = this.#o;
    return new Pool({
      workers,
      start: (lent) => this.#startWorker(lent),
      onFault: ({ error, sample }) => onFault({ error: new Error(error), sample }),
      onCrash: (index, error, waitMs) => {
        arena.left(FIRST_WORKER + index);
        log('error', `worker ${index} died and is replaced in ${waitMs} ms: ${error.stack ?? error.message}`);
      },
    });
  }
}
