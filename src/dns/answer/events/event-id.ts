// Decision ids of events, spelled out where nobody waits: the record's numbers, its generation's names and the subject that was judged.
// The same text as writeEventId makes from the snapshot (a test compares them).

import { writeRule } from '../../../policy/decide/decision-id.ts';
import { outcomeDirective, outcomeExemption } from '../../../policy/snapshot/outcome.ts';
import { newFindings } from '../../../policy/snapshot/snapshot.ts';
import { actionOf, appOf, EXEMPT, MONITORED, RELEASED } from '../../../policy/verdict.ts';
import type { GenerationNames } from '../counting/generation-names.ts';

const findings = newFindings(0);
/** Of a match, what no id needs. */
const REST = { answer: 0, role: 0, release: 0 };

/** `subject`: 4 or 16 bytes of address when `isAddress`, else a name in wire form. */
export function eventId(
  names: GenerationNames,
  verdict: number,
  outcome: number,
  subject: Uint8Array,
  isAddress: boolean,
): string {
  const match = { subject: 0, at: 0, messageAt: -1, addressLength: isAddress ? subject.length : 0, ...REST };
  const length = writeRule({ match, findings, isFeed: names.isFeed }, verdict, subject);
  const rule = String.fromCharCode(...findings.text.subarray(0, length));
  const directive = names.directives[outcomeDirective(outcome)];
  return `${prefixOf(names, verdict, outcome)}${directive}/${names.apps[appOf(verdict)]}/${rule}`;
}

function prefixOf(names: GenerationNames, verdict: number, outcome: number): string {
  switch (actionOf(verdict)) {
    case MONITORED:
      return 'monitored:';
    case EXEMPT:
      return `exempt:${names.exemptions[outcomeExemption(outcome)]}:`;
    case RELEASED:
      return `released:${names.overrides[outcomeExemption(outcome)]}:`;
    default:
      return '';
  }
}
