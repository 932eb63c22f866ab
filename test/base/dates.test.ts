import { describe, expect, test } from 'vitest';
import { instantOf, isDate, isTimeZone } from '../../src/base/dates.ts';

describe('dates', () => {
  test.each([
    ['2026-11-01', 'start', 'Europe/London', '2026-11-01T00:00:00Z'],
    ['2027-04-30', 'end', 'Europe/London', '2027-04-30T23:00:00Z'],
    ['2026-03-29', 'start', 'Europe/London', '2026-03-29T00:00:00Z'],
    ['2026-03-29', 'end', 'Europe/London', '2026-03-29T23:00:00Z'],
    ['2026-10-25', 'start', 'Europe/London', '2026-10-24T23:00:00Z'],
    ['2026-10-25', 'end', 'Europe/London', '2026-10-26T00:00:00Z'],
    ['2026-01-01', 'start', 'America/New_York', '2026-01-01T05:00:00Z'],
    ['2026-01-01', 'start', 'Pacific/Auckland', '2025-12-31T11:00:00Z'],
    ['2026-06-01', 'end', 'UTC', '2026-06-02T00:00:00Z'],
    ['2026-11-01T12:30:00+02:00', 'end', 'Europe/London', '2026-11-01T10:30:00Z'],
    ['2026-11-01T12:30Z', 'start', 'Asia/Tokyo', '2026-11-01T12:30:00Z'],
  ] as const)('the %s %s in %s is %s', (text, edge, zone, expected) => {
    expect(instantOf(text, edge, zone)).toBe(Date.parse(expected));
  });

  test.each(['2026-02-30', '2026-13-01', '26-01-01', '2026-1-1', 'tomorrow', '', '2026-11-01T25:00Z'])(
    '%s is no date',
    (text) => {
      expect(isDate(text)).toBe(false);
      expect(instantOf(text, 'start', 'UTC')).toBeUndefined();
    },
  );

  test('a zone is one that the runtime knows', () => {
    expect(isTimeZone('Europe/London')).toBe(true);
    expect(isTimeZone('Europe/Londinium')).toBe(false);
  });
});
