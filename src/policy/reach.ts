// Whether a directive reaches a segment (POLICY.md §4): by jurisdiction, then by the kinds of devices and networks it binds.

import type { Instant } from '../base/brand.ts';
import type { Directive, Segment, SegmentKind } from './model.ts';
import { highestMode } from './modes.ts';

const KINDS: readonly SegmentKind[] = ['corporate', 'enrolled-personal', 'contractor', 'guest', 'parliamentary'];

/** What of a segment decides whom it is reached by. */
export type Ground = Pick<Segment, 'kind' | 'jurisdiction'>;

/**
 * What a directive means for a segment at `now`. `block`: it asks that traffic be blocked there, not doing so is a gap. `enforce`: it is
 * mandatory there but silent on traffic, a block is the department's own measure. `own`: the operator's own policy, which is for the
 * segments that enforce it; leaving it out is no gap. `monitor`: advice, or not in force now. `none`: it does not reach the segment, or has
 * ended.
 */
export type Reach = 'block' | 'enforce' | 'own' | 'monitor' | 'none';

export function reachOf(directive: Directive, ground: Ground, now: Instant): Reach {
  if (!reaches(directive, ground)) return 'none';
  const highest = highestMode(directive, false, now);
  if (highest === 'none') return 'none';
  if (directive.instrument === 'policy') return 'own';
  if (highest === 'monitor') return 'monitor';
  return directive.demands.includes('block-traffic') ? 'block' : 'enforce';
}

export function reaches(directive: Directive, segment: Ground): boolean {
  if (directive.instrument === 'policy') return true;
  // GB does not contain GB-SCT, US not US-TX, EU no member state: equal or nothing.
  if (directive.jurisdiction !== segment.jurisdiction) return false;
  return segment.kind === 'mixed'
    ? KINDS.some((kind) => reachesKind(directive, kind))
    : reachesKind(directive, segment.kind);
}

function reachesKind({ binds }: Directive, kind: SegmentKind): boolean {
  if (binds.devices === undefined && binds.networks === undefined)
    return kind === 'corporate' || kind === 'enrolled-personal';
  const throughNetworks = binds.networks?.some((network) => network === kind) ?? false;
  if (kind === 'guest' || kind === 'parliamentary') return throughNetworks;
  return throughNetworks || (binds.devices?.some((device) => device === kind) ?? false);
}
