import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { checkOverride } from '../../src/policy/check/check-override.ts';
import { ruleBookOf } from '../../src/policy/explain/rule-book.ts';
import type { OverrideTerms } from '../../src/policy/model.ts';
import { compileWorld, HOUR, NOW, type OverrideText, overrideOf, type WorldText, worldOf } from './world.ts';

const TEXT: WorldText = {
  apps: {
    tiktok: ['domain tiktok.com', 'exact tiktok.com', 'domain tiktokv.com', 'address 192.0.2.0/24'],
    wechat: ['domain wechat.com', 'wildcard wechat.com', 'except ok.wechat.com'],
    viber: ['exact viber.example', 'carrier vibercdn.net'],
    signal: ['address 198.51.100.0/24'],
    single: ['exact single.example'],
  },
  feeds: ['viber'],
  zones: ['edgekey.net', 'x.akamai.example'],
  directives: { gov: { apps: ['tiktok', 'wechat'] }, idle: { apps: ['viber', 'signal', 'single'] } },
  segments: { devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] } },
};
const { model } = worldOf(TEXT);
const rules = ruleBookOf(compileWorld(worldOf(TEXT)).snapshot);
const EMERGENCY = { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] };
const hours = (n: number) => (NOW + n * HOUR) as Instant;

function problemsOf(text: OverrideText, terms: Partial<OverrideTerms> = {}) {
  const always = { from: NOW, until: hours(2), confirmBy: hours(1), confirmedBy: 'B. Operator', ...terms };
  return checkOverride(overrideOf('OVR-7', text, always), model, NOW, rules);
}
function codesOf(text: OverrideText, terms: Partial<OverrideTerms> = {}): string[] {
  return problemsOf(text, terms).map(({ code }) => code);
}

describe('what an override may be about', () => {
  test.each<[OverrideText, string[]]>([
    ['exact www.tiktok.com', []],
    ['domain www.tiktok.com', []],
    ['domain tiktok.com', []],
    ['exact innocent.example', []],
    ['domain com', ['single-label']],
    ['exact .', ['single-label']],
    ['exact a..b', ['name-invalid']],
    ['domain edgekey.net', ['cdn-zone']],
    ['exact edgekey.net', ['cdn-zone']],
    ['domain akamai.example', ['cdn-zone']],
    ['exact akamai.example', []],
    ['domain a.edgekey.net', []],
    ['domain vibercdn.net', ['cdn-zone']],
    ['domain wechat.com', ['release-whole-app']],
    ['exact wechat.com', []],
    ['domain a.wechat.com', []],
    ['exact single.example', ['release-whole-app']],
    ['exact viber.example', []],
    ['rule tiktok/tiktok.com', []],
    ['rule tiktok/=tiktok.com', []],
    ['rule tiktok/192.0.2.0/24', []],
    ['rule viber/=viber.example', []],
    ['rule viber/feed:=viber.example', []],
    ['rule wechat/wechat.com', []],
    ['rule wechat/*.wechat.com', []],
    ['rule wechat/ok.wechat.com', ['unknown-rule']],
    ['rule tiktok/www.tiktok.com', ['unknown-rule']],
    ['rule tiktok/192.0.2.0/25', ['unknown-rule']],
    ['rule tiktok/a..b', ['unknown-rule']],
    ['rule vk/vk.com', ['unknown-app']],
    ['rule single/=single.example', ['release-whole-app']],
    ['rule signal/198.51.100.0/24', ['release-whole-app']],
    ['fallback gov in devices', []],
    ['fallback gov in guests', ['unknown-segment']],
    ['fallback none in devices', ['unknown-directive']],
    ['fallback none in guests', ['unknown-segment', 'unknown-directive']],
    ['fallback idle in devices', ['fallback-idle']],
    [EMERGENCY, []],
    [{ ...EMERGENCY, clients: [] }, ['exemption-blanket']],
    [{ ...EMERGENCY, clients: ['10.0.0.0/8'] }, ['exemption-blanket']],
    [{ ...EMERGENCY, clients: ['10.4.0.0/16'] }, ['exemption-blanket']],
    [{ ...EMERGENCY, clients: ['192.0.2.0/28'] }, ['exemption-outside']],
    [{ ...EMERGENCY, segment: 'guests' }, ['unknown-segment']],
    [{ ...EMERGENCY, under: ['none'], apps: [] }, ['unknown-directive', 'exemption-blanket']],
    [{ ...EMERGENCY, apps: ['viber'] }, ['exemption-app']],
    [{ ...EMERGENCY, class: 'regulatory' }, ['exemption-class']],
    [{ ...EMERGENCY, approvedBy: 'a ' }, ['exemption-approver']],
  ])('%j: %j', (text, codes) => {
    expect(codesOf(text)).toEqual(codes);
  });
});

describe('how long, and on whose word', () => {
  const HOURS: [OverrideText, number][] = [
    ['exact www.tiktok.com', 72],
    ['rule tiktok/tiktok.com', 72],
    ['fallback gov in devices', 4],
    [EMERGENCY, 24],
  ];
  test.each(HOURS)('%j holds %d h and not a millisecond more', (text, longest) => {
    expect(codesOf(text, { until: hours(longest) })).toEqual([]);
    expect(codesOf(text, { until: (hours(longest) + 1) as Instant })).toEqual(['override-too-long']);
    // What counts is its length, not what is left of it.
    expect(codesOf(text, { from: hours(-1), until: hours(longest), confirmBy: NOW })).toEqual(['override-too-long']);
  });

  test.each<[string, Partial<OverrideTerms>, string[]]>([
    ['unconfirmed', { confirmBy: hours(1), confirmedBy: undefined } as never, []],
    ['confirmed by who asked for it', { confirmedBy: ' a. operator ' }, ['override-confirmer']],
    ['confirmed by nobody in words', { confirmedBy: ' ' }, ['missing-key']],
    ['asked for by nobody', { by: '' }, ['missing-key']],
    ['without a ticket and a reason', { ticket: ' ', reason: '' }, ['missing-key', 'missing-key']],
    ['with more than an hour to confirm it', { confirmBy: (hours(1) + 1) as Instant }, ['override-dates']],
    ['that ends when it begins', { until: NOW }, ['override-dates']],
    ['that has ended', { from: hours(-3), until: NOW, confirmBy: hours(-2) }, ['override-dates']],
  ])('one %s', (_, terms, codes) => {
    expect(codesOf('exact www.tiktok.com', terms)).toEqual(codes);
  });

  test('every problem is an error, and told at once', () => {
    const problems = problemsOf('domain com', { by: '', until: hours(100) });
    expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'error missing-key',
      'error override-too-long',
      'error single-label',
    ]);
  });
});

test('a release of a rule that is gone stops no reload: it is a warning', () => {
  const world = worldOf({ apps: { tiktok: ['domain tiktok.com'] }, overrides: { 'OVR-7': 'rule tiktok/gone.com' } });
  const { problems } = compileWorld(world).result;
  expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([
    'warning override-idle OVR-7 releases a rule that is not there any more; end it',
  ]);
});

test('more overrides than a policy can note are a failure that says so', () => {
  const overrides = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`OVR-${i + 1}`, `exact n${i}.example`]));
  const text = { apps: { tiktok: ['domain tiktok.com'] } };
  expect(() => compileWorld(worldOf({ ...text, overrides }))).toThrow('over 127 overrides in force; end some');
  const { 'OVR-1': _, ...most } = overrides;
  expect(compileWorld(worldOf({ ...text, overrides: most })).snapshot.overrideIds).toHaveLength(127);
});
