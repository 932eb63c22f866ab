import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/base/addresses.ts';
import { isLoopback, isUnspecified, parseDuration, parseEndpoint, parseUpstream } from '../../src/config/units.ts';
import { parseSize } from '../../src/lists/rules/sizes.ts';
import { parseSpan } from '../../src/lists/rules/spans.ts';

describe('sizes', () => {
  it.each([
    ['64MiB', 67_108_864],
    ['1 GiB', 1_073_741_824],
    ['512B', 512],
    [4096, 4096],
    ['64MB', undefined],
    ['64mib', undefined],
    ['64', undefined],
    ['-1MiB', undefined],
    ['1.5MiB', undefined],
    ['', undefined],
    [0, undefined],
    [1.5, undefined],
    [Number.NaN, undefined],
  ])('%s: %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['6h', 21_600_000],
    ['1d', 86_400_000],
    [60, 60_000],
    ['60', undefined],
    ['5 minutes', undefined],
    ['', undefined],
    [-1, undefined],
    [0.5, undefined],
  ])('%s: %s', (text, ms) => expect(parseDuration(text)).toBe(ms));
});

describe('spans', () => {
  it.each([
    ['12 months', { amount: 12, unit: 'months' }],
    ['1 year', { amount: 1, unit: 'years' }],
    ['90days', { amount: 90, unit: 'days' }],
    ['0 days', undefined],
    ['forever', undefined],
  ])('%s: %j', (text, span) => expect(parseSpan(text)).toEqual(span));
});

describe('endpoints', () => {
  it.each([
    ['127.0.0.1:5300', undefined, '127.0.0.1 5300'],
    ['[::1]:5300', undefined, '::1 5300'],
    ['127.0.0.1:0', undefined, '127.0.0.1 0'],
    ['127.0.0.1', 53, '127.0.0.1 53'],
    ['::1', 53, '::1 53'],
    ['2001:db8::53', 53, '2001:db8::53 53'],
    ['[2001:db8::53]', 53, '2001:db8::53 53'],
    ['127.0.0.1', undefined, undefined],
    ['::1', undefined, undefined],
    ['127.0.0.1:65536', undefined, undefined],
    ['127.0.0.1:', undefined, undefined],
    ['127.0.0.1:http', undefined, undefined],
    ['[127.0.0.1]:53', undefined, undefined],
    ['[::1', 53, undefined],
    ['localhost:53', undefined, undefined],
    [':53', undefined, undefined],
    ['', 53, undefined],
  ])('%s with default %s: %s', (text, port, expected) => {
    const found = parseEndpoint(text, port);
    expect(found && `${formatAddress(found.address)} ${found.port}`).toBe(expected);
  });
});

describe('upstreams', () => {
  it.each([
    ['9.9.9.9', 'udp 9.9.9.9 53'],
    ['9.9.9.9:5353', 'udp 9.9.9.9 5353'],
    ['2620:fe::fe', 'udp 2620:fe::fe 53'],
    ['[2620:fe::fe]:5353', 'udp 2620:fe::fe 5353'],
    ['tls://dns.quad9.net@9.9.9.9', 'tls 9.9.9.9 853 dns.quad9.net'],
    ['tls://dns.quad9.net@[2620:fe::fe]:8853', 'tls 2620:fe::fe 8853 dns.quad9.net'],
    ['tls://9.9.9.9', 'server-name'],
    ['tls://@9.9.9.9', 'server-name'],
    ['tls://a@b@9.9.9.9', 'server-name'],
    ['tls://dns.quad9.net@dns.quad9.net', 'address'],
    ['https://dns.quad9.net/dns-query', 'https'],
    ['quic://dns.quad9.net', 'scheme'],
    ['dns.quad9.net', 'address'],
    ['0.0.0.0', 'address'],
    ['9.9.9.9:0', 'address'],
    ['', 'address'],
  ])('%s: %s', (text, expected) => {
    const found = parseUpstream(text, false);
    if (typeof found === 'string') expect(found).toBe(expected);
    else {
      const { transport, endpoint, serverName } = found;
      expect([transport, formatAddress(endpoint.address), endpoint.port, serverName ?? ''].join(' ').trim()).toBe(
        expected,
      );
      expect(found.name).toBe(text);
    }
  });
});

describe('addresses of ourselves', () => {
  const address = (text: string) => parseEndpoint(text, 1)?.address ?? new Uint8Array();
  it('are loopback for 127.0.0.0/8 and ::1 alone', () => {
    expect(['127.0.0.1', '127.255.0.1', '::1'].map((text) => isLoopback(address(text)))).toEqual([true, true, true]);
    expect(['10.0.0.1', '::', '0.0.0.1', '::2', '2001:db8::1'].some((text) => isLoopback(address(text)))).toBe(false);
  });
  it('are unspecified for 0.0.0.0 and :: alone', () => {
    expect(['0.0.0.0', '::'].map((text) => isUnspecified(address(text)))).toEqual([true, true]);
    expect(['0.0.0.1', '::1', '127.0.0.1'].some((text) => isUnspecified(address(text)))).toBe(false);
  });
});
