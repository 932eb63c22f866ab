// The id of an event, which its reader spells out of the record alone, against the one that decide() spells out of the snapshot.

import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { parseName } from '../../../src/base/names.ts';
import { answerQuery } from '../../../src/dns/answer/answer.ts';
import { answerFailure, answerFromMemory } from '../../../src/dns/answer/from-memory.ts';
import { MISS } from '../../../src/dns/answer/outcome.ts';
import { scrub } from '../../../src/dns/wire/scrub.ts';
import { decide } from '../../../src/policy/decide/decide-in-words.ts';
import type { Subject } from '../../../src/policy/decide/subjects.ts';
import type { Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { newPath, packetOf } from './asking.ts';
import { takeEvents } from './reading.ts';
import { CLIENTS, NOW, smallPolicy } from './small-policy.ts';
import { query, u16, wireName } from './wire.ts';

const LONG = `${'l'.repeat(63)}.${'m'.repeat(63)}.${'n'.repeat(63)}`;
const ODD = '\\042\\058\\047\\000\\\\\\..odd.example';
const extra = [`tiktok domain ${LONG}.example`, `tiktok domain ${ODD}`, 'tiktok wildcard deep.example'];
const SNAPSHOTS = [
  smallPolicy({ extra }),
  smallPolicy({
    extra,
    generation: 8,
    overrides: ['domain c.tiktok.com', 'rule tiktok/tiktok.com', 'exact a.b.wild.example.org', 'exact www.example.net'],
  }),
];
const ASKERS = SNAPSHOTS.flatMap((snapshot) =>
  [CLIENTS.nxdomain, CLIENTS.monitor, CLIENTS.exempt, CLIENTS.drop].map((client) => ({
    snapshot,
    client,
    asker: { client: parseAddress(client) as Uint8Array, nowMs: NOW },
  })),
);

function nameOf(text: string): Subject & { kind: 'name' } {
  const name = parseName(text);
  if (typeof name === 'string') throw new Error(`${text}: ${name}`);
  return { kind: 'name', name };
}

function decidedId(
  snapshot: Snapshot,
  asker: (typeof ASKERS)[number]['asker'],
  subjects: readonly Subject[],
): string | undefined {
  const decision = decide(snapshot, asker, subjects);
  return decision.kind === 'refuse' ? undefined : decision.id;
}

test.each([
  'tiktok.com',
  'a.b.c.tiktok.com',
  '_8443._https.www.tiktok.com',
  'exact.example.org',
  'a.b.wild.example.org',
  'x.open.example.org',
  'a.deep.example',
  'use-application-dns.net',
  `x.${ODD}`,
  `x.${LONG}.example`,
])('of a decision on the name asked for, %s, is the same', (text) => {
  const subject = nameOf(text);
  for (const { client, asker, snapshot } of ASKERS) {
    const path = newPath(snapshot);
    const packet = packetOf(query(text, 'A'), { client });
    if (answerQuery(path, packet) === MISS) answerFailure(path, packet, 2, -1);
    const expected = decidedId(snapshot, asker, [subject]);
    expect(expected).toBeDefined();
    expect(takeEvents(path).map(({ id }) => id)).toEqual([expected]);
  }
});

const QNAME = 'www.example.net';

/** An answer to QNAME: a chain of names, and addresses of its end. */
function answerOf(names: readonly string[], address: string) {
  const data = parseAddress(address) as Uint8Array;
  const isIPv4 = address.includes('.');
  const owners = [QNAME, ...names];
  const records = [
    ...names.flatMap((name, i) => [
      ...wireName(owners[i]),
      0,
      5,
      0,
      1,
      0,
      0,
      1,
      44,
      ...u16(wireName(name).length),
      ...wireName(name),
    ]),
    ...wireName(owners[names.length]),
    ...[0, isIPv4 ? 1 : 28, 0, 1, 0, 0, 1, 44, 0, isIPv4 ? 4 : 16],
    ...(isIPv4 ? data.subarray(12) : data),
  ];
  const qtype = isIPv4 ? 1 : 28;
  const reply = Uint8Array.from([...query(QNAME, qtype), ...records]);
  reply[2] = 0x81;
  reply[3] = 0x80;
  reply[7] = names.length + 1;
  const scrubbed = scrub({ qname: Uint8Array.from(wireName(QNAME)), qtype, dnssecOk: false }, reply);
  if (scrubbed.kind !== 'answer') throw new Error(JSON.stringify(scrubbed));
  const { bytes, factsAt, isNegative, ttlOffsets } = scrubbed;
  const kept = { rcode: 0, authentic: false, ede: -1, stale: false, insertedAt: 1000, expiresAt: 1300 };
  return { qtype, answer: { ...kept, bytes, factsAt, isNegative, ttlOffsets } };
}

test.each<[string[], string]>([
  [['go.tiktok.com'], '192.0.2.1'],
  [['cdn.example.net', 'a.b.wild.example.org'], '192.0.2.1'],
  [[`x.${ODD}`], '192.0.2.1'],
  [[`y.x.${LONG}.example`], '192.0.2.1'],
  [[], '203.0.113.77'],
  [['cdn.example.net'], '203.0.113.77'],
  [['cdn.example.net'], '2001:db8:bad:1::7'],
])('of a decision on the content %j %s is the same', (names, address) => {
  const { qtype, answer } = answerOf(names, address);
  const subjects: Subject[] = [
    ...[QNAME, ...names].map(nameOf),
    { kind: 'address', address: parseAddress(address) as Uint8Array },
  ];
  for (const { client, asker, snapshot } of ASKERS) {
    const path = newPath(snapshot);
    const packet = packetOf(query(QNAME, qtype), { client });
    expect(answerQuery(path, packet)).toBe(MISS);
    answerFromMemory(path, packet, answer, 'hit');
    const expected = decidedId(snapshot, asker, subjects);
    expect(expected).toBeDefined();
    expect(takeEvents(path).map(({ id }) => id)).toEqual([expected]);
  }
});
