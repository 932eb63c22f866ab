import * as dnsPacket from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { DROP, MISS } from '../../../src/dns/answer/outcome.ts';
import { BLOCKED, BLOCKED_NAME } from '../../vectors/blocked-answers.ts';
import { ask, newPath } from './asking.ts';
import { readCounters, takeEvents } from './reading.ts';
import { CLIENTS, NOW, smallPolicy } from './small-policy.ts';
import { query, readReply } from './wire.ts';

const snapshot = smallPolicy();
const SOA = '60 SOA ns.office.example it.office.example 7 3600 600 86400 60';
const ID = 'uk-statement/tiktok/tiktok.com';

describe('a blocked name gets what DNS.md §2 says', () => {
  test.each(BLOCKED)('$kind $type $transport', (row) => {
    const { kind, type, transport, rcode = 0, answers = [], soa, tc = false, edes = [] } = row;
    const bytes = query(BLOCKED_NAME, type, { opt: 1232, dnssecOk: true, flags: 0x0130 });
    const asked = ask(newPath(snapshot), bytes, { client: CLIENTS[kind], transport });
    if (rcode === 'drop') {
      expect(asked.result).toBe(DROP);
      return;
    }
    const reply = readReply(asked.bytes);
    expect(reply.rcode).toBe(rcode);
    expect(reply.flags & 0xfff0, 'QR, RD, RA, CD; TC; neither AA nor AD').toBe(tc ? 0x8390 : 0x8190);
    expect(reply.answers).toEqual(answers);
    expect(reply.authority).toEqual(soa === undefined ? [] : [`${soa} ${SOA}`]);
    expect(reply.edes.map(({ code }) => code)).toEqual(edes);
    expect(reply.edes.map(({ text }) => text)).toEqual(edes.map((_, i) => (i === edes.length - 1 ? ID : '')));
    expect(reply.opt).toEqual({ udpSize: 1232, version: 0, dnssecOk: true, otherOptions: 0 });
    // dns-packet, which knows no EDE text, reads the same message.
    const oracle = dnsPacket.decode(Buffer.from(asked.bytes));
    expect(oracle.answers?.length).toBe(answers.length);
    expect(oracle.authorities?.length).toBe(soa === undefined ? 0 : 1);
  });

  test.each(BLOCKED)('$kind $type $transport without EDNS: the same without OPT', (row) => {
    const { kind, type, transport, rcode = 0, answers = [] } = row;
    if (rcode === 'drop') return;
    const asked = ask(newPath(snapshot), query(BLOCKED_NAME, type), { client: CLIENTS[kind], transport });
    const reply = readReply(asked.bytes);
    expect(reply).toMatchObject({ rcode, answers, additional: 0, edes: [] });
  });
});

describe('NXDOMAIN becomes NODATA where free names may lie below', () => {
  test.each([
    ['exact.example.org', 0, 'an exact rule'],
    ['open.example.org', 0, 'an except below'],
    ['a.open.example.org', 3, 'a sibling of the except has nothing free below'],
    ['a.wild.example.org', 3, 'a wildcard'],
    ['tiktok.com', 3, 'a domain'],
    ['_443._https.www.tiktok.com', 3, 'underscore labels'],
  ])('%s gets rcode %i: %s', (name, rcode) => {
    const reply = readReply(ask(newPath(snapshot), query(name, 'A'), { client: CLIENTS.nxdomain }).bytes);
    expect(reply.rcode).toBe(rcode);
    const owner = rcode === 0 ? name : name.slice(name.indexOf('.') + 1);
    expect(reply.authority).toEqual([`${owner} ${SOA}`]);
  });
});

test("a rule's own answer beats the segment's, for all types, and its directive's code is 16 where the file says censored", () => {
  for (const type of ['A', 'AAAA', 'TXT']) {
    const bytes = query('use-application-dns.net', type, { opt: 1232 });
    const reply = readReply(ask(newPath(snapshot), bytes, { client: CLIENTS.sinkhole }).bytes);
    expect(reply).toMatchObject({ rcode: 3, answers: [] });
    expect(reply.edes).toEqual([{ code: 16, text: 'local-policy/canary/use-application-dns.net' }]);
  }
});

test('a family without a sinkhole address is NODATA with the directive code alone; ANY gets the other family', () => {
  const path = newPath(smallPolicy({ sinkholeIPv6: undefined }));
  const reply = (type: string) =>
    readReply(ask(path, query(BLOCKED_NAME, type, { opt: 1232 }), { client: CLIENTS.sinkhole }).bytes);
  expect(reply('AAAA')).toMatchObject({ rcode: 0, answers: [], edes: [{ code: 15, text: ID }] });
  expect(reply('AAAA').authority).toHaveLength(1);
  expect(reply('ANY').answers).toEqual([`${BLOCKED_NAME} 60 A 192.0.2.53`]);
});

test('the question keeps its case, and so does every owner name', () => {
  const bytes = query('wWw.TikTok.CoM', 'A', { opt: 1232 });
  const asked = ask(newPath(snapshot), bytes, { client: CLIENTS.sinkhole });
  expect(asked.bytes.slice(12, 12 + 20)).toEqual(bytes.slice(12, 12 + 20));
  expect(readReply(asked.bytes).answers).toEqual(['wWw.TikTok.CoM 60 A 192.0.2.53']);
});

