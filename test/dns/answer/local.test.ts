import { describe, expect, test } from 'vitest';
import { MISS } from '../../../src/dns/answer/outcome.ts';
import { ask, newPath } from './asking.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query, readReply } from './wire.ts';

const snapshot = smallPolicy();
const SOA = '60 SOA ns.office.example it.office.example 7 3600 600 86400 60';
const NXDOMAIN = 3;

/** name, type, rcode or miss, answer, owner of the SOA */
const ROWS: readonly [string, string, number | 'miss', string[], string?][] = [
  ['localhost', 'A', 0, ['localhost 60 A 127.0.0.1']],
  ['localhost', 'AAAA', 0, ['localhost 60 AAAA ::1']],
  ['a.b.localhost', 'A', 0, ['a.b.localhost 60 A 127.0.0.1']],
  ['LocalHost', 'ANY', 0, ['LocalHost 60 A 127.0.0.1', 'LocalHost 60 AAAA ::1']],
  ['localhost', 'MX', 0, [], 'localhost'],
  ['local', 'A', 0, [], 'local'],
  ['printer.local', 'A', NXDOMAIN, [], 'local'],
  ['x.onion', 'AAAA', NXDOMAIN, [], 'onion'],
  ['x.invalid', 'A', NXDOMAIN, [], 'invalid'],
  ['x.y.test', 'TXT', NXDOMAIN, [], 'test'],
  ['test', 'SOA', 0, [`test ${SOA}`]],
  ['nas.home.arpa', 'A', NXDOMAIN, [], 'home.arpa'],
  ['home.arpa', 'A', 0, [], 'home.arpa'],
  ['home.arpa', 'DS', 'miss', []],
  ['arpa', 'NS', 'miss', []],
  ['4.3.2.10.in-addr.arpa', 'A', NXDOMAIN, [], '10.in-addr.arpa'],
  ['10.in-addr.arpa', 'NS', 0, [], '10.in-addr.arpa'],
  ['1.0.16.172.in-addr.arpa', 'A', NXDOMAIN, [], '16.172.in-addr.arpa'],
  ['1.0.31.172.in-addr.arpa', 'A', NXDOMAIN, [], '31.172.in-addr.arpa'],
  ['1.0.32.172.in-addr.arpa', 'A', 'miss', []],
  ['1.0.15.172.in-addr.arpa', 'A', 'miss', []],
  ['1.1.168.192.in-addr.arpa', 'A', NXDOMAIN, [], '168.192.in-addr.arpa'],
  ['1.1.254.169.in-addr.arpa', 'A', NXDOMAIN, [], '254.169.in-addr.arpa'],
  ['1.0.64.100.in-addr.arpa', 'A', NXDOMAIN, [], '64.100.in-addr.arpa'],
  ['1.0.127.100.in-addr.arpa', 'A', NXDOMAIN, [], '127.100.in-addr.arpa'],
  ['1.0.128.100.in-addr.arpa', 'A', 'miss', []],
  ['8.8.8.8.in-addr.arpa', 'A', 'miss', []],
  ['255.255.255.255.in-addr.arpa', 'A', 0, [], '255.255.255.255.in-addr.arpa'],
  [`${'0.'.repeat(31)}0.ip6.arpa`, 'A', 0, [], `${'0.'.repeat(32)}ip6.arpa`],
  [`1.${'0.'.repeat(31)}ip6.arpa`, 'NS', 0, [], `1.${'0.'.repeat(31)}ip6.arpa`],
  ['1.2.d.f.ip6.arpa', 'A', NXDOMAIN, [], 'd.f.ip6.arpa'],
  ['1.2.c.f.ip6.arpa', 'A', 'miss', []],
  ['1.B.E.F.ip6.ARPA', 'A', NXDOMAIN, [], 'B.E.F.ip6.ARPA'],
  ['1.8.b.d.0.1.0.0.2.ip6.arpa', 'A', NXDOMAIN, [], '8.b.d.0.1.0.0.2.ip6.arpa'],
  ['resolver.arpa', 'A', 0, [], 'resolver.arpa'],
  ['_dns.resolver.arpa', 'HTTPS', 0, [], 'resolver.arpa'],
  ['notlocalhost', 'A', 'miss', []],
  ['localhost.example', 'A', 'miss', []],
  ['xtest', 'A', 'miss', []],
  ['x.contest', 'A', 'miss', []],
];

describe('special-use names are answered here', () => {
  test.each(ROWS)('%s %s', (name, type, rcode, answers, soa) => {
    const asked = ask(newPath(snapshot), query(name, type, { opt: 1232 }), { client: CLIENTS.nxdomain });
    if (rcode === 'miss') {
      expect(asked.result).toBe(MISS);
      return;
    }
    const reply = readReply(asked.bytes);
    expect(reply).toMatchObject({ rcode, answers, edes: [] });
    expect(reply.authority).toEqual(soa === undefined ? [] : [`${soa} ${SOA}`]);
    expect(reply.flags & 0x0420, 'AA, AD').toBe(0);
  });
});

test('a forward zone at or below a special-use name wins, the rest of that name stays', () => {
  const path = newPath(snapshot, {}, ['Corp.Local.', '10.in-addr.arpa', 'internal.gov.uk', 'dns.resolver.arpa', '.']);
  const result = (name: string) => ask(path, query(name, 'A'), { client: CLIENTS.nxdomain }).result;
  expect(result('corp.local')).toBe(MISS);
  expect(result('www.corp.local')).toBe(MISS);
  expect(result('printer.local')).toBeGreaterThan(0);
  expect(result('1.0.0.10.in-addr.arpa')).toBe(MISS);
  expect(result('1.0.168.192.in-addr.arpa')).toBeGreaterThan(0);
  expect(result('a.internal.gov.uk')).toBe(MISS);
  expect(result('x.dns.resolver.arpa')).toBeGreaterThan(0);
});

test('a segment that enforces nothing gets resolver.arpa and local names from us all the same', () => {
  for (const name of ['_dns.resolver.arpa', 'x.local']) {
    expect(ask(newPath(snapshot), query(name, 'A'), { client: CLIENTS.free }).result).toBeGreaterThan(0);
  }
});

test('a label that holds a dot is no boundary', () => {
  const asked = ask(newPath(snapshot), query('www\\.local', 'A'), { client: CLIENTS.nxdomain });
  expect(asked.result).toBe(MISS);
});
