// `12 months`, `90 days`: spans of the calendar as people write them.

import type { Span } from '../../policy/model.ts';

/** Undefined for anything the schema's `span` refuses. */
export function parseSpan(text: string): Span | undefined {
  const match = /^([1-9]\d{0,3}) ?(hour|day|week|month|year)s?$/.exec(text);
  if (match === null) return undefined;
  return { amount: Number(match[1]), unit: `${match[2]}s` as Span['unit'] };
}
