import { describe, expect, test } from 'vitest';
import { answerOf, segmentOf, verdictForFacts, verdictForName } from '../../src/policy/decide/decide.ts';
import { decide } from '../../src/policy/decide/decide-in-words.ts';
import type { Decision } from '../../src/policy/decide/decision.ts';
import { writeEventId } from '../../src/policy/decide/decision-id.ts';
import { ANSWERS } from '../../src/policy/model.ts';
import { actionOf, FREE, isOpen, PROTECTED } from '../../src/policy/verdict.ts';
import { labelsOf, numberOf, Reference, type ReferenceVerdict } from '../reference/policy.ts';
import { OVERRIDES } from '../vectors/overrides.ts';
import { PRECEDENCE, type PrecedenceCase } from '../vectors/precedence.ts';
import { factsBlockOf } from './facts-block.ts';
import { clientOf, compileWorld, NOW, subjectOf, worldOf } from './world.ts';

describe('who wins', () => {
  test('there are at least sixty cases, each with its own name', () => {
    const all = [...PRECEDENCE, ...OVERRIDES];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(PRECEDENCE.length).toBeGreaterThanOrEqual(60);
  });

  test.each([...PRECEDENCE, ...OVERRIDES])('$name', (row) => {
    const world = worldOf(row.world);
    const { snapshot, faults } = compileWorld(world);
    expect(faults.every((fault) => fault === 'taken')).toBe(true);
    const client = clientOf(row.client ?? '10.0.0.1');
    const subjects = row.ask.map(subjectOf);
    const decision = decide(snapshot, { client, nowMs: NOW }, subjects);
    expect(inWords(decision)).toBe(row.expect);
    if (row.answer !== undefined) expect(decision).toMatchObject({ answer: row.answer });
    expect(onTheWire(row)).toEqual(decision.kind === 'refuse' ? undefined : wireForm(row));
    const twin = new Reference(world, world.rules);
    const asked = subjects.map((s) =>
      s.kind === 'name' ? { labels: labelsOf(s.name) } : { address: numberOf(s.address) },
    );
    expect(twinInWords(twin.decide(numberOf(client), NOW, asked), twin)).toEqual(summary(decision));
  });
});

function inWords(decision: Decision): string {
  if (decision.kind === 'refuse') return 'refused';
  if (decision.kind === 'block') return decision.id;
  return decision.id ?? `free: ${decision.because}`;
}

/** What the packet path makes of the case: by name alone when there is one subject, and from facts twice, so that the memo is read. */
function onTheWire(row: PrecedenceCase): object | undefined {
  const { snapshot } = compileWorld(worldOf(row.world));
  const segment = segmentOf(snapshot, clientOf(row.client ?? '10.0.0.1'), 0, NOW);
  if (segment < 0) return undefined;
  const subjects = row.ask.map(subjectOf);
  const name = subjects[0].kind === 'name' ? subjects[0].name : new Uint8Array(1);
  const { bytes, factsAt } = factsBlockOf(subjects);
  const show = (verdict: number, judged: Uint8Array) => {
    const action = actionOf(verdict);
    const out = new Uint8Array(400);
    const hasId = action !== FREE && action !== PROTECTED;
    const length = hasId ? writeEventId(snapshot, segment, verdict, judged, out, 0, out.length) : 0;
    return {
      id: String.fromCharCode(...out.subarray(0, length)),
      isOpen: row.isOpen === undefined ? undefined : isOpen(verdict),
      answer: row.answer === undefined ? undefined : ANSWERS[answerOf(snapshot, segment, verdict)],
    };
  };
  const byName = verdictForName(snapshot, segment, name, 0);
  const shownByName = show(byName, name);
  const fresh = show(verdictForFacts(snapshot, segment, byName, bytes, factsAt), bytes);
  const fromMemo = show(verdictForFacts(snapshot, segment, byName, bytes, factsAt), bytes);
  expect(fromMemo).toEqual(fresh);
  if (subjects.length === 1) expect(shownByName).toEqual(fresh);
  return fresh;
}

function wireForm({ expect: wanted, isOpen, answer }: PrecedenceCase): object {
  const hasId = !wanted.startsWith('free') && !wanted.startsWith('protected');
  return { id: hasId ? wanted : '', isOpen, answer };
}

function summary(decision: Decision): object {
  if (decision.kind === 'refuse') return { action: 'refused' };
  const match = 'match' in decision ? decision.match : undefined;
  const because =
    decision.kind === 'block' ? 'blocked' : decision.because === 'not-enforced' ? 'free' : decision.because;
  return {
    action: because,
    segment: decision.segment,
    ...(decision.directive === undefined ? {} : { directive: decision.directive }),
    ...('exemption' in decision ? { exemption: decision.exemption } : {}),
    ...('override' in decision ? { override: decision.override } : {}),
    ...(match === undefined ? {} : { app: match.app }),
  };
}

function twinInWords({ hit, ...rest }: ReferenceVerdict, twin: Reference): object {
  return { ...rest, ...(hit === undefined ? {} : { app: twin.model.lists.apps[hit.rule.app].id }) };
}
