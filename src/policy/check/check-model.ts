// What the model says as a whole: problems that no single file shows. Shapes are the loader's business, each rule the sink's.

import type { Instant } from '../../base/brand.ts';
import { type Problem, sortProblems } from '../../base/problems.ts';
import type { Model } from '../model.ts';
import { checkExemptions } from './check-exemptions.ts';
import { checkLists } from './check-lists.ts';
import { checkSegments } from './check-segments.ts';

/** Every problem of meaning at `now`, most severe first. */
export function checkModel(model: Model, now: Instant): Problem[] {
  return sortProblems([...checkLists(model.lists, now), ...checkSegments(model, now), ...checkExemptions(model, now)]);
}
