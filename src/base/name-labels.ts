// A name in hand: its bytes, where its labels are, and what they hash to. Found once for a query's name, used by whoever looks it up.

import { MAX_LABELS } from './names.ts';

/** A name has 255 bytes at most; whoever reads it by fours reads up to three more. */
const NAME_ROOM = 260;

export interface NameLabels {
  /** Wire form in lower case. */
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  /** Offsets from the name's first byte, left to right; behind the last one that of the root. */
  readonly starts: Uint8Array;
  /** Of each label with all labels above it, under the seed of one policy (policy/snapshot/labels.ts). */
  readonly hashes: Int32Array;
  count: number;
}

export function newNameLabels(): NameLabels {
  const bytes = new Uint8Array(NAME_ROOM);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    starts: new Uint8Array(MAX_LABELS + 1),
    hashes: new Int32Array(MAX_LABELS),
    count: 0,
  };
}
