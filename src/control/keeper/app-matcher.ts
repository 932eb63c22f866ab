// Which apps a name matches, whatever any segment does about it: what the tests in an app's file are run against.

import type { WireName } from '../../base/brand.ts';
import { beginFindings, judgeName } from '../../policy/decide/judge.ts';
import { isExcept } from '../../policy/snapshot/entries.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { appOf, kindOf } from '../../policy/verdict.ts';

/** Ids of the apps with a rule, not an except, that decides on the name; none for a protected one. */
export function appsThatMatch(snapshot: Snapshot, name: WireName): string[] {
  const { findings } = snapshot;
  beginFindings(findings);
  if (judgeName(snapshot, name, 0, 0) > 0) return [];
  const rules = Array.from({ length: findings.count }, (_, i) => findings.words[i * 2]);
  return rules.filter((rule) => !isExcept(kindOf(rule))).map((rule) => snapshot.appIds[appOf(rule)]);
}
