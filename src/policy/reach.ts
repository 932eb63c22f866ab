// Whether a directive reaches a segment (POLICY.md §4): by jurisdiction, then by the kinds of devices and networks it binds.

import type { Directive, Segment, SegmentKind } from './model.ts';

const KINDS: readonly SegmentKind[] = ['corporate', 'enrolled-personal', 'contractor', 'guest', 'parliamentary'];

export function reaches(directive: Directive, segment: Segment): boolean {
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
