// Which of the kept policies a rollback means.

import type { ActivePolicy } from './active-policy.ts';
import type { KeptPolicy } from './kept-policies.ts';

/** Enough of a hash to be no other by chance. */
const MIN_HASH_LENGTH = 8;

/** `kept` oldest first. By a hash or its beginning; without one the policy before the one that the present rules come from. */
export function chooseKept(
  kept: readonly KeptPolicy[],
  active: ActivePolicy,
  hash: string | undefined,
): KeptPolicy | { readonly fault: string } {
  if (hash === undefined) {
    const present = kept.findLastIndex(({ readAt }) => readAt === active.readAt);
    const before = present < 0 ? kept.at(-1) : kept[present - 1];
    return before ?? { fault: 'no policy is kept that was served before this one' };
  }
  if (hash.length < MIN_HASH_LENGTH) return { fault: `give at least ${MIN_HASH_LENGTH} characters of the hash` };
  const found = kept.findLast((policy) => policy.hash.startsWith(hash));
  return found ?? { fault: `no kept policy has the hash ${hash}; kept are ${listOf(kept)}` };
}

function listOf(kept: readonly KeptPolicy[]): string {
  if (kept.length === 0) return 'none';
  return kept.map(({ hash, readAt }) => `${hash.slice(0, 16)} of ${new Date(readAt).toISOString()}`).join(', ');
}
