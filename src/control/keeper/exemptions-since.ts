// A rollback never reopens what has ended: of an exemption of before holds what stands in the present one too, with the present dates.

import type { Exemption } from '../../policy/model.ts';

/** Those of `before` as far as `present` has them; both are known by their ids. */
export function standingIn(present: readonly Exemption[], before: readonly Exemption[]): Exemption[] {
  const still = new Map(present.map((exemption) => [exemption.id, exemption]));
  return before.flatMap((exemption) => {
    const now = still.get(exemption.id);
    return now === undefined ? [] : common(exemption, now);
  });
}

/** What both cover. Clients are compared as written: one that was written otherwise since is another one, and stays closed. */
function common(before: Exemption, present: Exemption): Exemption[] {
  if (before.segment !== present.segment) return [];
  const both = (key: 'clients' | 'under' | 'apps') => before[key].filter((item) => present[key].includes(item));
  const [clients, under, apps] = [both('clients'), both('under'), both('apps')];
  if (clients.length === 0 || under.length === 0 || apps.length === 0) return [];
  const { dates, from, until } = present;
  return [{ ...before, clients, under, apps, dates, from, until }];
}
