// `interdict identify` asks the running instance for one thing: that the journal holds who asks, for which case, and who agrees, before
// anybody looks. The key is read by the verb itself: who may read it is a matter of the key file's owner, not of the socket's.

import { z } from 'zod';
import type { IdentifyEntry } from './journal/journal-entry.ts';
import { isSamePerson } from './overrides/kept-override.ts';

const MAX_WORDS = 200;
const words = z.string().trim().min(1).max(MAX_WORDS);

export const identifyRequest = z.strictObject({
  verb: z.literal('identify'),
  /** `DAY/PSEUDONYM`; the address itself is never told to the instance. */
  reference: z.string().max(64),
  case: words,
  by: words,
  confirmedBy: words,
});

type IdentifyRequest = z.output<typeof identifyRequest>;

/** Why these two may not ask; undefined when they may. */
export function refusalOf({ by, confirmedBy }: Pick<IdentifyRequest, 'by' | 'confirmedBy'>): string | undefined {
  return isSamePerson({ name: by }, { name: confirmedBy })
    ? `${by} and ${confirmedBy} are one person; whoever confirms must be another`
    : undefined;
}

export async function recordIdentify(
  { verb: kind, ...request }: IdentifyRequest,
  uid: number | undefined,
  write: (entry: IdentifyEntry) => Promise<void>,
): Promise<object> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) throw new Error(refusal);
  await write({ kind, ...request, uid });
  return { recorded: true };
}
