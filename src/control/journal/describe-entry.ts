// An entry of the journal in a sentence, for whoever scrolls through it.

import type { AnyEntry } from './chain.ts';
import type { ActivatedEntry, IdentifyEntry, OverrideEntry } from './journal-entry.ts';

const SHORT = 16;

export function describeEntry(entry: AnyEntry): string {
  switch (entry.kind) {
    case 'start':
      return `start of version ${entry.version}`;
    case 'stop':
      return 'stop';
    case 'activated':
      return activated(entry);
    case 'refused':
      return `${entry.cause} ${entry.outcome}: ${entry.problems[0] ?? `${entry.errors} errors`}`;
    case 'override':
      return override(entry);
    case 'expiry':
      return [...entry.ended.map((what) => `${what} ended`), ...entry.began.map((what) => `${what} began`)].join(', ');
    case 'unpinned':
      return `rollback to ${entry.hash.slice(0, SHORT)} ended${byUser(entry.uid)}`;
    case 'identify':
      return identify(entry);
    case 'clock':
      return `the clock was set${entry.steppedMs === 0 ? '' : ` by ${entry.steppedMs / 1000} s`}; it had shown ${entry.before}`;
    case 'repaired':
      return `${entry.bytes} bytes before this line are no line: a crash while they were written`;
    case 'missing':
      return `lines ${entry.from} to ${entry.to} were written and are not there`;
    case 'lost':
      return `${entry.entries} entries were lost: the disk took nothing and memory was full`;
    case 'removed':
      return `lines before ${entry.first} were removed for their age`;
    default:
      return unknown(entry);
  }
}

/** Of a later version. */
function unknown(entry: never): string {
  return String((entry as { kind: string }).kind);
}

function activated({ cause, origin, hash, revision, dirty, counts, overrides, uid }: ActivatedEntry): string {
  const from = origin === 'files' ? '' : ` from ${origin}`;
  const at = revision === undefined ? '' : `, revision ${revision.slice(0, SHORT)}${dirty ? ' and edits' : ''}`;
  const measures = overrides.length === 0 ? '' : `, overrides ${overrides.map(({ id }) => id).join(' ')}`;
  return `${cause}${from}: policy ${hash.slice(0, SHORT)} activated, ${counts.rules} rules of ${counts.apps} apps${at}${measures}${byUser(uid)}`;
}

function override({ act, override: { id, kind }, by, because, uid }: OverrideEntry): string {
  const why = because === undefined ? '' : ` (${because})`;
  return `${kind} ${id} ${act}${by === undefined ? '' : ` by ${by}`}${byUser(uid)}${why}`;
}

function identify({ reference, case: reason, by, confirmedBy, uid }: IdentifyEntry): string {
  return `identify ${reference} for ${reason} by ${by}, confirmed by ${confirmedBy}${byUser(uid)}`;
}

function byUser(uid: number | undefined): string {
  return uid === undefined ? '' : ` (user ${uid})`;
}
