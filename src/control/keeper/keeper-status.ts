// How all is, in the words of /readyz and `interdict status`.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { ActivePolicy, Outcome, Pin, PolicyStatus } from './active-policy.ts';

interface KeeperState {
  readonly active: ActivePolicy | undefined;
  readonly now: Instant;
  readonly problems: readonly Problem[];
  readonly isLastReloadGood: boolean;
  readonly lastSuccessAt: Instant | undefined;
  readonly reloads: Readonly<Record<Outcome, number>>;
}

export function statusOf({ active, now, isLastReloadGood, lastSuccessAt, ...rest }: KeeperState): PolicyStatus {
  const overdue = active !== undefined && now >= active.validUntil;
  const reasons = active === undefined ? ['no policy'] : reasonsOf(active, isLastReloadGood, overdue);
  return {
    state: active === undefined ? 'not ready' : reasons.length > 0 ? 'degraded' : 'ready',
    reasons,
    ...(active && { active }),
    overdue,
    problems: rest.problems,
    lastReloadSuccessful: isLastReloadGood,
    ...(lastSuccessAt !== undefined && { lastReloadSuccessAt: lastSuccessAt }),
    reloads: rest.reloads,
  };
}

function reasonsOf({ origin, pinned }: ActivePolicy, isLastReloadGood: boolean, overdue: boolean): string[] {
  const reasons: string[] = [];
  if (pinned !== undefined) reasons.push(pinnedReason(pinned));
  if (origin === 'last-good') reasons.push('serving the last good policy: the files have problems');
  else if (!isLastReloadGood) reasons.push(pinned ? 'the files have problems' : 'the last reload was refused');
  if (overdue) reasons.push('the policy of this moment could not be compiled: what ended has ended, what begins waits');
  return reasons;
}

function pinnedReason({ hash, at }: Pin): string {
  const since = new Date(at).toISOString();
  return `pinned to policy ${hash.slice(0, 16)} since ${since}: edits are checked, not applied; interdict rollback --end`;
}
