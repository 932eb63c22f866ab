// Dates as people write them in directives and exemptions, turned into instants. A bare date means its first or last moment in the
// department's own time zone; an RFC 3339 instant means itself.

import type { Instant } from './brand.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

/** True for an IANA name that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * `start`: 00:00 of the date in the zone. `end`: the first moment behind the date in the zone. An RFC 3339 instant is taken as it is.
 * Undefined when the text is neither.
 */
export function instantOf(text: string, edge: 'start' | 'end', timeZone: string): Instant | undefined {
  if (INSTANT.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : (ms as Instant);
  }
  if (!isDate(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`) + (edge === 'end' ? DAY_MS : 0);
  return startOfDay(day, timeZone);
}

/** The instant at which the zone's clocks show the UTC fields of `day`. Two rounds settle the offset around a change of clocks. */
function startOfDay(day: number, timeZone: string): Instant {
  let guess = day;
  for (let round = 0; round < 2; round++) guess = day - offsetMs(guess, timeZone);
  return guess as Instant;
}

/** A calendar span: 12 months from 1 November are 1 November, whatever the clocks did; the day is cut to the month's last. */
export interface CalendarSpan {
  readonly amount: number;
  readonly unit: 'hours' | 'days' | 'weeks' | 'months' | 'years';
}

/** The instant at which the span has passed by the zone's calendar. */
export function addSpan(start: Instant, span: CalendarSpan, timeZone: string): Instant {
  if (span.unit === 'hours') return (start + span.amount * HOUR_MS) as Instant;
  const shown = new Date(start + offsetMs(start, timeZone));
  if (span.unit === 'days' || span.unit === 'weeks') {
    shown.setUTCDate(shown.getUTCDate() + span.amount * (span.unit === 'weeks' ? 7 : 1));
  } else {
    const day = shown.getUTCDate();
    shown.setUTCDate(1);
    shown.setUTCMonth(shown.getUTCMonth() + span.amount * (span.unit === 'years' ? 12 : 1));
    const last = new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + 1, 0)).getUTCDate();
    shown.setUTCDate(Math.min(day, last));
  }
  return startOfDay(shown.getTime(), timeZone);
}

/** The last one used: making a formatter takes 50 µs, and a catalogue has thousands of dates in one zone. */
let lastFormatter: { readonly timeZone: string; readonly format: Intl.DateTimeFormat } | undefined;

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  if (lastFormatter?.timeZone === timeZone) return lastFormatter.format;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  lastFormatter = { timeZone, format };
  return format;
}

function offsetMs(at: number, timeZone: string): number {
  const parts = formatterOf(timeZone).formatToParts(at);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(at / 1000) * 1000;
}
