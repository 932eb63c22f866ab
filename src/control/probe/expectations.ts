// What has to hold of the policy in force at this moment, from the model alone: who asks for what in which segment, and whether he is to be
// blocked. Nothing in here looks at the snapshot, which is what is to be proved.

import type { Address, Instant } from '../../base/brand.ts';
import { type Exemption, endOf, type Model, type Segment } from '../../policy/model.ts';
import { modeAt } from '../../policy/modes.ts';
import { overridesAt } from '../../policy/overrides.ts';
import { type Piece, piecesOf } from './clients.ts';
import type { TestName, TestNames } from './test-names.ts';

export type Expect = 'block' | 'allow' | 'exempt' | 'ended';

/** One question of the probe. */
export interface Expectation {
  readonly segment: string;
  readonly expect: Expect;
  readonly client: Address;
  readonly name: TestName;
  /** Why it is asked: an app, an exemption; nothing that is a person's. */
  readonly about: string;
}

/** What begins waits for a snapshot that has it; what ends ends by the clock (docs/policy.md §5.7). */
export interface Moment {
  /** What has begun by then has begun. */
  readonly begun: Instant;
  /** What ends by then has ended. */
  readonly ended: Instant;
}

/** `policy`: in force, compiled for `from`, good until `validUntil`. */
export function momentOf(policy: { readonly from: Instant; readonly validUntil: number }, now: Instant): Moment {
  // A clock that was set back does not bring back what the snapshot has left behind.
  const ended = Math.max(now, policy.from) as Instant;
  return { ended, begun: Math.min(ended, policy.validUntil - 1) as Instant };
}

/** `model` with emergency exemptions among its exemptions; `ended`: exemptions whose end is less than a week past. */
export function expectationsOf(
  model: Model,
  names: TestNames,
  moment: Moment,
  ended: readonly Exemption[],
): Expectation[] {
  const { segments, exemptions } = model.department;
  const endedIds = new Set(ended.map(({ id }) => id));
  const others = exemptions.filter(({ id }) => !endedIds.has(id));
  const pieces = piecesOf(segments, [...others, ...ended]);
  const isInForce = ({ id, from, until }: Exemption) =>
    !endedIds.has(id) && from <= moment.begun && moment.ended < until;
  const asking = { model, names, moment, pieces, isInForce };
  // With the end of one exemption those it shares clients with end too, until there is a newer snapshot.
  const exempt = moment.begun < moment.ended ? [] : others.filter(isInForce);
  return [
    ...segments.flatMap((segment) => ofSegment(asking, segment)),
    ...exempt.flatMap((exemption) => ofExemption(asking, exemption)),
    ...ended.flatMap((exemption) => ofEnded(asking, exemption)),
  ];
}

interface Asking {
  readonly model: Model;
  readonly names: TestNames;
  readonly moment: Moment;
  readonly pieces: readonly Piece[];
  readonly isInForce: (exemption: Exemption) => boolean;
}

/** A client without any exemption: each app that is blocked is, each innocent name is not. */
function ofSegment(asking: Asking, segment: Segment): Expectation[] {
  const { model, names, moment, pieces, isInForce } = asking;
  const piece = pieces.find((piece) => piece.segment === segment && !piece.exemptions.some(isInForce));
  if (piece === undefined) return [];
  const { client } = piece;
  const blocked = appsThat('blocked', outcomesIn(asking, piece));
  const overrides = overridesAt(model, moment.begun);
  const block = blocked.flatMap((app) =>
    asked(names.matching(app, [], overrides), segment, 'block', client, `app ${app}`),
  );
  const allow = names
    .innocents(blocked)
    .flatMap((name) => asked(name, segment, 'allow', client, 'no app is to match it'));
  return [...block, ...allow];
}

/** One client of it: each app that it lifts, and that nothing else blocks there, is let through. */
function ofExemption(asking: Asking, exemption: Exemption): Expectation[] {
  const piece = pieceOf(asking, exemption);
  if (piece === undefined) return [];
  const outcomes = outcomesIn(asking, piece);
  const blocked = appsThat('blocked', outcomes);
  return exemption.apps
    .filter((app) => outcomes.get(app) === 'exempt')
    .flatMap((app) =>
      asked(asking.names.matching(app, blocked, []), piece.segment, 'exempt', piece.client, aboutOf(app, exemption)),
    );
}

/** One client of it: each app that it lifted is blocked again, unless another exemption or a milder mode says otherwise. */
function ofEnded(asking: Asking, exemption: Exemption): Expectation[] {
  const piece = pieceOf(asking, exemption);
  if (piece === undefined) return [];
  const outcomes = outcomesIn(asking, piece);
  const overrides = overridesAt(asking.model, asking.moment.begun);
  return exemption.apps
    .filter((app) => outcomes.get(app) === 'blocked')
    .flatMap((app) =>
      asked(asking.names.matching(app, [], overrides), piece.segment, 'ended', piece.client, aboutOf(app, exemption)),
    );
}

function pieceOf({ pieces }: Asking, exemption: Exemption): Piece | undefined {
  return pieces.find(({ exemptions }) => exemptions.includes(exemption));
}

function aboutOf(app: string, { id }: Exemption): string {
  return `app ${app}, exemption ${id}`;
}

function asked(
  name: TestName | undefined,
  segment: Segment,
  expect: Expect,
  client: Address,
  about: string,
): Expectation[] {
  return name === undefined ? [] : [{ segment: segment.id, expect, client, name, about }];
}

const OUTCOMES = ['exempt', 'monitored', 'blocked'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** By app: what the directives of its segment make of it for a client in this piece. Blocked beats monitored beats exempt. */
function outcomesIn({ model, moment, isInForce }: Asking, { segment, exemptions }: Piece): Map<string, Outcome> {
  const lifting = exemptions.filter(isInForce);
  const outcomes = new Map<string, Outcome>();
  for (const entry of segment.enforce) {
    const directive = model.lists.directives.find(({ id }) => id === entry.directive);
    if (directive === undefined) continue;
    const mode = modeAt(entry, directive, moment.begun);
    if (mode === 'none') continue;
    const isBlocking = mode === 'enforce' && !hasFallback(model, moment, segment.id, directive.id);
    for (const { app } of directive.apps) {
      const isLifted = lifting.some(({ under, apps }) => under.includes(directive.id) && apps.includes(app));
      const outcome = isLifted ? 'exempt' : isBlocking ? 'blocked' : 'monitored';
      const before = outcomes.get(app);
      if (before === undefined || OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(before)) outcomes.set(app, outcome);
    }
  }
  return outcomes;
}

function hasFallback({ overrides }: Model, { begun, ended }: Moment, segment: string, directive: string): boolean {
  return overrides.some(
    (override) =>
      override.kind === 'fallback' &&
      override.segment === segment &&
      override.directive === directive &&
      override.from <= begun &&
      ended < endOf(override),
  );
}

function appsThat(wanted: Outcome, outcomes: ReadonlyMap<string, Outcome>): string[] {
  return [...outcomes].flatMap(([app, outcome]) => (outcome === wanted ? [app] : []));
}
