// Workers on loopback as an instance has them, but for the resolver: what is not blocked goes into rings that nobody empties.

import type { Worker } from 'node:worker_threads';
import { parseAddress } from '../../../src/base/addresses.ts';
import type { Address } from '../../../src/base/brand.ts';
import { Arena } from '../../../src/control/keeper/arena.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import type { FastPathSettings } from '../../../src/dns/answer/fast-path.ts';
import { newCacheMemory } from '../../../src/dns/answer/response-cache/layout.ts';
import type { Listener } from '../../../src/dns/listeners/listeners.ts';
import { Bell } from '../../../src/dns/workers/bell.ts';
import { newMissRing } from '../../../src/dns/workers/miss-ring.ts';
import { type Lent, Pool, type WorkerMessage } from '../../../src/dns/workers/pool.ts';
import { startThread } from '../../../src/threads/start.ts';
import type { WorkerWorld } from '../../../src/threads/worker.ts';
import { compileWorld, worldOf } from '../../policy/world.ts';

/** Clients of 127.0.0.0/8 and of ::1 are refused these. */
export const BANNED = 'banned.example';
const SLOT_BYTES = 1 << 20;
const FIRST_ROW = 2;

export class RunningPool {
  readonly pool: Pool;
  readonly arena = Arena.create(SLOT_BYTES);
  readonly faults: WorkerMessage[] = [];
  readonly crashes: { readonly index: number; readonly error: Error; readonly waitMs: number }[] = [];
  readonly listeners: Listener[] = [];
  /** By worker. */
  readonly counters: readonly SharedArrayBuffer[];

  private constructor(workers: number, settings: Partial<FastPathSettings>) {
    this.counters = Array.from({ length: workers }, () => newCounters().memory);
    const worlds = Array.from({ length: workers }, (_, index) => this.#worldOf(index, settings));
    this.pool = new Pool({
      workers,
      start: (lent: Lent): Worker => {
        const thread = startThread('worker', undefined);
        thread.postMessage({ ...worlds[lent.index], lent } satisfies WorkerWorld);
        return thread;
      },
      onFault: (fault) => this.faults.push(fault),
      onCrash: (index, error, waitMs) => {
        this.arena.left(FIRST_ROW + index);
        this.crashes.push({ index, error, waitMs });
      },
    });
  }

  static async start(
    workers: number,
    hosts: readonly string[] = ['127.0.0.1'],
    settings: Partial<FastPathSettings> = {},
  ): Promise<RunningPool> {
    const running = new RunningPool(workers, settings);
    running.serve(1, BANNED);
    for (const host of hosts) {
      const address = parseAddress(host) as Address;
      running.listeners.push(await running.pool.openUdp({ address, host, port: 0, ipv6Only: false }));
    }
    running.pool.start();
    return running;
  }

  get port(): number {
    return this.listeners[0].port;
  }

  /** All that the workers have counted, added up. */
  counted(): number {
    const blocks = this.counters.map((memory) => newCounters(memory));
    return blocks.flatMap(({ fixed, rows }) => [...fixed, ...rows]).reduce((sum, value) => sum + value, 0);
  }

  /** Puts a policy in force that blocks this name. */
  serve(generation: number, banned: string): void {
    const segments = { all: { clients: ['127.0.0.0/8', '::1/128'], enforce: ['gov'] } };
    const { bytes } = compileWorld(worldOf({ apps: { app: [`domain ${banned}`] }, segments }), { generation });
    const { arena } = this;
    const slot = arena.spare;
    arena.slot(slot, bytes.length).set(bytes);
    arena.publish(generation, slot, bytes.length);
  }

  #worldOf(index: number, settings: Partial<FastPathSettings>): Omit<WorkerWorld, 'lent'> {
    return {
      row: FIRST_ROW + index,
      arena: this.arena.shared,
      counters: this.counters[index],
      events: newEvents().memory,
      cache: newCacheMemory(1 << 20, [1, 2]),
      missRing: newMissRing(),
      bell: new Bell().shared,
      settings: {
        maxUdpSize: 1232,
        maxTtlSeconds: 3600,
        negativeMaxTtlSeconds: 300,
        allowNonRecursive: false,
        countsQueries: true,
        ...settings,
      },
      forwardZones: [],
      seed: 1,
    };
  }
}
