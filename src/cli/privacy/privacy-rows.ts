// What the state folder can hold, in words that fit a notice to staff (docs/policy.md §7). Each file of the folder belongs to the first row
// that takes its path, so that nothing lies there unmentioned.

import type { Retention } from '../../config/retention.ts';
import type { Span } from '../../policy/model.ts';
import { formatSpan } from './span-text.ts';

export interface PrivacyRow {
  readonly id: string;
  readonly what: string;
  /** Whom it is about. */
  readonly about: string;
  readonly holds: string;
  readonly why: string;
  readonly kept: string;
  /** Where that number comes from. */
  readonly source?: string;
}

interface Words {
  readonly kept: Retention;
  /** How long the text of past policies is kept. */
  readonly sources: Span;
  /** The networks on which instruments apply, as people know them. */
  readonly networks: string;
  readonly isRecording: boolean;
}

/** Paths as seen from the state folder. */
const PATHS: readonly (readonly [id: string, path: RegExp])[] = [
  ['events', /^events\//],
  ['keys', /^keys\//],
  ['faults', /^faults\.ndjson$/],
  ['policies', /^(last-good|kept|journal\/sources)/],
  ['journal', /^journal/],
  ['overrides', /^overrides\.json/],
  ['own', /^(LAYOUT|lock|lock-journal|control\.sock)$/],
];
export const OTHER = 'other';

export function rowOf(path: string): string {
  return PATHS.find(([, pattern]) => pattern.test(path))?.[0] ?? OTHER;
}

export function privacyRows({ kept, sources, networks, isRecording }: Words): PrivacyRow[] {
  const people =
    networks === '' ? 'nobody: no instrument applies on any network' : `people and devices on: ${networks}`;
  return [
    {
      id: 'events',
      what: isRecording
        ? 'Requests that matched an app named in an instrument'
        : 'Requests that matched an app named in an instrument (recording is switched off)',
      about: people,
      holds:
        'time, network, the name asked for, what was decided and under which instrument; in place of the address a code that is another one every day',
      why: 'to find names that are not allowed by mistake, and to show that the instruments are applied',
      kept: `${formatSpan(kept.events.span)} at most`,
      source: kept.events.source,
    },
    {
      id: 'keys',
      what: "The key to each day's codes",
      about: people,
      holds: 'a random number; no name and no address',
      why: 'two named people together can find, for a recorded case, whose request it was; each time is written into the journal',
      kept: `${formatSpan(kept.pseudonymKeys.span)} at most, then destroyed: nobody can tell any more whose requests they were`,
      source: kept.pseudonymKeys.source,
    },
    {
      id: 'faults',
      what: 'Requests that the program failed on',
      about: 'whoever sent one, without the address',
      holds:
        'the first 512 bytes as sent, with the name asked for and, where the sender put it in, a part of its network address; 64 KiB at most, rarely any at all',
      why: 'to mend the program',
      kept: `${formatSpan(kept.events.span)} at most, as the events`,
      source: kept.events.source,
    },
    {
      id: 'journal',
      what: 'The journal',
      about: 'staff who run the service, and clients that an emergency exemption was for',
      holds:
        'what was in force when, which measures were taken and by whom, with the addresses that an emergency exemption was for; who asked whose request it was and for which case',
      why: 'to account for what is not allowed here, and for each look at a person',
      kept: `${formatSpan(kept.journal.span)} from the end of its year`,
      source: kept.journal.source,
    },
    {
      id: 'overrides',
      what: 'Measures of the moment',
      about: 'staff who asked for one or confirmed it, and clients that one exempts',
      holds: 'names, ticket, reason, begin and end; addresses of clients that an emergency exemption is for',
      why: 'they hold on after a restart, and end by themselves',
      kept: '30 days after their end',
    },
    {
      id: 'policies',
      what: 'Copies of the policy',
      about: 'staff named in exemptions, and clients that have one',
      holds:
        'what the files of the policy say: networks, exemptions with the addresses they are for and who approved them',
      why: 'to start without the files, to go back, and to tell what was in force on a day',
      kept: `until later ones take their place; the text of past ones ${formatSpan(sources)} after their end at most`,
    },
    {
      id: 'own',
      what: 'Files of the program itself',
      about: 'nobody',
      holds: 'version, lock and socket',
      why: 'to run',
      kept: 'while it is installed',
    },
  ];
}

export const NOT_STORED: readonly string[] = [
  'Names asked for that no instrument is about: answered and forgotten.',
  'Addresses of clients, in any file, log line or figure, but for those written into the files of the policy.',
  'What was read, sent or looked at: only names of servers are seen here.',
];
