// What segments ask for, held against what their directives are and whom they reach.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Directive, EnforceEntry, Model, Segment } from '../model.ts';
import { askedMode, hasEnded, highestMode } from '../modes.ts';
import { reaches, reachOf } from '../reach.ts';
import { problemAt } from './places.ts';

export function checkSegments({ lists, department }: Model, now: Instant): Problem[] {
  const directives = new Map(lists.directives.map((directive) => [directive.id, directive]));
  return [
    ...checkOverlaps(department.segments),
    ...department.segments.flatMap((segment) => [
      ...segment.enforce.flatMap((entry, i) => checkEntry(segment, entry, i, directives.get(entry.directive), now)),
      ...checkGaps(segment, lists.directives, now),
    ]),
  ];
}

function checkEntry(
  segment: Segment,
  entry: EnforceEntry,
  index: number,
  directive: Directive | undefined,
  now: Instant,
): Problem[] {
  const at = (severity: Problem['severity'], code: string, message: string): Problem =>
    '' in entry.places
      ? problemAt(severity, code, message, entry.places, 'directive')
      : problemAt(severity, code, message, segment.places, `enforce.${index}`);
  const id = entry.directive;
  if (directive === undefined)
    return [at('error', 'unknown-directive', `there is no directive ${id}; add it or mend the id`)];
  const problems: Problem[] = [];
  if (directive.status === 'repealed') {
    problems.push(at('overdue', 'directive-ended', `${id} is repealed; take it out of enforce`));
  } else if (hasEnded(directive, now)) {
    problems.push(at('overdue', 'directive-ended', `${id} ended ${directive.dates.ends}; take it out of enforce`));
  } else if (
    askedMode(entry, now) === 'enforce' &&
    highestMode(directive, entry.ownMeasure !== undefined, now) === 'monitor'
  ) {
    problems.push(at('warning', 'mode-capped', `${id} is only monitored: it is ${whyCapped(directive, now)}`));
  }
  if (!reaches(directive, segment) && entry.ownMeasure === undefined) {
    const message = `${id} does not reach ${segment.id} (${segment.kind}, ${segment.jurisdiction ?? 'no jurisdiction'}); say why with own_measure: REASON`;
    problems.push(at('warning', 'reach', message));
  }
  return problems;
}

function whyCapped(directive: Directive, now: Instant): string {
  if (directive.status === 'suspended') return 'suspended';
  if (directive.status === 'under-review') return 'under review';
  if (directive.effective > now) return `not effective before ${directive.dates.effective ?? directive.dates.issued}`;
  return 'advisory; enforce it with own_measure: REASON';
}

/** Mandatory, in force, asks to block traffic, reaches the segment, and the segment does not name it. */
function checkGaps(segment: Segment, directives: readonly Directive[], now: Instant): Problem[] {
  return directives
    .filter((directive) => reachOf(directive, segment, now) === 'block')
    .filter((directive) => !segment.enforce.some((entry) => entry.directive === directive.id))
    .map((directive) => {
      const message = `${directive.id} reaches ${segment.id}, which does not enforce it; add it to enforce`;
      return problemAt('warning', 'gap', message, segment.places, 'enforce');
    });
}

function checkOverlaps(segments: readonly Segment[]): Problem[] {
  const owners = new Map<string, string>();
  return segments.flatMap((segment) =>
    segment.clients.flatMap((prefix, i) => {
      const owner = owners.get(prefix) ?? segment.id;
      owners.set(prefix, owner);
      if (owner === segment.id) return [];
      const message = `${prefix} belongs to ${owner} already; a client has one segment`;
      return [problemAt('error', 'segment-overlap', message, segment.places, `clients.${i}`)];
    }),
  );
}
