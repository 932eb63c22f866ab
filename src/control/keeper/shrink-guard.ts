// A list that lost a large share of its rules is more often a broken download or a wrong save than a decision. Such a policy is refused
// until somebody names it by its hash. What ends by date or status is a decision already and never counts.

import type { Instant } from '../../base/brand.ts';
import type { Directive, Model } from '../../policy/model.ts';
import type { RuleCount } from './rule-counts.ts';

export interface Counted {
  readonly model: Model;
  readonly rules: readonly Pick<RuleCount, 'app' | 'rules'>[];
}

export interface Shrink {
  readonly app: string;
  readonly before: number;
  readonly after: number;
}

/** Apps that lost more than `maxShrink` (0–1) of their rules, an app that is gone having lost all. Largest loss first. */
export function findShrinks(before: Counted, after: Counted, maxShrink: number, now: Instant): Shrink[] {
  const left = new Map(after.rules.map(({ app, rules }) => [app, rules]));
  const shrinks = before.rules
    .map(({ app, rules }) => ({ app, before: rules, after: left.get(app) ?? 0 }))
    .filter((s) => s.before - s.after > s.before * maxShrink)
    .filter((s) => !hasEnded(s.app, before.model, after.model, now));
  return shrinks.sort((a, b) => b.before - b.after - (a.before - a.after));
}

/** True when directives named the app, and each of them has ended or been repealed. */
function hasEnded(app: string, before: Model, after: Model, now: Instant): boolean {
  const named = before.lists.directives.filter((directive) => directive.apps.some((entry) => entry.app === app));
  const present = new Map(after.lists.directives.map((directive) => [directive.id, directive]));
  return named.length > 0 && named.every((directive) => isOver(present.get(directive.id) ?? directive, now));
}

function isOver(directive: Directive, now: Instant): boolean {
  return directive.status === 'repealed' || (directive.ends !== undefined && directive.ends <= now);
}
