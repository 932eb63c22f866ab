import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { addSpan, instantOf } from '../../src/base/dates.ts';
import { checkModel } from '../../src/policy/check/check-model.ts';
import type { Directive, Exemption, Segment } from '../../src/policy/model.ts';
import { DAY, NOW, type WorldText, worldOf } from './world.ts';

const BASE: WorldText = { apps: { tiktok: ['domain tiktok.com'] } };
const EXEMPTION = { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] };

function codes(text: WorldText): string[] {
  return checkModel(worldOf(text).model, NOW).map(({ severity, code }) => `${severity} ${code}`);
}

function withDirective(directive: Partial<Directive>): WorldText {
  return { ...BASE, directives: { gov: { apps: ['tiktok'], ...(directive as object) } } };
}
function withExemption(exemption: Partial<Exemption>): WorldText {
  return { ...BASE, exemptions: { 'EXM-1': { ...EXEMPTION, ...exemption } } };
}
function withSegment(segment: Partial<Segment> & { enforce?: never }, directive: Partial<Directive> = {}): WorldText {
  return {
    ...withDirective(directive),
    segments: { devices: { clients: ['10.0.0.0/8'], enforce: ['gov'], ...(segment as object) } },
  };
}
const days = (n: number) => (NOW + n * DAY) as Instant;

