// Decision ids back into their parts: what `explain --id` is given.

import { type Prefix, parsePrefix } from '../../base/addresses.ts';
import { parseName } from '../../base/names.ts';

export interface DecisionId {
  readonly action: 'blocked' | 'monitored' | 'exempt' | 'released';
  /** The exemption or override that let it through. */
  readonly by?: string;
  readonly directive: string;
  readonly app: string;
  /** The rule part as written; absent when it was cut for want of room. */
  readonly rule?: string;
}

export type RuleText =
  | { readonly kind: 'domain' | 'exact' | 'wildcard'; readonly isFeed: boolean; readonly name: Uint8Array }
  | { readonly kind: 'address'; readonly isFeed: boolean; readonly prefix: Prefix };

/** Undefined when the text is no id. */
export function parseDecisionId(text: string): DecisionId | undefined {
  const match = /^(?:(monitored):|(exempt|released):([^:/]+):)?([^:/]+)\/([^:/]+)(?:\/(.+))?$/.exec(text);
  if (match === null) return undefined;
  const [, monitored, through, by, directive, app, rule] = match;
  const action = monitored !== undefined ? 'monitored' : ((through as 'exempt' | 'released' | undefined) ?? 'blocked');
  return { action, ...(by === undefined ? {} : { by }), directive, app, ...(rule === undefined ? {} : { rule }) };
}

/** Undefined when the text is no rule; a name cut at 200 characters parses, but is another name. */
export function parseRuleText(text: string): RuleText | undefined {
  const isFeed = text.startsWith('feed:');
  const pattern = isFeed ? text.slice(5) : text;
  if (pattern.includes('/')) {
    const prefix = parsePrefix(pattern);
    return typeof prefix === 'object' ? { kind: 'address', isFeed, prefix } : undefined;
  }
  const kind = pattern.startsWith('=') ? 'exact' : pattern.startsWith('*.') ? 'wildcard' : 'domain';
  const name = parseName(kind === 'exact' ? pattern.slice(1) : kind === 'wildcard' ? pattern.slice(2) : pattern);
  return typeof name === 'string' ? undefined : { kind, isFeed, name };
}
