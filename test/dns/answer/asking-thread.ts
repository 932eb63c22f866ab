// A thread that answers, for tests: it follows the served policy and asks the same questions again and again, in batches as a worker does,
// until it is told to stop; then it says how often each was asked. Everything it counts and reports goes to the memory that it is lent.

import { parentPort, workerData } from 'node:worker_threads';
import { ArenaReader, type SharedArena } from '../../../src/control/keeper/arena.ts';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents, publishEvents } from '../../../src/dns/answer/events/events.ts';
import { newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { packetOf } from './asking.ts';
import { NOW } from './small-policy.ts';
import { query } from './wire.ts';

export interface Asking {
  readonly arena: SharedArena;
  readonly row: number;
  readonly counters: SharedArrayBuffer;
  readonly events: SharedArrayBuffer;
  /** Word 0: 1 to stop. */
  readonly control: SharedArrayBuffer;
  readonly questions: readonly { readonly name: string; readonly client: string }[];
  /** Queries answered before it begins to rest between batches. */
  readonly burst: number;
}

const BATCH = 64;
const REST_MS = 1;

if (parentPort !== null) {
  const tallies = askUntilStopped(workerData as Asking);
  parentPort.postMessage(tallies);
}

function askUntilStopped({ arena, row, counters, events, control, questions, burst }: Asking): number[] {
  const policy = new ArenaReader(arena, row);
  const stop = new Int32Array(control);
  const path = newFastPath({
    counters: newCounters(counters),
    events: newEvents(events),
    settings: {
      maxUdpSize: 1232,
      maxTtlSeconds: 3600,
      negativeMaxTtlSeconds: 300,
      allowNonRecursive: false,
      countsQueries: true,
    },
    forwardZones: [],
    seed: row,
  });
  path.events.isBatched = true;
  path.nowMs = NOW;
  const asked = questions.map(({ name, client }) => ({
    bytes: query(name, 'A'),
    packet: packetOf(query(name, 'A'), { client }),
  }));
  const tallies = questions.map(() => 0);
  for (let next = row; Atomics.load(stop, 0) === 0; ) {
    const snapshot = policy.next();
    if (snapshot !== undefined) useSnapshot([path], snapshot);
    for (let i = 0; i < BATCH; i++, next++) {
      const which = next % asked.length;
      const { bytes, packet } = asked[which];
      packet.bytes.set(bytes, packet.at);
      packet.segment = -1;
      answerQuery(path, packet);
      tallies[which]++;
    }
    publishEvents(path.events);
    if (next > burst) Atomics.wait(stop, 0, 0, REST_MS);
  }
  return tallies;
}
