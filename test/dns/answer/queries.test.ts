import { describe, expect, test } from 'vitest';
import { readU16 } from '../../../src/base/bytes.ts';
import { DROP, MISS } from '../../../src/dns/answer/outcome.ts';
import { QUERIES } from '../../vectors/queries.ts';
import { ask, newPath } from './asking.ts';
import { readCounters } from './reading.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query, readReply } from './wire.ts';

const snapshot = smallPolicy();

describe('a query that is not to be resolved gets what DNS.md §1 says', () => {
  test.each(QUERIES)('$title', ({ query, expect: expected, port = 5353, bare = false, hasOpt = false, ede }) => {
    const path = newPath(snapshot);
    const asked = ask(path, query, { client: CLIENTS.nxdomain, port });
    const counted = readCounters(path);
    const value = (rows: readonly { value: number }[]) => rows.reduce((sum, row) => sum + row.value, 0);
    expect(value(counted.queries)).toBe(1);
    if (expected === 'miss' || expected === 'drop') {
      expect(asked.result).toBe(expected === 'miss' ? MISS : DROP);
      expect(value(counted.dropped)).toBe(expected === 'drop' ? 1 : 0);
      expect(value(counted.responses)).toBe(0);
      if (expected === 'miss') expect(asked.packet.bytes.slice(64, 64 + query.length)).toEqual(query);
      return;
    }
    const reply = readReply(asked.bytes);
    expect(reply.rcode).toBe(expected);
    expect(reply.id).toBe(readU16(query, 0));
    expect(reply.flags & 0x8000, 'QR').toBe(0x8000);
    expect(reply.flags & 0x7900, 'opcode and RD').toBe(readU16(query, 2) & 0x7900);
    expect(reply.flags & 0x0620, 'AA, TC, AD').toBe(0);
    expect(reply.question === undefined).toBe(bare);
    if (!bare)
      expect(asked.bytes.slice(12, asked.packet.questionEnd - 64)).toEqual(
        query.slice(12, asked.packet.questionEnd - 64),
      );
    expect(reply.opt !== undefined).toBe(hasOpt);
    if (reply.opt !== undefined) expect(reply.opt).toMatchObject({ version: 0, udpSize: 1232, otherOptions: 0 });
    expect(reply.edes).toEqual(ede === undefined ? [] : [{ code: ede, text: '' }]);
    expect(value(counted.responses)).toBe(1);
    expect(value(counted.dropped)).toBe(0);
  });
});

test('a client without a segment is refused ten times a second, its neighbours in the /24 with it, and dropped beyond', () => {
  const path = newPath(snapshot);
  const results = Array.from({ length: 15 }, (_, i) =>
    ask(path, query('a.example', 'A', { opt: 1232 }), { client: `192.0.2.${i}` }),
  );
  expect(results.map(({ result }) => result === DROP)).toEqual([...Array(10).fill(false), ...Array(5).fill(true)]);
  expect(readReply(results[0].bytes)).toMatchObject({ rcode: 5, edes: [{ code: 18, text: '' }] });
  expect(ask(path, query('a.example', 'A'), { client: '192.0.3.1' }).result).not.toBe(DROP);
  path.nowSeconds += 1;
  expect(ask(path, query('a.example', 'A'), { client: '192.0.2.1' }).result).not.toBe(DROP);
  const counted = readCounters(path);
  expect(counted.dropped.find(({ labels }) => labels.join() === 'udp,rate')?.value).toBe(5);
  expect(counted.refused.find(({ labels }) => labels[0] === 'no-segment')?.value).toBe(17);
  expect(counted.queries.find(({ labels }) => labels.join() === 'udp,none')?.value).toBe(17);
});

test('strangers of one IPv6 /56 share the ten refusals', () => {
  const path = newPath(snapshot);
  const results = Array.from({ length: 12 }, (_, i) =>
    ask(path, query('a.example', 'A'), { client: `2001:db8:f:ab${i.toString(16).padStart(2, '0')}::1` }),
  );
  expect(results.filter(({ result }) => result === DROP)).toHaveLength(2);
});

test('a stranger learns nothing of the policy: a blocked name is refused like any other', () => {
  const path = newPath(snapshot);
  const reply = readReply(ask(path, query('www.tiktok.com', 'A', { opt: 1232 }), { client: CLIENTS.stranger }).bytes);
  expect(reply).toMatchObject({ rcode: 5, edes: [{ code: 18, text: '' }], answers: [], authority: [] });
});

test('without any policy every query gets SERVFAIL with EDE 14', () => {
  const path = newPath(undefined);
  const reply = readReply(ask(path, query('www.gov.uk', 'A', { opt: 1232 }), { client: CLIENTS.nxdomain }).bytes);
  expect(reply).toMatchObject({ rcode: 2, edes: [{ code: 14, text: '' }] });
});

test('RD=0 is answered where the configuration allows it, and a blocked name is blocked with RD=0', () => {
  const rd0 = { flags: 0, opt: 1232 };
  const open = newPath(snapshot, { allowNonRecursive: true });
  expect(ask(open, query('a.example', 'A', rd0), { client: CLIENTS.nxdomain }).result).toBe(MISS);
  const reply = readReply(ask(newPath(snapshot), query('tiktok.com', 'A', rd0), { client: CLIENTS.nxdomain }).bytes);
  expect(reply).toMatchObject({ rcode: 3, edes: [{ code: 15, text: 'uk-statement/tiktok/tiktok.com' }] });
});
