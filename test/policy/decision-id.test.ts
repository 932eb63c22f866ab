import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/base/addresses.ts';
import type { Address } from '../../src/base/brand.ts';
import { newPacket } from '../../src/base/packet.ts';
import { writePrefixText } from '../../src/policy/decide/address-text.ts';
import { verdictForName, verdictForPacket } from '../../src/policy/decide/decide.ts';
import { MAX_RULE_TEXT, writeDecisionId } from '../../src/policy/decide/decision-id.ts';
import { parseDecisionId } from '../../src/policy/decide/parse-decision-id.ts';
import { prepareName } from '../../src/policy/decide/touch.ts';
import { parseRuleText } from '../../src/policy/rule-text.ts';
import { readLabels } from '../../src/policy/snapshot/labels.ts';
import { BLOCKED, KIND_DOMAIN, packVerdict } from '../../src/policy/verdict.ts';
import { compileWorld, pushRules, randomFrom, wire, worldOf } from './world.ts';

function idOf(rule: string, asked: string, room = 400, isFeed = false): string {
  const { snapshot } = compileWorld(worldOf({ apps: { tiktok: [rule] }, feeds: isFeed ? ['tiktok'] : [] }));
  const name = wire(asked);
  const verdict = verdictForName(snapshot, 0, name, 0);
  const out = new Uint8Array(room + 8).fill(0xaa);
  const length = writeDecisionId(snapshot, 0, verdict, name, new DataView(out.buffer), 4, room);
  expect(out.subarray(0, 4).every((byte) => byte === 0xaa)).toBe(true);
  expect(out.subarray(4 + room).every((byte) => byte === 0xaa)).toBe(true);
  return String.fromCharCode(...out.subarray(4, 4 + length));
}

describe('decision ids', () => {
  test.each([
    ['domain tiktok.com', 'a.tiktok.com', false, 'gov/tiktok/tiktok.com'],
    ['exact tiktok.com', 'tiktok.com', false, 'gov/tiktok/=tiktok.com'],
    ['wildcard tiktok.com', 'a.tiktok.com', true, 'gov/tiktok/feed:*.tiktok.com'],
    ['domain a\\.b.com', 'a\\.b.com', false, 'gov/tiktok/a\\.b.com'],
    ['domain a\\\\.com', 'a\\\\.com', false, 'gov/tiktok/a\\\\.com'],
    ['domain \\255\\000.com', '\\255\\000.com', false, 'gov/tiktok/\\255\\000.com'],
    ['domain a/b=*:c.com', 'a/b=*:c.com', false, 'gov/tiktok/a\\047b\\061\\042\\058c.com'],
  ])('%s is written as an id that reads back', (rule, asked, isFeed, expected) => {
    const id = idOf(rule, asked, 400, isFeed);
    expect(id).toBe(expected);
    const parts = parseDecisionId(id);
    expect(parts).toMatchObject({ action: 'blocked', directive: 'gov', app: 'tiktok' });
    const [kind, pattern] = rule.split(' ');
    expect(parseRuleText(parts?.rule ?? '')).toEqual({ kind, isFeed, name: wire(pattern) });
  });

  test('short of room the rule goes first, then everything', () => {
    const whole = 'gov/tiktok/tiktok.com';
    for (let room = 0; room <= whole.length; room++) {
      const expected = room >= whole.length ? whole : room >= 'gov/tiktok'.length ? 'gov/tiktok' : '';
      expect(idOf('domain tiktok.com', 'tiktok.com', room), `room ${room}`).toBe(expected);
    }
  });

  test('a depth that a damaged snapshot makes up writes nothing outside the room', () => {
    const { snapshot } = compileWorld(worldOf({ apps: { tiktok: ['domain tiktok.com'] } }));
    expect(snapshot.isPlain).toBe(true);
    const packet = newPacket(new Uint8Array(512));
    packet.segment = 0;
    readLabels(packet.labels, wire('www.tiktok.com'), 0);
    prepareName(snapshot, packet);
    verdictForPacket(snapshot, packet);
    for (const depth of [4, 127]) {
      const verdict = packVerdict(BLOCKED, KIND_DOMAIN, false, depth, 0, 0);
      const out = new Uint8Array(400).fill(0xaa);
      const length = writeDecisionId(snapshot, 0, verdict, wire('www.tiktok.com'), new DataView(out.buffer), 4, 300);
      expect(String.fromCharCode(...out.subarray(4, 4 + length))).toBe('gov/tiktok/www.tiktok.com');
      expect(out.subarray(0, 4)).toEqual(new Uint8Array(4).fill(0xaa));
      expect(out.subarray(304)).toEqual(new Uint8Array(96).fill(0xaa));
    }
  });

  test('a rule of more than 200 characters is cut behind a whole character', () => {
    const name = Array.from({ length: 60 }, () => '\\255\\255').join('.');
    const rule = parseDecisionId(idOf(`domain ${name}`, name))?.rule ?? '';
    expect(rule.length).toBeLessThanOrEqual(MAX_RULE_TEXT);
    expect(rule.length).toBeGreaterThan(MAX_RULE_TEXT - 4);
    expect(name.startsWith(rule)).toBe(true);
  });

  test.each([
    ['monitored:gov/tiktok/tiktok.com', { action: 'monitored', directive: 'gov', app: 'tiktok', rule: 'tiktok.com' }],
    [
      'exempt:EXM-2026-014:gov/tiktok/=a.com',
      { action: 'exempt', by: 'EXM-2026-014', directive: 'gov', app: 'tiktok', rule: '=a.com' },
    ],
    ['released:OVR-7:gov/tiktok', { action: 'released', by: 'OVR-7', directive: 'gov', app: 'tiktok' }],
    ['gov/tiktok/192.0.2.0/24', { action: 'blocked', directive: 'gov', app: 'tiktok', rule: '192.0.2.0/24' }],
    ['gov/tiktok/2001:db8::/32', { action: 'blocked', directive: 'gov', app: 'tiktok', rule: '2001:db8::/32' }],
    ['gov', undefined],
    ['', undefined],
    ['exempt:gov/tiktok/a.com', undefined],
  ])('%s is read', (text, parts) => {
    expect(parseDecisionId(text)).toEqual(parts);
  });

  test('prefixes are written as base/addresses writes them (seed 99)', () => {
    const random = randomFrom(99);
    const out = new Uint8Array(64);
    for (let i = 0; i < 20_000; i++) {
      const address = Uint8Array.from({ length: 16 }, () => (random(2) === 0 ? 0 : random(256)));
      if (random(3) === 0) address.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
      const bits = random(129);
      const masked = address.slice();
      for (let bit = bits; bit < 128; bit++) masked[bit >> 3] &= ~(0x80 >> (bit & 7));
      const end = writePrefixText(address, 0, bits, out, 0);
      const written = String.fromCharCode(...out.subarray(0, end));
      const expected = formatPrefix({ address: masked as Address, bits });
      // formatAddress shows a mapped network as IPv4 even where the prefix reaches beyond it.
      if (bits >= 96 || !expected.includes('.')) expect(written).toBe(expected);
    }
  });
});