test('the decision id is cut to directive/app and then to nothing, and the EDE left out, before anything else is', () => {
  const bytes = query(BLOCKED_NAME, 'A', { opt: 512 });
  const full = ask(newPath(snapshot), bytes, { client: CLIENTS.nxdomain }).bytes.length;
  const texts = new Set<string>();
  for (let capacity = full; capacity >= bytes.length; capacity--) {
    const asked = ask(newPath(snapshot), bytes, { client: CLIENTS.nxdomain, capacity });
    const reply = readReply(asked.bytes);
    expect(reply.rcode).toBe(3);
    expect(reply.flags & 0x0200, 'TC').toBe(0);
    texts.add(reply.edes.length === 0 ? 'no EDE' : reply.edes[0].text);
  }
  expect([...texts]).toEqual([ID, 'uk-statement/tiktok', '', 'no EDE']);
});

test('a name of 255 bytes with a long SOA still fits 512 bytes with its EDE, untruncated', () => {
  const mname = `${'m'.repeat(60)}.${'n'.repeat(60)}.example`;
  const path = newPath(smallPolicy({ mname }));
  const name = `${Array(3).fill('a'.repeat(63)).join('.')}.${'b'.repeat(50)}.tiktok.com`;
  const asked = ask(path, query(name, 'A', { opt: 512 }), { client: CLIENTS.nxdomain });
  const reply = readReply(asked.bytes);
  expect(asked.bytes.length).toBeLessThanOrEqual(512);
  expect(reply).toMatchObject({ rcode: 3, edes: [{ code: 15 }] });
  expect(reply.authority).toHaveLength(1);
});

test('monitored, exempt, protected, free and unlisted names are a MISS, and nothing is counted for them yet', () => {
  const path = newPath(snapshot);
  for (const client of [CLIENTS.monitor, CLIENTS.exempt, CLIENTS.free]) {
    expect(ask(path, query(BLOCKED_NAME, 'A'), { client }).result).toBe(MISS);
  }
  for (const name of [
    'www.gov.uk',
    'example.net',
    'free.open.example.org',
    'wild.example.org',
    'a.exact.example.org',
  ]) {
    expect(ask(path, query(name, 'A'), { client: CLIENTS.nxdomain }).result).toBe(MISS);
  }
  const { decisions, queries } = readCounters(path);
  expect(decisions).toEqual([]);
  expect(queries.find(({ labels }) => labels[1] === 'nxdomain')?.value).toBe(6);
});

test('an exemption ends with the old snapshot still in force', () => {
  const path = newPath(snapshot);
  const bytes = query(BLOCKED_NAME, 'A');
  expect(ask(path, bytes, { client: CLIENTS.exempt }).result).toBe(MISS);
  path.nowMs = NOW + 86_400_000;
  expect(readReply(ask(path, bytes, { client: CLIENTS.exempt }).bytes).rcode).toBe(3);
});

test('a release ends with the old snapshot still in force', () => {
  const path = newPath(smallPolicy({ overrides: ['exact www.tiktok.com'] }));
  const bytes = query('www.tiktok.com', 'A');
  expect(ask(path, bytes, { client: CLIENTS.nxdomain }).result).toBe(MISS);
  path.nowMs = NOW + 3_600_000;
  expect(readReply(ask(path, bytes, { client: CLIENTS.nxdomain }).bytes).rcode).toBe(3);
});

test('a clock that shows no number ends exemptions', () => {
  const path = newPath(smallPolicy());
  path.nowMs = Number.NaN;
  const { bytes } = ask(path, query('www.tiktok.com', 'A'), { client: CLIENTS.exempt });
  expect(readReply(bytes).rcode).toBe(3);
});

test('each block is one event and one count, with the id that the EDE carries', () => {
  const path = newPath(snapshot);
  ask(path, query(BLOCKED_NAME, 'HTTPS', { opt: 1232 }), { client: CLIENTS.ipv6, transport: 'tcp' });
  ask(path, query('exact.example.org', 'A'), { client: CLIENTS.drop });
  const events = takeEvents(path);
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({
    wallMs: NOW,
    generation: 7,
    door: 'dns',
    action: 'blocked',
    id: ID,
    segment: 'nxdomain',
    directive: 'uk-statement',
    app: 'tiktok',
    role: 'web',
    qtype: 65,
    transport: 'tcp',
  });
  expect(Buffer.from(events[0].qname).toString('latin1')).toBe('\x03www\x06tiktok\x03com\x00');
  expect(Buffer.from(events[0].client).toString('hex')).toBe('20010db8000200000000000000000001');
  expect(events[1]).toMatchObject({ action: 'blocked', id: 'uk-statement/tiktok/=exact.example.org', segment: 'drop' });
  const counted = readCounters(path);
  expect(counted.decisions).toEqual([
    { labels: ['nxdomain', 'tiktok', 'blocked'], value: 1 },
    { labels: ['drop', 'tiktok', 'blocked'], value: 1 },
  ]);
  expect(counted.matches).toEqual([{ labels: ['tiktok', 'web', 'blocked'], value: 2 }]);
  expect(counted.dropped.find(({ labels }) => labels.join() === 'udp,policy')?.value).toBe(1);
});
