// The next moment at which policy changes by the clock alone (POLICY.md §5.7).

import type { Instant } from '../../base/brand.ts';
import { endOf, type Model } from '../model.ts';

/** Earliest instant behind `now` at which something enforced begins or ends; Infinity when nothing does. */
export function validUntil(model: Model, now: Instant): number {
  return Math.min(...momentsOf(model).filter((moment) => moment > now), Infinity);
}

function momentsOf({ lists, department, overrides }: Model): number[] {
  const directives = new Map(lists.directives.map((directive) => [directive.id, directive]));
  const moments: (number | undefined)[] = department.exemptions.flatMap(({ from, until }) => [from, until]);
  for (const { enforce } of department.segments) {
    for (const entry of enforce) {
      const directive = directives.get(entry.directive);
      moments.push(entry.until, directive?.effective, directive?.ends);
    }
  }
  for (const override of overrides) moments.push(override.from, endOf(override));
  return moments.filter((moment) => moment !== undefined);
}
