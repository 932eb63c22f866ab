// What overrides make of a model at one instant (POLICY.md §6).

import type { Instant } from '../base/brand.ts';
import {
  type EmergencyExemption,
  type Exemption,
  endOf,
  type Model,
  type Override,
  type OverrideTerms,
  type Release,
} from './model.ts';

/** In the model's order. */
export function overridesAt({ overrides }: Model, now: Instant): Override[] {
  return overrides.filter((override) => override.from <= now && now < endOf(override));
}

/** An emergency exemption is one more exemption, for as long as its override holds. `overrides`: those that are to be seen. */
export function withEmergencies(model: Model, overrides: readonly Override[] = model.overrides): Model {
  const emergencies = overrides.flatMap((override) =>
    override.kind === 'emergency-exemption' ? [exemptionOf(override)] : [],
  );
  if (emergencies.length === 0) return model;
  const { department } = model;
  return { ...model, department: { ...department, exemptions: [...department.exemptions, ...emergencies] } };
}

export function exemptionOf(override: OverrideTerms & EmergencyExemption): Exemption {
  return { ...override.exemption, id: override.id, from: override.from, until: endOf(override) };
}

/** What only the compiled rules can say of a release. */
export interface RuleBook {
  /** `rule` as in a decision id. */
  hasRule(app: string, rule: string): boolean;
  /** Apps with rules, excepts apart, of which none would remain. */
  wholeApps(what: Release['what']): readonly string[];
  /** Names of others stand under it. `name` as base/names.formatName gives it. */
  isZone(name: string): boolean;
}
