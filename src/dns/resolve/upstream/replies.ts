// What a reply means for whoever sent it.

import { RCODE_REFUSED, RCODE_SERVFAIL } from '../../wire/message.ts';
import { type Scrubbed, scrubInPlace } from '../../wire/scrub.ts';
import type { Outcome } from './upstream.ts';
import type { UpstreamQuestion } from './upstream-query.ts';

export const BAD: Scrubbed = { kind: 'bad', reason: 'record' };

/** Good until the next call. One packet cannot stop us: should a reply find a fault of ours, it is a bad reply, counted, and the next upstream is asked. */
export function scrubbedOrBad(question: UpstreamQuestion, bytes: Uint8Array): Scrubbed {
  try {
    return scrubInPlace(question, bytes);
  } catch {
    return BAD;
  }
}

export function outcomeOf(scrubbed: Scrubbed): Outcome {
  if (scrubbed.kind === 'answer') return 'answered';
  if (scrubbed.kind === 'bad') return 'malformed';
  if (scrubbed.rcode === RCODE_SERVFAIL) return 'servfail';
  return scrubbed.rcode === RCODE_REFUSED ? 'refused' : 'malformed';
}
