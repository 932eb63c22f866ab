// What the numbers of one generation are called: what main keeps of a snapshot to read counters and events, whose memory may be another
// snapshot's by then.

import type { Snapshot } from '../../../policy/snapshot/snapshot.ts';

export interface GenerationNames {
  readonly generation: number;
  /** Parent segments, as configured. */
  readonly segments: readonly string[];
  readonly apps: readonly string[];
  readonly directives: readonly string[];
  readonly exemptions: readonly string[];
  /** Those in force. */
  readonly overrides: readonly string[];
  /** By app: 1 when its rules are called `feed:…`. */
  readonly isFeed: Uint8Array;
}

export function namesOf(snapshot: Snapshot): GenerationNames {
  return {
    generation: snapshot.generation,
    segments: snapshot.segmentNames,
    apps: snapshot.appIds,
    directives: snapshot.directiveIds,
    exemptions: snapshot.exemptionIds,
    overrides: snapshot.overrideIds,
    isFeed: snapshot.isFeed,
  };
}
