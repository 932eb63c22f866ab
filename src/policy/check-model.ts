// What the model says as a whole: problems that no single file shows. Shapes are the loader's business.

import type { Instant } from '../base/brand.ts';
import { type Problem, sortProblems } from '../base/problems.ts';
import type { Model } from './model.ts';

/** Every problem of meaning, most severe first. */
export function checkModel(_model: Model, _now: Instant): Problem[] {
  return sortProblems([]);
}
