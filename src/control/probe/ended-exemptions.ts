// Exemptions whose clients are to be blocked again: those that ended in the last seven days, as their files or the kept overrides say, and
// those whose file was taken away before, of which nothing says anything any more. The latter are forgotten at a restart.

import type { Instant } from '../../base/brand.ts';
import type { Exemption } from '../../policy/model.ts';
import { exemptionOf } from '../../policy/overrides.ts';
import { endedAt, type KeptOverride } from '../overrides/kept-override.ts';

const WATCHED_MS = 7 * 86_400_000;

export class EndedExemptions {
  /** By id: all that have begun, and when they end or ended. */
  readonly #known = new Map<string, { readonly exemption: Exemption; readonly end: number }>();

  /**
   * `inPolicy`: all that the policy in force knows, emergencies too; `kept`: overrides of the last days. Gives those that ended, in the
   * order in which they were first seen.
   */
  look(inPolicy: readonly Exemption[], kept: readonly KeptOverride[], now: Instant): readonly Exemption[] {
    const isInPolicy = new Set(inPolicy.map(({ id }) => id));
    const exemptions = [...inPolicy, ...emergenciesOf(kept).filter(({ id }) => !isInPolicy.has(id))];
    const present = new Set(exemptions.map(({ id }) => id));
    for (const exemption of exemptions) {
      if (exemption.from <= now) this.#known.set(exemption.id, { exemption, end: exemption.until });
    }
    for (const [id, { exemption, end }] of this.#known) {
      if (!present.has(id)) this.#known.set(id, { exemption, end: Math.min(end, now) });
      if (end + WATCHED_MS <= now) this.#known.delete(id);
    }
    return Array.from(this.#known.values())
      .filter(({ end }) => end <= now)
      .map(({ exemption }) => exemption);
  }
}

function emergenciesOf(kept: readonly KeptOverride[]): Exemption[] {
  return kept.flatMap((one) =>
    one.override.kind === 'emergency-exemption' ? [{ ...exemptionOf(one.override), until: endedAt(one) }] : [],
  );
}
