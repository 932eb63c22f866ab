// The load of bench:load without sockets: 200,000 different questions, half of them blocked by a policy of so many names, half answered
// from the cache; each meets memory that others have pushed out of the processor's caches since it was last read.

import { readFileSync } from 'node:fs';
import { parseAddress } from '../../src/base/addresses.ts';
import { writeU16 } from '../../src/base/bytes.ts';
import { newPacket, type Packet, SEGMENT_UNRESOLVED } from '../../src/base/packet.ts';
import { answerQuery } from '../../src/dns/answer/answer.ts';
import { publishEvents, TAIL } from '../../src/dns/answer/events.ts';
import type { FastPath } from '../../src/dns/answer/fast-path.ts';
import { newCacheMemory } from '../../src/dns/answer/response-cache/layout.ts';
import { newCacheReader } from '../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../src/dns/answer/response-cache/writer.ts';
import { scrub } from '../../src/dns/wire/scrub.ts';
import { newPath } from '../../test/dns/answer/asking.ts';
import { questionOf, STALE_SECONDS } from '../../test/dns/answer/response-cache/keeping.ts';
import { TYPES, unframed, wireName } from '../load/messages.ts';
import { APPS, appNames, listedNames, type Workload } from '../load/workload.ts';
import type { ZoneAnswer } from '../load/zone.ts';
import { openNames, packNames } from '../lookup.ts';
import type { Case } from './measure.ts';

const BATCH = 64;
const ROOM = 2048;
const CACHE_BYTES = 64 << 20;
const NOW_SECONDS = 1000;

export function mixCase(workload: Workload): Case {
  const path = newPath(policyOf(workload), {}, [], newCacheReader(cacheOf(workload)));
  path.nowSeconds = NOW_SECONDS;
  path.events.isBatched = true;
  const queries = unframed(readFileSync(workload.files.mixed));
  const rooms = newPacket(new Uint8Array(BATCH * ROOM));
  rooms.capacity = ROOM;
  rooms.clientPort = 5353;
  rooms.client.set(parseAddress('10.0.0.1') ?? []);
  return {
    name: `the mix of bench:load, ${workload.listed.toLocaleString('en')} names`,
    run: asking(path, queries, rooms),
  };
}

function asking(path: FastPath, queries: readonly Uint8Array[], packet: Packet): Case['run'] {
  return (operations) => {
    let checksum = 0;
    for (let i = 0; i < operations; i++) {
      const query = queries[i % queries.length];
      packet.at = (i % BATCH) * ROOM;
      packet.length = query.length;
      for (let j = 0; j < query.length; j++) packet.bytes[packet.at + j] = query[j];
      packet.segment = SEGMENT_UNRESOLVED;
      const length = answerQuery(path, packet);
      if (length < 0) throw new Error(`query ${i} was not answered`);
      checksum += length;
      if (i % BATCH === BATCH - 1) drain(path);
    }
    return checksum;
  };
}

function drain({ events }: FastPath): void {
  publishEvents(events);
  events.words[TAIL] = events.head;
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
