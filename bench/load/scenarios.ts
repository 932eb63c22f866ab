// Every scenario by its name; each can run alone.

import type { ScenarioResult } from './figures.ts';
import { allFeatures } from './scenarios/all-features.ts';
import { forward } from './scenarios/forward.ts';
import { idle } from './scenarios/idle.ts';
import { manyRules } from './scenarios/many-rules.ts';
import { memory } from './scenarios/memory.ts';
import { prefetch } from './scenarios/prefetch.ts';
import { reload } from './scenarios/reload.ts';
import { start } from './scenarios/start.ts';
import { swap } from './scenarios/swap.ts';
import { systemCalls } from './scenarios/system-calls.ts';
import { workers } from './scenarios/workers.ts';
import { zipf } from './scenarios/zipf.ts';
import type { Session } from './session.ts';

export const SCENARIOS: Readonly<Record<string, (session: Session) => Promise<ScenarioResult>>> = {
  'all-features': allFeatures,
  'many-rules': manyRules,
  forward,
  workers,
  memory,
  start,
  reload,
  swap,
  prefetch,
  zipf,
  idle,
  'system-calls': systemCalls,
};
