// How many rules each app has, without compiling them: duplicates count twice, what a policy would refuse is counted too.

import type { RuleSink } from '../policy/rules.ts';

export function countRules(apps: number, rules: (sink: RuleSink) => void): number[] {
  const counts = new Array<number>(apps).fill(0);
  const take = (app: number) => {
    counts[app]++;
    return 'taken' as const;
  };
  rules({ attributes: () => 0, name: take, address: take, claimedBy: () => '' });
  return counts;
}
