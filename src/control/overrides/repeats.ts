// What was asked for before: one person alone cannot keep a ban open by asking again and again (POLICY.md §6).

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Override } from '../../policy/model.ts';
import { adderOf, endedAt, holdsAt, isSamePerson, type KeptOverride, type Person, subjectOf } from './kept-override.ts';
import { CONFIRM_MS, overrideProblem } from './override-request.ts';

/** What ended longer ago than this belongs to another incident. */
const INCIDENT_MS = 24 * 3_600_000;
/** Of the hour without a confirmation; with less left nobody could confirm in time. */
const LEAST_MS = 60_000;

/** Why this person may not add it now; otherwise until when it holds without a confirmation. */
export function judgeRepeat(
  asked: Override,
  asker: Person,
  all: readonly KeptOverride[],
  now: Instant,
): { problem: Problem } | { confirmBy: Instant } {
  const subject = subjectOf(asked);
  const before = all.filter(
    (one) =>
      one.ended?.because !== 'refused' && endedAt(one) > now - INCIDENT_MS && subjectOf(one.override) === subject,
  );
  const fault =
    asked.kind === 'fallback'
      ? renewalFault(before.at(-1), asker)
      : before.some((one) => holdsAt(one, now))
        ? heldFault(before)
        : undefined;
  if (fault !== undefined) return { problem: fault };
  const alone = before.filter((one) => one.override.confirmedBy === undefined && isSamePerson(adderOf(one), asker));
  const spentMs = alone.reduce((sum, one) => sum + Math.max(0, endedAt(one) - one.override.from), 0);
  const leftMs = CONFIRM_MS - spentMs;
  if (leftMs >= LEAST_MS) return { confirmBy: (now + leftMs) as Instant };
  const message = `${alone.map(idOf).join(', ')} by the same person held an hour and nobody confirmed it; let another person add it, and confirm that`;
  return { problem: overrideProblem('override-unconfirmed', message) };
}

/** A fallback goes on only when another person asks for it. */
function renewalFault(last: KeptOverride | undefined, asker: Person): Problem | undefined {
  if (last === undefined || !isSamePerson(adderOf(last), asker)) return undefined;
  const message = `${idOf(last)} of the last 24 hours was added by the same person; a fallback is renewed by another one`;
  return overrideProblem('override-renewal', message);
}

function heldFault(before: readonly KeptOverride[]): Problem {
  const message = `${before.map(idOf).join(', ')} is about the same and holds; confirm it, or end it first`;
  return overrideProblem('override-duplicate', message);
}

function idOf({ override }: KeptOverride): string {
  return override.id;
}
