// Every scenario by its name; each can run alone.

import type { ScenarioResult } from './figures.ts';
import { allFeatures } from './scenarios/all-features.ts';
import type { Session } from './session.ts';

export const SCENARIOS: Readonly<Record<string, (session: Session) => Promise<ScenarioResult>>> = {
  'all-features': allFeatures,
};
