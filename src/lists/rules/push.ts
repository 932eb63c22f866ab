// The rules of one app into the sink, and what the sink refuses as problems with the place of the rule.

import type { Problem } from '../../base/problems.ts';
import type { App } from '../../policy/model.ts';
import type { RuleFault, RuleSink } from '../../policy/rules.ts';
import type { Disk } from '../disk.ts';
import { type FeedRules, pushFeed } from '../feed.ts';
import type { Rule } from './rule.ts';

export type AppRules =
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  | { readonly kind: 'feed'; readonly feed: FeedRules };

/** `index` is the app's place in the model. */
export function pushRules(rules: AppRules, app: App, index: number, sink: RuleSink, disk: Disk): Problem[] {
  if (rules.kind === 'feed') return pushFeed(rules.feed, index, sink, disk);
  const problems: Problem[] = [];
  for (const rule of rules.rules) {
    const result = pushRule(rule, index, sink);
    if (result !== 'taken') problems.push(refused(result, rule, app, sink));
    if (result === 'full') break;
  }
  return problems;
}

function pushRule(rule: Rule, index: number, sink: RuleSink): RuleFault {
  const attributes = sink.attributes(rule.attributes);
  if (rule.bits < 0) return sink.name(index, rule.kind, attributes, rule.bytes, 0);
  return sink.address(index, rule.kind, attributes, rule.bytes, 0, rule.bits);
}

function refused(fault: Exclude<RuleFault, 'taken'>, rule: Rule, app: App, sink: RuleSink): Problem {
  const { where, text } = rule;
  const error = (code: string, message: string): Problem => ({
    code,
    severity: 'error',
    message: `${text} ${message}`,
    where,
  });
  switch (fault) {
    case 'duplicate':
      return { ...error('duplicate-rule', `is a rule of ${app.id} already; take one away`), severity: 'warning' };
    case 'cdn-zone':
      return error('cdn-zone', 'is a CDN zone, which many share; name the hosts in front of it, or take the rule away');
    case 'protected':
      return error('protected', 'is a protected name, or below one, and may never be blocked; take the rule away');
    case 'claimed':
      return error(
        'claimed',
        `belongs to the app ${sink.claimedBy()} already; take it away here, or write also_in: [${sink.claimedBy()}]`,
      );
    case 'full':
      return error('rules-full', 'does not fit any more, the snapshot is full; raise policy_max_bytes');
  }
}
