// A worker's own loop over the load of bench:load, sockets left out: 200,000 different questions, half of them blocked by a policy of so many names, half answered
// from the cache; each meets memory that others have pushed out of the processor's caches since it was last read.

import { parseAddress } from '../../src/base/addresses.ts';
import { writeU16 } from '../../src/base/bytes.ts';
import { TAIL } from '../../src/dns/answer/events/events.ts';
import type { FastPath } from '../../src/dns/answer/fast-path.ts';
import { newCacheMemory } from '../../src/dns/answer/response-cache/layout.ts';
import { newCacheReader } from '../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../src/dns/answer/response-cache/writer.ts';
import { scrub } from '../../src/dns/wire/scrub.ts';
import { ControlWords, RUN, STOP } from '../../src/dns/workers/control-words.ts';
import { type LoopSocket, runLoop } from '../../src/dns/workers/loop.ts';
import { PACKET_ROOM } from '../../src/dns/workers/sockets/batch-socket.ts';
import { BATCH } from '../../src/dns/workers/sockets/message-table.ts';
import { newPath } from '../../test/dns/answer/asking.ts';
import { questionOf, STALE_SECONDS } from '../../test/dns/answer/response-cache/keeping.ts';
import { NOW } from '../../test/dns/answer/small-policy.ts';
import { queryBytes, TYPES, wireName } from '../load/messages.ts';
import { APPS, appNames, listedNames, type Workload } from '../load/workload.ts';
import type { ZoneAnswer } from '../load/zone.ts';
import { openNames, packNames } from '../lookup.ts';
import type { Case } from './measure.ts';

const CACHE_BYTES = 64 << 20;
const NOW_SECONDS = 1000;

export function mixCase(workload: Workload): Case {
  const snapshot = policyOf(workload);
  const path = newPath(snapshot, {}, [], newCacheReader(cacheOf(workload)));
  const socket = new MemorySocket(workload.questions.mixed.map(queryBytes), path);
  const run = (operations: number) => {
    socket.begin(operations);
    runLoop({
      lanes: [{ socket, counts: { publishDrops: () => {}, publishErrors: () => {} } }],
      poll: undefined,
      path,
      policy: { next: () => undefined },
      misses: { push: () => fail('a question is not in the cache') },
      control: socket.control,
      clock: { wallMs: () => NOW, monotonicSeconds: () => NOW_SECONDS },
      onFault: (error) => fail(String(error)),
    });
    return socket.checksum;
  };
  return { name: `a worker's loop over the mix, ${workload.listed.toLocaleString('en')} names`, run };
}

/** A socket whose packets come from memory and whose answers are added up; what the worker publishes is taken as main would. */
class MemorySocket implements LoopSocket {
  readonly bytes = new Uint8Array(BATCH * PACKET_ROOM);
  checksum = 0;
  /** Tells the loop to stop when all packets are answered. */
  readonly control = new ControlWords();
  readonly #queries: readonly Uint8Array[];
  readonly #path: FastPath;
  readonly #client = parseAddress('10.0.0.1') ?? fail('no address');
  readonly #lengths = new Int32Array(BATCH);
  #next = 0;
  #left = 0;

  constructor(queries: readonly Uint8Array[], path: FastPath) {
    this.#queries = queries;
    this.#path = path;
  }

  begin(packets: number): void {
    this.control.tell(RUN);
    this.#left = packets;
    this.checksum = 0;
  }

  receive(): number {
    const { words, head } = this.#path.events;
    words[TAIL] = head;
    const count = Math.min(BATCH, this.#left);
    this.#left -= count;
    if (count === 0) this.control.tell(STOP);
    for (let i = 0; i < count; i++) this.#put(i, this.#queries[this.#next++ % this.#queries.length]);
    return count;
  }

  #put(i: number, query: Uint8Array): void {
    const at = this.at(i);
    this.#lengths[i] = query.length;
    for (let j = 0; j < query.length; j++) this.bytes[at + j] = query[j];
  }

  at(i: number): number {
    return i * PACKET_ROOM;
  }

  length(i: number): number {
    return this.#lengths[i];
  }

  isTruncated(): boolean {
    return false;
  }

  readPeer(_i: number, client: Uint8Array): number {
    for (let i = 0; i < 16; i++) client[i] = this.#client[i];
    return 5353;
  }

  reply(_i: number, length: number): void {
    this.checksum += length;
  }

  flush(): number {
    return 0;
  }
}

function fail(text: string): never {
  throw new Error(text);
}

function policyOf({ listed }: Workload) {
  const feed = listedNames(listed);
  const apps = Array.from({ length: APPS - 1 }, (_, i) => appNames(i + 1)).flat();
  return openNames(packNames(listed + apps.length, () => feed.next().value ?? apps.pop())).snapshot;
}

function cacheOf({ zone }: Workload) {
  const memory = newCacheMemory(CACHE_BYTES, [1, 2]);
  const writer = new CacheWriter(memory, STALE_SECONDS);
  for (const row of zone) {
    for (const dnssecOk of [false, true]) keep(writer, row, dnssecOk);
  }
  return memory;
}

function keep(writer: CacheWriter, row: ZoneAnswer, dnssecOk: boolean): void {
  const qtype = TYPES[row.type];
  const scrubbed = scrub({ qname: wireName(row.name), qtype, dnssecOk }, upstreamMessage(row));
  if (scrubbed.kind !== 'answer') throw new Error(`${row.name}: ${JSON.stringify(scrubbed)}`);
  const { bytes, factsAt, rcode, isNegative, ttlOffsets, ttlSeconds, ede } = scrubbed;
  const times = { insertedAt: NOW_SECONDS, expiresAt: NOW_SECONDS + ttlSeconds };
  const answer = { bytes, factsAt, rcode, isNegative, ttlOffsets, ede, authentic: false, stale: false, ...times };
  const question = questionOf(row.name, qtype, { dnssecOk: dnssecOk ? 1 : 0 });
  if (!writer.keep(question, answer)) throw new Error(`${row.name} is not kept`);
}

function upstreamMessage({ name, type, rcode, answers, authorities, body }: ZoneAnswer): Uint8Array {
  const owner = wireName(name);
  const bytes = new Uint8Array(12 + owner.length + 4 + body.length);
  bytes.set([0, 0, 0x81, 0x80 | rcode, 0, 1]);
  writeU16(bytes, 6, answers);
  writeU16(bytes, 8, authorities);
  bytes.set(owner, 12);
  writeU16(bytes, 12 + owner.length, TYPES[type]);
  writeU16(bytes, 14 + owner.length, 1);
  bytes.set(body, 16 + owner.length);
  return bytes;
}
