// The rule part of a decision id, read back: `name`, `=name`, `*.name` or a CIDR, with `feed:` in front for a feed's app. Characters that
// mean something in an id stand inside names as \DDD, so the first ones tell.

import { parsePrefix } from '../../base/addresses.ts';
import { parseName } from '../../base/names.ts';
import {
  KIND_ADDRESS,
  KIND_DOMAIN,
  KIND_EXACT,
  KIND_EXCEPT,
  KIND_EXCEPT_ADDRESS,
  KIND_WILDCARD,
} from '../../policy/verdict.ts';

export interface RulePart {
  readonly isFeed: boolean;
  /** The kinds of rule that the text can stand for, likeliest first: a plain name is a domain, or the except of one. */
  readonly kinds: readonly number[];
  readonly bytes: Uint8Array;
  /** On the 16-byte form; -1 for a name. */
  readonly bits: number;
}

export function parseRulePart(text: string): RulePart | undefined {
  const isFeed = text.startsWith('feed:');
  const pattern = isFeed ? text.slice(5) : text;
  if (pattern.includes('/')) {
    const prefix = parsePrefix(pattern);
    if (prefix === undefined || prefix === 'host-bits') return undefined;
    return { isFeed, kinds: [KIND_ADDRESS, KIND_EXCEPT_ADDRESS], bytes: prefix.address, bits: prefix.bits };
  }
  if (pattern.startsWith('=')) return named(isFeed, [KIND_EXACT], pattern.slice(1));
  if (pattern.startsWith('*.')) return named(isFeed, [KIND_WILDCARD], pattern.slice(2));
  return named(isFeed, [KIND_DOMAIN, KIND_EXCEPT], pattern);
}

function named(isFeed: boolean, kinds: readonly number[], text: string): RulePart | undefined {
  const bytes = parseName(text);
  return typeof bytes === 'string' ? undefined : { isFeed, kinds, bytes, bits: -1 };
}
