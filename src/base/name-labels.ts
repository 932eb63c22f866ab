// Where the labels of a name are and what they hash to: found once for a query's name, used by whoever looks it up.

import { MAX_LABELS } from './names.ts';

export interface NameLabels {
  /** Offsets from the name's first byte, left to right; behind the last one that of the root. */
  readonly starts: Uint8Array;
  /** Of each label with all labels above it, under the seed of one policy (policy/snapshot/labels.ts). */
  readonly hashes: Int32Array;
  count: number;
}

export function newNameLabels(): NameLabels {
  return { starts: new Uint8Array(MAX_LABELS + 1), hashes: new Int32Array(MAX_LABELS), count: 0 };
}
