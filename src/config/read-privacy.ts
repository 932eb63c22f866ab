// The key `privacy`: spans of the chosen profile, with those that the file sets itself in their place.

import type { Instant } from '../base/brand.ts';
import { addSpan } from '../base/dates.ts';
import { parseSpan } from '../lists/rules/spans.ts';
import type { Span } from '../policy/model.ts';
import type { Config } from './config.ts';
import type { Finder } from './finder.ts';
import { KEPT, type Kept, RETENTION, type Retention, SET_HERE } from './retention.ts';
import type { ConfigText } from './schema.ts';

const KEYS = { events: 'events', pseudonymKeys: 'pseudonym_keys', journal: 'journal' } as const;

export function readPrivacy(text: ConfigText['privacy'], finder: Finder): Config['privacy'] {
  const kept = Object.fromEntries(
    KEPT.map((name): [string, Kept] => {
      const set = text[KEYS[name]];
      return [name, set === undefined ? RETENTION[text.profile][name] : keptOf(set, KEYS[name], finder)];
    }),
  ) as unknown as Retention; // KEPT holds every key.
  if (length(kept.pseudonymKeys.span) > length(kept.events.span)) {
    const message = 'keys of pseudonyms are kept longer than the events that they can undo; shorten them';
    finder.warn('keys-outlive-events', message, ['privacy']);
  }
  return { profile: text.profile, kept, smallestGroup: text.smallest_group };
}

function keptOf(set: string, key: string, finder: Finder): Kept {
  // The schema's `span` lets nothing through that is none.
  const span = parseSpan(set) as Span;
  if (span.unit === 'hours')
    finder.error('bad-value', 'one file holds a day, so write a span of days or longer, such as 7 days', [
      'privacy',
      key,
    ]);
  return { span, source: SET_HERE };
}

/** To compare spans by; months and years as they fall from this date on. */
function length(span: Span): number {
  return addSpan(0 as Instant, span, 'UTC');
}
