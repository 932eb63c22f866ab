// Through us, every answer is what Unbound gives: the same rcode, flags and records, byte for byte, for 5,000 names of mixed types.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { newCounters } from '../../../src/dns/answer/counting/counters.ts';
import { newEvents } from '../../../src/dns/answer/events/events.ts';
import { newFastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import { createDoor } from '../../../src/dns/listeners/door.ts';
import { openListeners } from '../../../src/dns/listeners/listeners.ts';
import { createResolver, type ResolverWithStats } from '../../../src/dns/resolve/resolve.ts';
import { DnsClient, inWindows } from '../../peers/dns-client.ts';
import { type Asked, type MixedZone, mixedZone } from '../../peers/mixed-zone.ts';
import { startNamed } from '../../peers/named.ts';
import { missingPeers, newFolder, type Peer } from '../../peers/peer.ts';
import { startUnbound } from '../../peers/unbound.ts';
import { smallPolicy } from '../answer/small-policy.ts';
import { query } from '../answer/wire.ts';
import { type ReadMessage, type ReadRecord, readMessage } from '../wire/message-text.ts';

const NAMES = 5000;
const SEED = Number(process.env.INTERDICT_SEED ?? 20261124);
const TYPES: Record<string, number> = {
  ...{ A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, RP: 17, AAAA: 28, LOC: 29, SRV: 33, NAPTR: 35, DNAME: 39, SSHFP: 44 },
  ...{ SVCB: 64, HTTPS: 65, CAA: 257, TYPE65280: 65_280 },
};
/** Unbound recurses to a BIND that two cores share with it and us. */
const ANSWER_MS = 8_000;
const FLAG_AA = 0x0400;
const FLAG_TC = 0x0200;
const NS = 2;
const RRSIG = 46;

interface Way {
  readonly what: string;
  /** RD 0x100, AD 0x20, CD 0x10. */
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly size: number;
  readonly tcp: boolean;
}

const WAYS: readonly Way[] = [
  { what: 'RD', flags: 0x0100, dnssecOk: false, size: 1232, tcp: false },
  { what: 'RD DO', flags: 0x0100, dnssecOk: true, size: 1232, tcp: false },
  { what: 'RD DO, 4096', flags: 0x0100, dnssecOk: true, size: 4096, tcp: false },
  { what: 'RD AD, 4096', flags: 0x0120, dnssecOk: false, size: 4096, tcp: false },
  { what: 'RD CD', flags: 0x0110, dnssecOk: false, size: 1232, tcp: false },
  { what: 'RD CD DO, TCP', flags: 0x0110, dnssecOk: true, size: 1232, tcp: true },
  { what: 'RD, TCP', flags: 0x0100, dnssecOk: false, size: 4096, tcp: true },
  { what: 'no RD, DO', flags: 0x0000, dnssecOk: true, size: 4096, tcp: false },
];

const missing = missingPeers('named', 'unbound', 'dnssec-keygen', 'dnssec-signzone', 'dnssec-dsfromkey');
const stops: (() => Promise<unknown> | unknown)[] = [];
let zone: MixedZone;
let unbound: Peer;
let resolver: ResolverWithStats;
let oursUdp: DnsClient;
let oursTcp: DnsClient;
let theirsUdp: DnsClient;
let theirsTcp: DnsClient;

beforeAll(async () => {
  if (missing !== undefined) return;
  const folder = newFolder('mixed');
  zone = mixedZone(NAMES, SEED, folder);
  const named = await startNamed(zone.zones, folder);
  stops.push(() => named.stop());
  unbound = await startUnbound({
    stubs: zone.zones.map((one) => ({ zone: one.zone, port: named.port })),
    trustAnchors: zone.trustAnchors,
    server: [
      'max-udp-size: 4096',
      'ede: yes',
      'aggressive-nsec: no',
      'val-clean-additional: yes',
      'infra-cache-numhosts: 100',
    ],
  });
  stops.push(() => unbound.stop());
  const ours = await startOurs(unbound.port);
  theirsUdp = await DnsClient.udp(unbound.port);
  theirsTcp = await DnsClient.tcp(unbound.port);
  oursUdp = await DnsClient.udp(ours);
  oursTcp = await DnsClient.tcp(ours);
  for (const client of [theirsUdp, theirsTcp, oursUdp, oursTcp]) stops.unshift(() => client.close());
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

/** Resolver and listeners on loopback with a policy that bans nothing of the zone; gives their port. */
async function startOurs(upstreamPort: number): Promise<number> {
  const address = parseAddress('127.0.0.1');
  if (address === undefined) throw new Error('unreachable');
  const settings = { maxUdpSize: 4096, maxTtlSeconds: 86_400, negativeMaxTtlSeconds: 86_400, allowNonRecursive: true };
  const shared = { counters: newCounters(), events: newEvents(), forwardZones: [], seed: 1 };
  const door = newFastPath({ ...shared, settings: { ...settings, countsQueries: true } });
  const path = newFastPath({ ...shared, settings: { ...settings, countsQueries: false } });
  useSnapshot([door, path], smallPolicy());
  const upstream = {
    name: 'unbound',
    transport: 'udp' as const,
    endpoint: { address, port: upstreamPort },
    trusted: true,
  };
  resolver = createResolver({
    path,
    upstreams: [upstream],
    forward: [],
    listen: [],
    cache: { maxBytes: 64 << 20, maxTtlSeconds: 86_400, negativeMaxTtlSeconds: 86_400 },
    deadlineMs: 4000,
    case0x20: true,
    warn: console.warn,
  });
  const clock = { wallMs: Date.now, monotonicSeconds: () => performance.now() / 1000 };
  const listeners = await openListeners({
    listen: [{ address, host: '127.0.0.1', port: 0 }],
    door: createDoor({ path: door, resolver, clock, onFault: ({ error }) => console.error(error) }),
    tcp: { idleMs: 60_000, maxConnections: 10, maxPerClient: 10 },
    where: { file: 'test', line: 1, column: 1 },
  });
  if (!('bound' in listeners)) throw new Error(JSON.stringify(listeners));
  stops.push(
    () => listeners.close(),
    () => resolver.close(),
  );
  return listeners.bound[0].port;
}

async function answerOf(server: DnsClient, query: Uint8Array): Promise<Uint8Array> {
  const answer = await server.ask(query, ANSWER_MS);
  if (answer === undefined) throw new Error(`no answer to ${Buffer.from(query).toString('latin1')}`);
  return answer;
}

function queryFor(asked: Asked, way: Way): Uint8Array {
  return query(asked.name, TYPES[asked.type], { id: 7, flags: way.flags, opt: way.size, dnssecOk: way.dnssecOk });
}

/** What must be equal, as lines. Servers and their signatures in AUTHORITY are left out by us. */
function essence(message: ReadMessage): string[] {
  const header = `rcode ${message.rcode} flags ${(message.flags & ~FLAG_AA).toString(16)} question ${message.qname}`;
  if ((message.flags & FLAG_TC) !== 0) return [header];
  const authority = message.authority.filter(
    (one) => one.type !== NS && !(one.type === RRSIG && one.rdata.startsWith('0002')),
  );
  return [header, ...lines('answer', message.answer), ...lines('authority', authority)];
}

function lines(section: string, records: readonly ReadRecord[]): string[] {
  return records.map((one) => `${section} ${one.owner} ${one.type} ${one.rdata}`).sort();
}

/** Complaints when a TTL of ours is above theirs, record by record. */
function longerTtls(ours: ReadMessage, theirs: ReadMessage): string[] {
  const ttls = new Map(
    [...theirs.answer, ...theirs.authority].map((one) => [`${one.owner} ${one.type} ${one.rdata}`, one.ttl]),
  );
  return [...ours.answer, ...ours.authority]
    .filter((one) => one.ttl > (ttls.get(`${one.owner} ${one.type} ${one.rdata}`) ?? Number.POSITIVE_INFINITY))
    .map((one) => `${one.owner} ${one.type}: TTL ${one.ttl}`);
}

describe.skipIf(missing !== undefined)(`names of a seeded zone (seed ${SEED})`, () => {
  const kinds = new Map<string, number>();

  test.each(WAYS)('have the same answers, asked with $what, first and cached', async (way) => {
    const [ours, theirs] = way.tcp ? [oursTcp, theirsTcp] : [oursUdp, theirsUdp];
    const differing: unknown[] = [];
    const firsts = new Map<Asked, ReadMessage>();
    const compare = async (asked: Asked, round: 'first' | 'cached') => {
      const bytes = queryFor(asked, way);
      const expected = readMessage(await answerOf(theirs, bytes));
      const got = readMessage(await answerOf(ours, bytes));
      const complaints = longerTtls(got, expected);
      const first = firsts.get(asked);
      if (first !== undefined) complaints.push(...longerTtls(got, first));
      if ((got.flags & FLAG_AA) !== 0) complaints.push('AA');
      if (complaints.length > 0 || essence(got).join('\n') !== essence(expected).join('\n')) {
        differing.push({ asked, round, complaints, ours: essence(got), theirs: essence(expected) });
      }
      firsts.set(asked, got);
      const kind = (got.flags & FLAG_TC) !== 0 ? 'TC' : `rcode ${got.rcode}`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    };
    await inWindows(zone.asked, (asked) => compare(asked, 'first'));
    await inWindows(zone.asked, (asked) => compare(asked, 'cached'));
    expect(differing.slice(0, 3)).toEqual([]);
    expect(differing).toHaveLength(0);
  });

  test('every kind of answer was met', () => {
    console.log(`${zone.asked.length} questions × ${WAYS.length} ways × 2:`, Object.fromEntries(kinds));
    expect(zone.asked.length).toBeGreaterThan(NAMES);
    for (const kind of ['rcode 0', 'rcode 2', 'rcode 3', 'TC']) expect(kinds.get(kind) ?? 0).toBeGreaterThan(20);
    const { cache } = resolver.stats();
    expect(cache.hits).toBeGreaterThan(zone.asked.length * WAYS.length);
  });
});
