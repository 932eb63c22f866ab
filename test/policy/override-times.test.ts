// Every kind of override at every edge of its time: under a policy compiled at that moment, and under one that is older.

import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { decide } from '../../src/policy/decide/decide-in-words.ts';
import type { OverrideTerms } from '../../src/policy/model.ts';
import type { Snapshot } from '../../src/policy/snapshot/snapshot.ts';
import {
  clientOf,
  compileWorld,
  HOUR,
  NOW,
  type OverrideText,
  overrideOf,
  subjectOf,
  type World,
  worldOf,
} from './world.ts';

const FROM = NOW;
const CONFIRM_BY = (FROM + HOUR) as Instant;
const UNTIL = (FROM + 3 * HOUR) as Instant;
const STRICT = 'gov/tiktok/tiktok.com';

const KINDS: readonly [string, OverrideText, string][] = [
  ['a release of a name', 'exact www.tiktok.com', `released:OVR-7:${STRICT}`],
  ['a release of a domain', 'domain tiktok.com', `released:OVR-7:${STRICT}`],
  ['a release of a rule', 'rule tiktok/tiktok.com', `released:OVR-7:${STRICT}`],
  ['a fallback', 'fallback gov in devices', `monitored:${STRICT}`],
  ['an emergency exemption', { clients: ['10.0.0.0/28'], under: ['gov'], apps: ['tiktok'] }, `exempt:OVR-7:${STRICT}`],
];

/** Terms, and at which edges they hold. */
const TERMS: readonly [string, Partial<OverrideTerms>, readonly [number, boolean][]][] = [
  [
    'confirmed',
    { confirmBy: CONFIRM_BY, confirmedBy: 'B. Operator' },
    [
      [FROM - 1, false],
      [FROM, true],
      [CONFIRM_BY - 1, true],
      [CONFIRM_BY, true],
      [UNTIL - 1, true],
      [UNTIL, false],
    ],
  ],
  [
    'unconfirmed',
    { confirmBy: CONFIRM_BY },
    [
      [FROM - 1, false],
      [FROM, true],
      [CONFIRM_BY - 1, true],
      [CONFIRM_BY, false],
      [UNTIL - 1, false],
      [UNTIL, false],
    ],
  ],
  [
    'unconfirmed and shorter than the time to confirm it',
    { confirmBy: CONFIRM_BY, until: (CONFIRM_BY - 10) as Instant },
    [
      [FROM, true],
      [CONFIRM_BY - 11, true],
      [CONFIRM_BY - 10, false],
      [CONFIRM_BY, false],
    ],
  ],
];

const ROWS = KINDS.flatMap(([kind, text, loose]) =>
  TERMS.map(([terms, given, edges]) => ({ kind, terms, world: worldWith(text, given), edges, loose })),
);

describe('an override holds from its beginning to the instant before its end', () => {
  test.each(ROWS)('$kind, $terms: under the policy of the moment', ({ world, edges, loose }) => {
    for (const [now, holds] of edges) {
      const { snapshot } = compileWorld(world, { now });
      expect(idAt(snapshot, now), labelOf(now)).toBe(holds ? loose : STRICT);
    }
  });

  test.each(ROWS)('$kind, $terms: it ends on time under the policy of its beginning too', ({ world, edges, loose }) => {
    const { snapshot } = compileWorld(world, { now: FROM });
    for (const [now, holds] of edges.filter(([at]) => at >= FROM)) {
      expect(idAt(snapshot, now), labelOf(now)).toBe(holds ? loose : STRICT);
    }
  });

  test.each(ROWS)('$kind, $terms: under a policy from before it, its beginning waits', ({ world }) => {
    const { snapshot } = compileWorld(world, { now: FROM - 1 });
    expect(idAt(snapshot, FROM)).toBe(STRICT);
    expect(snapshot.validUntil).toBe(FROM);
  });

  test.each(ROWS)('$kind, $terms: validUntil is the next of its edges', ({ world, edges }) => {
    for (const [now, holds] of edges) {
      const next = edges.find(([at, then]) => at > now && then !== holds)?.[0] ?? Number.POSITIVE_INFINITY;
      expect(compileWorld(world, { now }).result.validUntil, labelOf(now)).toBe(next);
    }
  });

  test.each(ROWS)(
    '$kind, $terms: the policy is another one while it holds, and the same again behind it',
    ({ world, edges }) => {
      const before = compileWorld(withoutOverrides(world)).result.policyHash;
      for (const [now, holds] of edges) {
        const { policyHash } = compileWorld(world, { now }).result;
        if (holds) expect(policyHash, labelOf(now)).not.toBe(before);
        else expect(policyHash, labelOf(now)).toBe(before);
      }
    },
  );
});

test('of several that hold, the first end is the end of all under an old policy; the next policy has the others again', () => {
  const world = worldWith('exact www.tiktok.com', {});
  const long = overrideOf('OVR-8', 'exact m.tiktok.com', { from: FROM, until: (UNTIL + HOUR) as Instant });
  const two = { ...world, model: { ...world.model, overrides: [...world.model.overrides, long] } };
  const { snapshot } = compileWorld(two);
  expect(idAt(snapshot, UNTIL - 1, 'm.tiktok.com')).toBe(`released:OVR-8:${STRICT}`);
  expect(idAt(snapshot, UNTIL, 'm.tiktok.com')).toBe(STRICT);
  const next = compileWorld(two, { now: UNTIL }).snapshot;
  expect(idAt(next, UNTIL, 'm.tiktok.com')).toBe(`released:OVR-8:${STRICT}`);
  expect(idAt(next, UNTIL)).toBe(STRICT);
});

test('a fallback in one segment takes no exemption early from the clients of another', () => {
  const world = worldOf({
    apps: { tiktok: ['domain tiktok.com'] },
    segments: {
      devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
      guest: { clients: ['10.9.0.0/16'], enforce: ['gov'] },
    },
    exemptions: { 'EXM-1': { segment: 'guest', clients: ['10.9.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
    overrides: { 'OVR-7': 'fallback gov in devices' },
  });
  const { snapshot } = compileWorld(world);
  expect(idAt(snapshot, snapshot.validUntil, 'www.tiktok.com', '10.9.9.1')).toBe(`exempt:EXM-1:${STRICT}`);
  expect(idAt(snapshot, snapshot.validUntil)).toBe(STRICT);
});

function worldWith(text: OverrideText, terms: Partial<OverrideTerms>): World {
  const world = worldOf({ apps: { tiktok: ['domain tiktok.com', 'domain tiktokv.com'] } });
  const override = overrideOf('OVR-7', text, { from: FROM, until: UNTIL, ...terms });
  return { ...world, model: { ...world.model, overrides: [override] } };
}

function withoutOverrides(world: World): World {
  return { ...world, model: { ...world.model, overrides: [] } };
}

function idAt(snapshot: Snapshot, nowMs: number, name = 'www.tiktok.com', client = '10.0.0.1'): string | undefined {
  const decision = decide(snapshot, { client: clientOf(client), nowMs }, [subjectOf(name)]);
  return decision.kind === 'refuse' ? undefined : decision.id;
}

function labelOf(now: number): string {
  return `${(now - FROM) / HOUR} h from its beginning`;
}