describe('checkModel', () => {
  test.each<[string, WorldText, string[]]>([
    ['a sound department has no problem', BASE, []],
    ['a sound exemption has none', withExemption({}), []],
    [
      'a directive that names no existing app',
      { ...BASE, directives: { gov: { apps: ['tiktok', 'vk'] } } },
      ['error unknown-app'],
    ],
    [
      'a segment that enforces no existing directive',
      { ...BASE, segments: { devices: { clients: ['10.0.0.0/8'], enforce: ['gov', 'none'] } } },
      ['error unknown-directive'],
    ],
    ['enforcing a repealed directive', withDirective({ status: 'repealed' }), ['overdue directive-ended']],
    ['enforcing an ended directive', withDirective({ ends: days(-1) }), ['overdue directive-ended']],
    ['a directive that ends at this very moment has ended', withDirective({ ends: NOW }), ['overdue directive-ended']],
    ['a review date that has passed', withDirective({ reviewBy: days(-1) }), ['overdue review-overdue']],
    ['a review date to come is none', withDirective({ reviewBy: days(1) }), []],
    ['asking more of an advisory directive', withDirective({ binding: 'advisory' }), ['warning mode-capped']],
    ['asking more of a suspended directive', withDirective({ status: 'suspended' }), ['warning mode-capped']],
    ['asking more of a directive not yet effective', withDirective({ effective: days(1) }), ['warning mode-capped']],
    ['a kind that the directive does not bind', withSegment({ kind: 'contractor' }), ['warning reach']],
    ['another jurisdiction', withSegment({ jurisdiction: 'GB-SCT' }), ['warning reach']],
    [
      'a policy of the operator reaches everything',
      withSegment({ jurisdiction: 'FR', kind: 'guest' }, { instrument: 'policy' }),
      [],
    ],
    ['guests are reached by networks alone', withSegment({ kind: 'guest' }, { binds: { networks: ['guest'] } }), []],
    ['a mixed segment is reached if any kind is', withSegment({ kind: 'mixed' }), []],
    [
      'binds that are not stated reach corporate devices, and are said to be missing',
      withSegment({}, { binds: {} }),
      ['warning not-stated'],
    ],
    [
      'binds that are not stated do not reach contractors',
      withSegment({ kind: 'contractor' }, { binds: {} }),
      ['warning not-stated', 'warning reach'],
    ],
    [
      'a directive that reaches a segment which does not enforce it',
      { ...BASE, segments: { devices: { clients: ['10.0.0.0/8'], enforce: [] } } },
      ['warning gap'],
    ],
    [
      'an advisory one leaves no gap',
      { ...withDirective({ binding: 'advisory' }), segments: { devices: { clients: ['10.0.0.0/8'], enforce: [] } } },
      [],
    ],
    [
      "the operator's own policy leaves no gap: enforce says where it is meant",
      { ...withDirective({ instrument: 'policy' }), segments: { devices: { clients: ['10.0.0.0/8'], enforce: [] } } },
      [],
    ],
    ['an app that nobody names', { ...BASE, directives: { gov: { apps: [] } } }, ['warning app-unassigned']],
    [
      'one prefix in two segments',
      {
        ...BASE,
        segments: {
          a: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
          b: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
        },
      },
      ['error segment-overlap'],
    ],
    ['an exemption of no segment', withExemption({ segment: 'none' }), ['error unknown-segment']],
    [
      'an exemption under no existing directive',
      withExemption({ under: ['gov', 'none'] }),
      ['error unknown-directive'],
    ],
    ['an exemption for no existing app', withExemption({ apps: ['tiktok', 'vk'] }), ['error unknown-app']],
    [
      'an exemption for an app that its directive does not name',
      { ...withExemption({}), directives: { gov: { apps: [] }, other: { apps: ['tiktok'] } } },
      ['error exemption-app'],
    ],
    [
      'an exemption of a class that is not allowed',
      withExemption({ class: 'communications' }),
      ['error exemption-class'],
    ],
    [
      'an exemption of a class that is no word of the vocabulary, once',
      withExemption({ class: 'comunications' }),
      ['error unknown-word'],
    ],
    ['an exemption approved by who asked', withExemption({ approvedBy: ' a ' }), ['error exemption-approver']],
    ['an exemption without clients', withExemption({ clients: [] }), ['error exemption-blanket']],
    ['an exemption of a whole segment', withExemption({ clients: ['10.0.0.0/8'] }), ['error exemption-blanket']],
    [
      'an exemption of 512 addresses',
      withExemption({ clients: ['10.4.8.0/24', '10.4.9.0/24'] }),
      ['error exemption-blanket'],
    ],
    ['an exemption of 256 addresses is small enough', withExemption({ clients: ['10.4.9.0/24', '10.4.9.0/28'] }), []],
    [
      'an exemption of 17 IPv6 networks',
      withExemption({ clients: ['2001:db8:1::/60', '2001:db8:2::1'] }),
      ['error exemption-blanket'],
    ],
    [
      'an exemption of 16 IPv6 networks is small enough',
      withExemption({ clients: ['2001:db8:1::/60', '2001:db8:1::1'] }),
      [],
    ],
    [
      'an exemption of more than its share of a small segment',
      { ...withExemption({}), segments: { devices: { clients: ['10.4.9.0/25'], enforce: ['gov'] } } },
      ['error exemption-blanket'],
    ],
    ['an exemption outside its segment', withExemption({ clients: ['192.0.2.1'] }), ['error exemption-outside']],
    [
      'an exemption inside a nested segment of another',
      {
        ...withExemption({}),
        segments: {
          devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
          guest: { clients: ['10.4.0.0/16'], enforce: ['gov'] },
        },
      },
      ['error exemption-outside'],
    ],
    [
      'an exemption longer than the operator allows',
      withExemption({ from: days(0), until: days(367) }),
      ['error exemption-too-long'],
    ],
    [
      'an exemption that ends before it begins',
      withExemption({ from: days(3), until: days(2) }),
      ['error exemption-dates'],
    ],
    [
      'an exemption that has ended is history',
      withExemption({ clients: [], class: 'communications', from: days(-9), until: NOW }),
      [],
    ],
  ])('%s', (_, text, expected) => {
    expect(codes(text).sort()).toEqual(expected.sort());
  });

  test('own_measure silences reach and lifts the cap of an advisory directive', () => {
    const world = worldOf(withSegment({ kind: 'contractor' }, { binding: 'advisory' }));
    const [segment] = world.model.department.segments;
    const enforce = [{ ...segment.enforce[0], ownMeasure: 'agreed with contractors' }];
    const department = { ...world.model.department, segments: [{ ...segment, enforce }] };
    expect(checkModel({ ...world.model, department }, NOW)).toEqual([]);
  });

  test.each([
    ['10.4.9.0/28', '10.4.9.0/28', ['exemption-blanket']],
    ['10.4.9.0/28', '10.4.9.0/29', []],
    ['2001:db8:1::/64', '2001:db8:1::/64', ['exemption-blanket']],
  ])(
    'of the segment %s, %s exempt with max_share 1 is %j: the whole is blanket whatever the share',
    (held, asked, expected) => {
      const world = worldOf({
        ...withExemption({ clients: [asked] }),
        segments: { devices: { clients: [held], enforce: ['gov'] } },
      });
      const exemptionLimits = { ...world.model.department.exemptionLimits, maxShare: 1 };
      const model = { ...world.model, department: { ...world.model.department, exemptionLimits } };
      expect(checkModel(model, NOW).map(({ code }) => code)).toEqual(expected);
    },
  );

  test('a problem stands at the key it is about, or at the nearest above', () => {
    const world = worldOf(withExemption({ class: 'communications' }));
    const exemption = world.model.department.exemptions[0];
    const at = (places: Exemption['places']) => {
      const department = { ...world.model.department, exemptions: [{ ...exemption, places }] };
      return checkModel({ ...world.model, department }, NOW)[0].where;
    };
    const file = 'exemptions/EXM-1.yaml';
    expect(at({ '': { file, line: 1, column: 1 }, class: { file, line: 5, column: 8 } })).toEqual({
      file,
      line: 5,
      column: 8,
    });
    expect(at({ '': { file, line: 1, column: 1 } })).toEqual({ file, line: 1, column: 1 });
  });
});

describe('a calendar span', () => {
  test.each([
    ['2026-11-01', 12, 'months', '2027-11-01'],
    ['2026-01-31', 1, 'months', '2026-02-28'],
    ['2024-02-29', 1, 'years', '2025-02-28'],
    ['2026-03-28', 1, 'days', '2026-03-29'],
    ['2026-03-28', 2, 'days', '2026-03-30'],
    ['2026-10-20', 2, 'weeks', '2026-11-03'],
    ['2026-12-31', 2, 'months', '2027-02-28'],
  ] as const)('of %s and %i %s is %s by the clocks of London', (from, amount, unit, to) => {
    const start = instantOf(from, 'start', 'Europe/London') as Instant;
    expect(addSpan(start, { amount, unit }, 'Europe/London')).toBe(instantOf(to, 'start', 'Europe/London'));
  });

  test('of hours does not ask the calendar', () => {
    expect(addSpan(NOW, { amount: 24, unit: 'hours' }, 'Europe/London')).toBe(NOW + DAY);
  });
});
