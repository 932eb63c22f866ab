// What was in force here at a moment of the past: the journal says which policy was served, its kept files are compiled once more, and
// the policies before it say since when it has decided so.

import type { Instant } from '../../base/brand.ts';
import { type Served, servedAt } from '../../control/journal/history.ts';
import { makeAgain, type StoredPolicy } from '../../control/journal/stored-policy.ts';
import { decide } from '../../policy/decide/decide-in-words.ts';
import type { Decision } from '../../policy/decide/decision.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { askerOf, type Question } from '../question.ts';

/** Each policy before is a compile: some may take seconds. */
const LOOK_BACK_MS = 60_000;

export interface PolicyOfThen extends StoredPolicy {
  readonly served: Served;
  /** What it compiles to now is not what was served: another version of the program made it. */
  readonly isOther: boolean;
}

export interface InForceSince {
  readonly at: Instant;
  /** It may have begun before: why nobody looked further. */
  readonly atLeast?: string;
}

/** Or why it is not known what was in force then. */
export function policyOfThen(
  history: readonly Served[],
  sourcesFolder: string,
  at: Instant,
): PolicyOfThen | { readonly fault: string } {
  const served = history[servedAt(history, at)];
  if (served === undefined) return { fault: 'the journal names no policy that was served then' };
  const made = makeAgain(sourcesFolder, served.policy);
  if ('fault' in made) {
    return { fault: `policy ${served.policy.hash.slice(0, 16)} was served then, and ${made.fault}` };
  }
  return { ...made, served, isOther: made.snapshot.policyHash !== served.policy.hash };
}

/**
 * Since when the policies that followed each other without a break decide as the one of `at` does; a time in which no instance ran is no
 * break. Undefined when nothing matched.
 */
export function inForceSince(
  history: readonly Served[],
  sourcesFolder: string,
  at: Instant,
  question: Question,
  policy: PolicyOfThen,
): InForceSince | undefined {
  const wanted = idOf(decisionIn(policy.snapshot, question, at));
  if (wanted === undefined) return undefined;
  const begun = performance.now();
  const known = new Map([[policy.served.policy.hash, wanted]]);
  let since = policy.served.since;
  for (let i = servedAt(history, at) - 1; i >= 0; i--) {
    const before = history[i];
    if (!known.has(before.policy.hash)) {
      if (performance.now() - begun > LOOK_BACK_MS) return { at: since, atLeast: 'looking further takes too long' };
      const made = makeAgain(sourcesFolder, before.policy);
      if ('fault' in made) return { at: since, atLeast: `of the policy before ${made.fault}` };
      known.set(before.policy.hash, idOf(decisionIn(made.snapshot, question, before.since)) ?? '');
    }
    if (known.get(before.policy.hash) !== wanted) return { at: since };
    since = before.since;
  }
  return { at: since };
}

function decisionIn(snapshot: Snapshot, question: Question, at: Instant): Decision {
  return decide(snapshot, askerOf({ ...question, at }, snapshot, at), question.subjects);
}

/** What is in force, named in full: the rule, the directive and the segment, and what lets it through. */
function idOf(decision: Decision): string | undefined {
  return 'id' in decision && decision.id !== undefined ? `${decision.segment} ${decision.id}` : undefined;
}
