// The rule part of a decision id back into a rule: `name`, `=name`, `*.name` or a prefix, for a feed with `feed:` in front.

import { type Prefix, parsePrefix } from '../base/addresses.ts';
import { parseName } from '../base/names.ts';
import { KIND_ADDRESS, KIND_DOMAIN, KIND_EXACT, KIND_WILDCARD } from './verdict.ts';

export type RuleText =
  | { readonly kind: 'domain' | 'exact' | 'wildcard'; readonly isFeed: boolean; readonly name: Uint8Array }
  | { readonly kind: 'address'; readonly isFeed: boolean; readonly prefix: Prefix };

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

/** As in verdict.ts. */
export const KIND_NUMBERS: Readonly<Record<RuleText['kind'], number>> = {
  domain: KIND_DOMAIN,
  exact: KIND_EXACT,
  wildcard: KIND_WILDCARD,
  address: KIND_ADDRESS,
};
