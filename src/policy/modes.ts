// What a directive may do in a segment at one instant (POLICY.md §2, "Highest mode"), and when that next changes.

import type { Instant } from '../base/brand.ts';
import type { Directive, EnforceEntry, Mode } from './model.ts';

export type ModeOrNone = Mode | 'none';

/** The most a directive can do at `now`: repealed or ended none; suspended, under review, not yet effective or advisory at most monitor. */
export function highestMode(directive: Directive, ownMeasure: boolean, now: Instant): ModeOrNone {
  if (directive.status === 'repealed' || hasEnded(directive, now)) return 'none';
  if (directive.status !== 'in-force' || directive.effective > now) return 'monitor';
  return directive.binding === 'mandatory' || ownMeasure ? 'enforce' : 'monitor';
}

/** What the segment asks for at `now`. A step that names no `then` ends in enforcing: a forgotten key must not lift a ban. */
export function askedMode(entry: EnforceEntry, now: Instant): Mode {
  return entry.until !== undefined && entry.until <= now ? (entry.then ?? 'enforce') : entry.mode;
}

/** The lower of what is asked and what is allowed. */
export function modeAt(entry: EnforceEntry, directive: Directive, now: Instant): ModeOrNone {
  const highest = highestMode(directive, entry.ownMeasure !== undefined, now);
  return highest === 'enforce' ? askedMode(entry, now) : highest;
}

export function hasEnded(directive: Directive, now: Instant): boolean {
  return directive.ends !== undefined && directive.ends <= now;
}
