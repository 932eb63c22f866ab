// The small words every schema is made of: ids, dates, evidence, spans. Shapes only; what a text means is checked by its reader.
// Each message says what the text must be, so that a problem needs no manual.

import { z } from 'zod';
import { isDate } from '../../base/dates.ts';
import { ANSWERS } from '../../policy/model.ts';

/** A file name, a part of a decision id and a metric's label at once: no slash, no colon, no upper case. */
const ID = /^[a-z0-9]+([.-][a-z0-9]+)*$/;
const MAX_ID = 64;
const MAX_TEXT = 2000;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
/** source@version, with an optional note behind #: `umbrella@2026-07-24#494`. */
export const EVIDENCE = /^([a-z0-9][a-z0-9-]*)@([^\s@#]+)(#.*)?$/;

export const id = z
  .string()
  .max(MAX_ID, { error: `must be at most ${MAX_ID} characters` })
  .regex(ID, { error: 'must be lower-case letters and digits in groups joined by "-" or ".", such as tiktok-ads' });

export const text = z
  .string()
  .max(MAX_TEXT, { error: `must be at most ${MAX_TEXT} characters` })
  .regex(/\S/, { error: 'must not be empty; write a text or take the key away' });

export const date = z
  .string({ error: 'must be a date such as 2026-11-24' })
  .refine(isDate, { error: 'must be a date that exists, such as 2026-11-24' });

export const moment = z
  .string({ error: 'must be a date such as 2026-11-24, or an RFC 3339 instant' })
  .refine((value) => isDate(value) || isInstant(value), {
    error: 'must be a date that exists, such as 2026-11-24, or an RFC 3339 instant such as 2026-11-24T09:30:00Z',
  });

function isInstant(value: string): boolean {
  const match = INSTANT.exec(value);
  return match !== null && isDate(match[1]) && !Number.isNaN(Date.parse(value));
}

export const url = z
  .string()
  .max(MAX_TEXT, { error: `must be at most ${MAX_TEXT} characters` })
  .regex(/^https?:\/\/[^\s/]+\S*$/, { error: 'must be a URL that begins with https:// or http://' });

export const evidence = z
  .array(
    z.string().regex(EVIDENCE, { error: 'must be source@version, such as v2fly@c975ccef, with a note behind "#"' }),
  )
  .min(1, { error: 'must name at least one source, such as [v2fly@c975ccef]' });

export const span = z.string().regex(/^[1-9]\d{0,3} ?(hour|day|week|month|year)s?$/, {
  error: 'must be a span such as 12 months, 90 days or 24 hours',
});

export const asn = z.int().min(1).max(4294967295);

/** A name as people type it; lists/names.ts turns it into wire form. */
export const name = z.string().min(1, { error: 'must be a domain name such as example.org' });

/** YAML reads a bare `null` as no value at all; here it is a word. */
export const answer = z.preprocess((value) => (value === null ? 'null' : value), z.enum(ANSWERS));
