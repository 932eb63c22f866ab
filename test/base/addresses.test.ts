import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  containsPrefix,
  formatAddress,
  formatPrefix,
  isIPv4,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../src/base/addresses.ts';

describe('addresses', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['2001:DB8:0:0::1', '2001:db8::1', false],
    ['::', '::', false],
  ])('%s is written %s', (text, written, ipv4) => {
    const address = parseAddress(text);
    expect(address && formatAddress(address)).toBe(written);
    expect(address && isIPv4(address)).toBe(ipv4);
  });

  test.each(['10.1', '010.0.0.1', '10.0.0.256', '1.2.3.4.5', 'fe80::1%eth0', 'x', '', '0x7f000001', ':::'])(
    '%s is no address',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', 104],
    ['10.9.9.9', '10.9.9.9/32', 128],
    ['2001:db8::/32', '2001:db8::/32', 32],
    ['::/0', '::/0', 0],
    ['0.0.0.0/0', '0.0.0.0/0', 96],
  ])('%s is the prefix %s', (text, written, bits) => {
    const prefix = parsePrefix(text) as Prefix;
    expect(formatPrefix(prefix)).toBe(written);
    expect(prefix.bits).toBe(bits);
  });

  test.each([
    ['10.0.0.1/8', 'host-bits'],
    ['2001:db8::1/64', 'host-bits'],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/08', undefined],
    ['10.0.0.0/-1', undefined],
    ['10.0.0.0/', undefined],
    ['::/129', undefined],
  ])('%s is refused as %s', (text, fault) => {
    expect(parsePrefix(text)).toBe(fault);
  });

  test('a prefix holds exactly the prefixes whose leading bits are its own', () => {
    const arbitrary = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 })).map(([value, bits]) => {
      const kept = bits === 0 ? 0 : (value & (~0 << (32 - bits))) >>> 0;
      return { kept, bits, text: `${kept >>> 24}.${(kept >>> 16) & 255}.${(kept >>> 8) & 255}.${kept & 255}/${bits}` };
    });
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        const naive = a.bits <= b.bits && (a.bits === 0 || a.kept >>> (32 - a.bits) === b.kept >>> (32 - a.bits));
        expect(containsPrefix(parsePrefix(a.text) as Prefix, parsePrefix(b.text) as Prefix)).toBe(naive);
      }),
    );
  });
});
