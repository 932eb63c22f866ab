import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { readPeerAddress } from '../../../src/dns/listeners/peer-address.ts';

const read = (text: string) => {
  const out = new Uint8Array(16).fill(0xee);
  return readPeerAddress(text, out) ? out : undefined;
};

test.each([
  '127.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::',
  '::1',
  '1::',
  'fe80::1',
  '2001:db8:1:2:3:4:5:6',
  '2001:db8::5:0:0:6',
  '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
  '::ffff:192.0.2.7',
  '64:ff9b::192.0.2.33',
  'FE80::ABCD',
])('%s is read as ipaddr.js reads it', (text) => {
  expect(read(text)).toEqual(parseAddress(text));
});

test('the zone of a link-local address is passed over', () => {
  expect(read('fe80::1%eth0')).toEqual(parseAddress('fe80::1'));
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1..2.3',
  'a.b.c.d',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'g::',
  '::1.2.3',
  '1:2:3:4:5:6:7:1.2.3.4',
])('%j is no address', (text) => {
  expect(read(text)).toBeUndefined();
});

test('random addresses read back from their text (seed 7)', () => {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 16;
  };
  for (let i = 0; i < 20_000; i++) {
    const groups = Array.from({ length: 8 }, () => (next() % 3 === 0 ? 0 : next() & 0xffff));
    const text = groups.map((group) => group.toString(16)).join(':');
    // RFC 5952 puts `::` where zeros are; the first run of them will do.
    const short = text.replace(/(^|:)0(:0)+(:|$)/, '::');
    expect(read(short)).toEqual(parseAddress(short));
    const quad = `${groups[0] & 255}.${groups[1] & 255}.${groups[2] & 255}.${groups[3] & 255}`;
    expect(read(quad)).toEqual(parseAddress(quad));
  }
});
