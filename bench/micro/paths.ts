// The paths of one query through a thread that answers, each on a small policy, whose few cache lines are always near.

import { answerQuery } from '../../src/dns/answer/answer.ts';
import { countDecision, countQuery, countResponse } from '../../src/dns/answer/counting/counters.ts';
import { claimEvent, commitEvent, publishEvents, TAIL } from '../../src/dns/answer/events/events.ts';
import type { FastPath } from '../../src/dns/answer/fast-path.ts';
import { newCacheReader } from '../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../src/dns/answer/response-cache/writer.ts';
import { readQuery } from '../../src/dns/wire/question.ts';
import { segmentOf } from '../../src/policy/decide/decide.ts';
import { BLOCKED } from '../../src/policy/verdict.ts';
import { newPath, packetOf } from '../../test/dns/answer/asking.ts';
import { answerTo, questionOf, STALE_SECONDS, smallCache } from '../../test/dns/answer/response-cache/keeping.ts';
import { CLIENTS, smallPolicy } from '../../test/dns/answer/small-policy.ts';
import { query } from '../../test/dns/answer/wire.ts';
import type { Case } from './measure.ts';

/** Events of a batch are published together, and read at once. */
const BATCH = 64;
const CHAIN = ['www.chain.example', 'one.edge.example', 'two.edge.example'];

export function pathCases(): Case[] {
  const snapshot = smallPolicy();
  const path = newPath(snapshot, {}, [], newCacheReader(filledCache()));
  path.nowSeconds = 1000.25;
  const client = CLIENTS.nxdomain;
  const listed = query('www.tiktok.com', 'A', { opt: 1232 });
  const packet = packetOf(listed, { client });
  return [
    {
      name: 'a query copied into its room (part of what follows)',
      run: each(path, packet, listed, () => packet.length),
    },
    { name: 'parse', run: each(path, packet, listed, () => readQuery(packet) + packet.qnameLength) },
    { name: 'segment of a client', run: repeat(() => segmentOf(snapshot, packet.client, 0, path.nowMs) + 1) },
    { name: 'blocked: event, counts, decision id', run: answering(path, listed, client) },
    { name: 'hit: one address', run: answering(path, query('www.plain.example', 'A', { opt: 1232 }), client) },
    { name: 'hit: two CNAMEs and an address', run: answering(path, query(CHAIN[0], 'A', { opt: 1232 }), client) },
    { name: 'miss', run: answering(path, query('www.new.example', 'A', { opt: 1232 }), client) },
    { name: 'event', run: events(path, listed, client) },
    { name: 'counters of a blocked query', run: counting(path) },
  ];
}

type Packet = ReturnType<typeof packetOf>;

function filledCache() {
  const memory = smallCache();
  const writer = new CacheWriter(memory, STALE_SECONDS);
  const address = (owner: string) => ({ owner, type: 1, ttl: 3600, rdata: [[198, 18, 0, 1]] });
  const plain = { qname: 'www.plain.example', qtype: 1, answer: [address('www.plain.example')] };
  const links = CHAIN.slice(1).map((target, i) => ({ owner: CHAIN[i], type: 5, ttl: 3600, rdata: [target] }));
  const chain = { qname: CHAIN[0], qtype: 1, answer: [...links, address(CHAIN[2])] };
  for (const message of [plain, chain]) {
    if (!writer.keep(questionOf(message.qname), answerTo(message))) throw new Error(`${message.qname} is not kept`);
  }
  return memory;
}

function answering(path: FastPath, bytes: Uint8Array, client: string): Case['run'] {
  const packet = packetOf(bytes, { client });
  answerQuery(path, packet);
  const { segment } = packet;
  return each(path, packet, bytes, () => {
    packet.segment = segment;
    return answerQuery(path, packet);
  });
}

/** With the query's bytes as they came, and a ring that is read. */
function each(path: FastPath, packet: Packet, bytes: Uint8Array, one: () => number): Case['run'] {
  path.events.isBatched = true;
  return (operations) => {
    let checksum = 0;
    for (let i = 0; i < operations; i++) {
      for (let j = 0; j < bytes.length; j++) packet.bytes[packet.at + j] = bytes[j];
      packet.length = bytes.length;
      checksum += one();
      if (i % BATCH === 0) drain(path);
    }
    return checksum;
  };
}

function repeat(one: () => number): Case['run'] {
  return (operations) => {
    let checksum = 0;
    for (let i = 0; i < operations; i++) checksum += one();
    return checksum;
  };
}

function drain({ events }: FastPath): void {
  publishEvents(events);
  events.words[TAIL] = events.head;
}

function events(path: FastPath, bytes: Uint8Array, client: string): Case['run'] {
  const packet = packetOf(bytes, { client });
  readQuery(packet);
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const at = claimEvent(path.events, packet);
      if (at < 0) throw new Error('the ring is full');
      commitEvent(path.events, at, packet, 2, 0, 0);
      if (i % BATCH === 0) drain(path);
    }
    return path.events.head >>> 0;
  };
}

function counting({ counters }: FastPath): Case['run'] {
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      countQuery(counters, 0, 2);
      countResponse(counters, 0, 3);
      countDecision(counters, 2, 0, 0, BLOCKED);
    }
    return counters.fixed.reduce((sum, value) => sum + value, 0);
  };
}
