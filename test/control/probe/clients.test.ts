import { expect, test } from 'vitest';
import { containsPrefix, formatAddress, type Prefix, parsePrefix } from '../../../src/base/addresses.ts';
import { piecesOf } from '../../../src/control/probe/clients.ts';
import type { Exemption, Segment } from '../../../src/policy/model.ts';

const prefixOf = (text: string) => parsePrefix(text) as Prefix;
const segment = (id: string, clients: readonly string[]) => ({ id, clients }) as Segment;
const exemption = (id: string, of: string, clients: readonly string[]) => ({ id, segment: of, clients }) as Exemption;

/** As docs/policy.md §5.1 says it, one address at a time. */
function holds(address: string, segments: readonly Segment[], exemptions: readonly Exemption[]): string | undefined {
  const bitsAt = (clients: readonly string[]) =>
    Math.max(-1, ...clients.map(prefixOf).flatMap((own) => (containsPrefix(own, prefixOf(address)) ? [own.bits] : [])));
  const [owner] = segments
    .map((own) => ({ own, bits: bitsAt(own.clients) }))
    .filter(({ bits }) => bits >= 0)
    .sort((a, b) => b.bits - a.bits);
  if (owner === undefined) return undefined;
  const ids = exemptions.filter((e) => e.segment === owner.own.id && bitsAt(e.clients) >= 0).map(({ id }) => id);
  return [owner.own.id, ...ids.sort()].join();
}

function textOf({ segment: { id }, exemptions }: ReturnType<typeof piecesOf>[number]): string {
  return [id, ...new Set(exemptions.map((e) => e.id).sort())].join();
}

function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

test('every piece is whose the longest prefix says, and whoever holds an address has a piece', () => {
  let nested = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const below = chance(seed);
    const taken = new Set<string>();
    const random = () => {
      const bits = 25 + below(8);
      const size = 2 ** (32 - bits);
      return `10.0.0.${below(256 / size) * size}/${bits}`;
    };
    // Two segments with one prefix are an error of the configuration.
    const unique = (text: string) => {
      if (taken.has(text)) return [];
      taken.add(text);
      return [text];
    };
    const segments = Array.from({ length: 4 }, (_, i) => segment(`s${i}`, [random(), random()].flatMap(unique)));
    const exemptions = Array.from({ length: 5 }, (_, i) => exemption(`e${i}`, `s${below(4)}`, [random(), random()]));
    const pieces = piecesOf(segments, exemptions);
    for (const piece of pieces) {
      expect([seed, textOf(piece)]).toEqual([seed, holds(formatAddress(piece.client), segments, exemptions)]);
    }
    const all = Array.from({ length: 256 }, (_, i) => holds(`10.0.0.${i}`, segments, exemptions));
    const there = new Set(all.filter((held) => held !== undefined));
    expect([seed, [...new Set(pieces.map(textOf))].sort()]).toEqual([seed, [...there].sort()]);
    if ([...there].some((held) => held.split(',').length > 2)) nested++;
  }
  expect(nested).toBeGreaterThan(5);
});

test('both families and the whole of each are cut alike', () => {
  const segments = [segment('all', ['0.0.0.0/0', '::/0']), segment('lab', ['2001:db8::/32', '255.255.255.255/32'])];
  const exemptions = [exemption('EXM-1', 'lab', ['2001:db8::/64'])];
  const pieces = piecesOf(segments, exemptions).map((piece) => `${formatAddress(piece.client)} ${textOf(piece)}`);
  expect(pieces).toEqual([
    ':: all',
    '0.0.0.0 all',
    '255.255.255.255 lab',
    '::1:0:0:0 all',
    '2001:db8:: lab,EXM-1',
    '2001:db8:0:1:: lab',
    '2001:db9:: all',
  ]);
});
