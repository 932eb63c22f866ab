// What happens to each app in each derived segment, worked out once at compile time (POLICY.md §5.5).

import type { Instant } from '../../base/brand.ts';
import type { Exemption, Model, Override, Segment } from '../model.ts';
import { type ModeOrNone, modeAt } from '../modes.ts';
import { packOutcome } from '../snapshot/outcome.ts';
import { BLOCKED, EXEMPT, FREE, MONITORED } from '../verdict.ts';

/** A directive as one segment uses it now; numbers are indices in the model. */
export interface Measure {
  readonly directive: number;
  readonly mode: ModeOrNone;
  /** Index of the override that keeps the mode from being `enforce`. */
  readonly fallback?: number;
  readonly apps: readonly number[];
}

/**
 * The segment's directives in its own order; ids that do not exist are left out (checkModel reports them). `overrides` are those in force;
 * none for what holds once they have ended.
 */
export function measuresOf(segment: Segment, model: Model, now: Instant, overrides: readonly Override[]): Measure[] {
  const { directives, apps } = model.lists;
  const measures: Measure[] = [];
  for (const entry of segment.enforce) {
    const directive = directives.findIndex((d) => d.id === entry.directive);
    if (directive < 0) continue;
    const named = directives[directive].apps.map((named) => apps.findIndex((app) => app.id === named.app));
    const mode = modeAt(entry, directives[directive], now);
    const fallback = mode === 'enforce' ? overrides.findIndex((o) => isFallbackOf(o, segment.id, entry.directive)) : -1;
    measures.push({
      directive,
      ...(fallback < 0 ? { mode } : { mode: 'monitor', fallback }),
      apps: named.filter((app) => app >= 0),
    });
  }
  return measures;
}

function isFallbackOf(override: Override, segment: string, directive: string): boolean {
  return override.kind === 'fallback' && override.segment === segment && override.directive === directive;
}

/** One app under the measures of a segment, less what the exemptions lift. */
export function outcomeOf(app: number, measures: readonly Measure[], lifts: readonly Lift[]): number {
  let monitored = FREE;
  let exempt = FREE;
  for (const measure of measures) {
    if (measure.mode === 'none' || !measure.apps.includes(app)) continue;
    const lift = lifts.find((lift) => lift.apps.has(app) && lift.directives.has(measure.directive));
    if (lift !== undefined) exempt ||= packOutcome(EXEMPT, measure.directive, lift.exemption);
    else if (measure.mode === 'enforce') return packOutcome(BLOCKED, measure.directive, 0);
    else monitored ||= packOutcome(MONITORED, measure.directive, 0);
  }
  return monitored || exempt;
}

/** An exemption in numbers: for these apps these directives do not count. */
export interface Lift {
  readonly exemption: number;
  readonly directives: ReadonlySet<number>;
  readonly apps: ReadonlySet<number>;
}

export function liftOf(exemption: Exemption, index: number, model: Model): Lift {
  const { directives, apps } = model.lists;
  return {
    exemption: index,
    directives: new Set(exemption.under.map((id) => directives.findIndex((d) => d.id === id))),
    apps: new Set(exemption.apps.map((id) => apps.findIndex((app) => app.id === id))),
  };
}
