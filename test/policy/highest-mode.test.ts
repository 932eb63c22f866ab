// The highest mode of a directive by status, binding and dates: the table of docs/policy.md §2, asked of compiled policies over stepped time.

import { expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { decide } from '../../src/policy/decide/decide-in-words.ts';
import type { Directive, Mode } from '../../src/policy/model.ts';
import type { ModeOrNone } from '../../src/policy/modes.ts';
import { clientOf, compileWorld, DAY, NOW, subjectOf, type World, worldOf } from './world.ts';

const EFFECTIVE = (NOW + DAY) as Instant;
const ENDS = (NOW + 3 * DAY) as Instant;
const STEPS: readonly [number, 'before' | 'during' | 'after'][] = [
  [NOW, 'before'],
  [EFFECTIVE - 1, 'before'],
  [EFFECTIVE, 'during'],
  [EFFECTIVE + DAY, 'during'],
  [ENDS - 1, 'during'],
  [ENDS, 'after'],
  [ENDS + 400 * DAY, 'after'],
];

// status, binding, own_measure                                    before its effective date, while it holds, past its end
test.each<[Directive['status'], Directive['binding'], boolean, ModeOrNone, ModeOrNone, ModeOrNone]>([
  ['in-force', 'mandatory', false, 'monitor', 'enforce', 'none'],
  ['in-force', 'mandatory', true, 'monitor', 'enforce', 'none'],
  ['in-force', 'advisory', false, 'monitor', 'monitor', 'none'],
  ['in-force', 'advisory', true, 'monitor', 'enforce', 'none'],
  ['under-review', 'mandatory', false, 'monitor', 'monitor', 'none'],
  ['under-review', 'mandatory', true, 'monitor', 'monitor', 'none'],
  ['under-review', 'advisory', false, 'monitor', 'monitor', 'none'],
  ['under-review', 'advisory', true, 'monitor', 'monitor', 'none'],
  ['suspended', 'mandatory', false, 'monitor', 'monitor', 'none'],
  ['suspended', 'mandatory', true, 'monitor', 'monitor', 'none'],
  ['suspended', 'advisory', false, 'monitor', 'monitor', 'none'],
  ['suspended', 'advisory', true, 'monitor', 'monitor', 'none'],
  ['repealed', 'mandatory', false, 'none', 'none', 'none'],
  ['repealed', 'mandatory', true, 'none', 'none', 'none'],
  ['repealed', 'advisory', false, 'none', 'none', 'none'],
  ['repealed', 'advisory', true, 'none', 'none', 'none'],
])('%s, %s, own measure %s: %s, then %s, then %s', (status, binding, own, before, during, after) => {
  const highest = { before, during, after };
  for (const asked of ['enforce', 'monitor'] as const) {
    const world = worldWith({ status, binding }, asked, own);
    for (const [now, when] of STEPS) {
      const expected = lower(highest[when], asked);
      expect(modeIn(world, now), `${asked} at ${new Date(now).toISOString()}`).toBe(expected);
      expect(enforcementIn(world, now)).toBe(expected);
    }
  }
});

test('each step of it is a moment at which the policy is compiled again, and no other is', () => {
  const world = worldWith({ status: 'in-force', binding: 'mandatory' }, 'enforce', false);
  const next = (now: number) => compileWorld(world, { now }).result.validUntil;
  expect([NOW, EFFECTIVE - 1, EFFECTIVE, ENDS - 1, ENDS].map(next)).toEqual([
    EFFECTIVE,
    EFFECTIVE,
    ENDS,
    ENDS,
    Number.POSITIVE_INFINITY,
  ]);
});

function lower(highest: ModeOrNone, asked: Mode): ModeOrNone {
  return highest === 'enforce' ? asked : highest;
}

function worldWith(directive: Pick<Directive, 'status' | 'binding'>, mode: Mode, own: boolean): World {
  const world = worldOf({
    apps: { tiktok: ['domain tiktok.com'] },
    directives: { gov: { apps: ['tiktok'], effective: EFFECTIVE, ends: ENDS, ...directive } },
  });
  const { department } = world.model;
  const [segment] = department.segments;
  const entry = { ...segment.enforce[0], mode, ...(own ? { ownMeasure: 'decided by the board' } : {}) };
  return {
    ...world,
    model: { ...world.model, department: { ...department, segments: [{ ...segment, enforce: [entry] }] } },
  };
}

/** What happens to a query. */
function modeIn(world: World, now: number): ModeOrNone {
  const { snapshot } = compileWorld(world, { now });
  const decision = decide(snapshot, { client: clientOf('10.0.0.1'), nowMs: now }, [subjectOf('www.tiktok.com')]);
  if (decision.kind === 'block') return 'enforce';
  return decision.kind === 'allow' && decision.because === 'monitored' ? 'monitor' : 'none';
}

/** What interdict_enforcement_info says. */
function enforcementIn(world: World, now: number): ModeOrNone {
  return compileWorld(world, { now }).snapshot.enforcement[0]?.mode ?? 'none';
}
