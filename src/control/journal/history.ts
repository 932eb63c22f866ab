// Which policy was served when, from the journal's lines.

import type { Instant } from '../../base/brand.ts';
import type { JournalLine } from './chain.ts';
import type { ActivatedEntry } from './journal-entry.ts';

export interface Served {
  readonly policy: ActivatedEntry;
  readonly since: Instant;
  /** First moment at which it was not served any more; undefined while it is. */
  readonly until: Instant | undefined;
  /** The instance said nothing at its end: it was served until some moment before `until`. */
  readonly endedUnseen: boolean;
}

/** In the order of the lines, which is that of time but where the clock was set. */
export async function readHistory(lines: AsyncIterable<JournalLine>): Promise<Served[]> {
  const history: Served[] = [];
  let open: Omit<Served, 'until' | 'endedUnseen'> | undefined;
  const end = (until: Instant | undefined, endedUnseen: boolean) => {
    if (open !== undefined) history.push({ ...open, until, endedUnseen });
    open = undefined;
  };
  for await (const { at, entry } of lines) {
    if (entry.kind === 'start') end(at, true);
    if (entry.kind === 'stop') end(at, false);
    if (entry.kind !== 'activated') continue;
    end(at, false);
    open = { policy: entry, since: at };
  }
  end(undefined, false);
  return history;
}

/** Index of what was served at that moment; of two, where the clock was set back, the later. -1: nothing, or nobody knows. */
export function servedAt(history: readonly Served[], at: Instant): number {
  return history.findLastIndex(({ since, until }) => since <= at && (until === undefined || at < until));
}