describe('the sink', () => {
  test.each([
    [{ apps: { a: ['domain x.com', 'domain x.com'] } }, ['taken', 'duplicate']],
    [{ apps: { a: ['domain x.com', 'exact x.com'] } }, ['taken', 'taken']],
    [{ apps: { a: ['domain x.com'], b: ['domain x.com'] } }, ['taken', 'claimed']],
    [{ apps: { a: ['domain x.com'], b: ['exact x.com'] } }, ['taken', 'claimed']],
    [{ apps: { a: ['domain x.com'], b: ['except x.com'] } }, ['taken', 'taken']],
    [{ apps: { a: ['domain x.com also=b'], b: ['domain x.com'] } }, ['taken', 'taken']],
    [{ apps: { a: ['domain x.com'], b: ['domain x.com also=a'] } }, ['taken', 'taken']],
    [{ apps: { a: ['address 192.0.2.0/24'], b: ['address 192.0.2.0/24'] } }, ['taken', 'claimed']],
    [
      { apps: { a: ['address 192.0.2.0/24', 'address 192.0.2.0/24', 'address 192.0.2.0/25'] } },
      ['taken', 'duplicate', 'taken'],
    ],
    [
      { apps: { a: ['domain z.net', 'domain a.z.net', 'except z.net'] }, zones: ['z.net'] },
      ['cdn-zone', 'taken', 'taken'],
    ],
    [
      { apps: { a: ['domain gov.uk', 'exact x.gov.uk', 'except x.gov.uk', 'domain uk'] }, protected: ['gov.uk'] },
      ['protected', 'protected', 'taken', 'taken'],
    ],
  ])('%j gives %j', (text, faults) => {
    expect(compileWorld(worldOf(text)).faults).toEqual(faults);
  });

  test('names the app that claims a name already', () => {
    const world = worldOf({ apps: { first: ['domain x.com'], second: ['domain x.com'] } });
    let claimant = '';
    compileWorld(world, {
      rules: (sink) => {
        pushRules(world, sink);
        claimant = sink.claimedBy();
      },
    });
    expect(claimant).toBe('first');
  });
});
