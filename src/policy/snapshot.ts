// A reader's view of one compiled policy: typed arrays over immutable bytes plus a little scratch of the thread's own.
// (Contract; the implementation follows.)

import type { Verdict } from '../base/brand.ts';

/** Where the last verdict found its rule: scratch of this reader, overwritten by the next verdict. */
export interface Match {
  /** 0: the qname; n: the n-th subject of the facts block. */
  subject: number;
  /** Offset in the judged bytes of that subject's name or address. */
  at: number;
  /** The message's first byte, for names with compression pointers; -1 when the name was free-standing. */
  messageAt: number;
  /** Index in model.ANSWERS plus one of the rule's own answer; 0: the segment's. */
  answer: number;
  /** Index in model.ROLES. */
  role: number;
}

export type { Verdict };
