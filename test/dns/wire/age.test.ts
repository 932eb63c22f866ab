import { expect, test } from 'vitest';
import { ageInto, setTtls } from '../../../src/dns/wire/age.ts';

function ttlsAfter(ttls: readonly number[], change: (out: DataView, offsets: Uint16Array) => void): number[] {
  const view = new DataView(new ArrayBuffer(100));
  ttls.forEach((ttl, i) => {
    view.setUint32(10 + 3 + 8 * i, ttl);
  });
  change(
    view,
    Uint16Array.from(ttls, (_, i) => 3 + 8 * i),
  );
  return ttls.map((_, i) => view.getUint32(10 + 3 + 8 * i));
}

test('a TTL falls with age from its cap, and never below 0', () => {
  const aged = (age: number) => ttlsAfter([60, 5000, 4], (out, at) => ageInto(out, 10, at, age, 3600));
  expect(aged(0)).toEqual([60, 3600, 4]);
  expect(aged(1)).toEqual([59, 3599, 3]);
  expect(aged(5)).toEqual([55, 3595, 0]);
});

test('a stale answer shows one TTL everywhere', () => {
  expect(ttlsAfter([60, 0], (out, at) => setTtls(out, 10, at, 30))).toEqual([30, 30]);
});

test('offsets end at a 0, where a longer list was before', () => {
  expect(ttlsAfter([60, 61], (out, at) => ageInto(out, 10, at.with(1, 0), 5, 3600))).toEqual([55, 61]);
  expect(ttlsAfter([60, 61], (out, at) => setTtls(out, 10, at.with(1, 0), 30))).toEqual([30, 61]);
});
