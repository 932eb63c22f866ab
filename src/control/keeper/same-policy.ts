// Whether a compile gave what is served already.

import type { Instant } from '../../base/brand.ts';
import { endOf, type Model } from '../../policy/model.ts';

interface Compared {
  readonly hash: string;
  readonly model: Model;
}

/** The hash alone is not enough: it speaks of this moment, dates to come stand in the model. */
export function isSamePolicy(a: Compared, b: Compared, now: Instant): boolean {
  return a.hash === b.hash && toCome(a.model, now) === toCome(b.model, now);
}

/** An override that has ended may be left out of a model or not. */
function toCome(model: Model, now: Instant): string {
  return JSON.stringify({ ...model, overrides: model.overrides.filter((override) => endOf(override) > now) });
}
