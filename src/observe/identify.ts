// Whose request an event was: the one way back from a pseudonym to an address, for as long as the key of its day is kept. Whoever calls
// this has had the journal write down who asks, and for which case.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containsPrefix, formatAddress, parsePrefix } from '../base/addresses.ts';
import { isDate } from '../base/dates.ts';
import type { Span } from '../policy/model.ts';
import { dueOf } from './dated-files.ts';
import { eventsOf } from './event-files.ts';
import { addressOf, KEY_BYTES } from './pseudonym.ts';

/** `DAY/CLIENT` of an event line; its whole `time` may stand for the day. */
const REFERENCE = /^(\d{4}-\d{2}-\d{2})(?:T[\d:.]+Z)?\/([0-9a-f]{32})$/;

export interface Reference {
  readonly day: string;
  readonly pseudonym: string;
}

/** What the event files say of it. */
export interface Referred {
  readonly segments: readonly string[];
  readonly events: number;
  readonly first: string;
  readonly last: string;
}

export function parseReference(text: string): Reference | undefined {
  const match = REFERENCE.exec(text);
  return match !== null && isDate(match[1]) ? { day: match[1], pseudonym: match[2] } : undefined;
}

export function formatReference({ day, pseudonym }: Reference): string {
  return `${day}/${pseudonym}`;
}

/** What the day's events say of it; nobody is looked up of whom they say nothing. */
export async function findReferred(
  folder: string,
  { day, pseudonym }: Reference,
): Promise<Referred | { readonly fault: string }> {
  try {
    const referred = await gather(join(folder, `${day}.ndjson`), pseudonym);
    return referred.events > 0 ? referred : { fault: `no event of ${day} has the client ${pseudonym}` };
  } catch (error) {
    return { fault: `the events of ${day} cannot be read: ${(error as Error).message}` };
  }
}

async function gather(path: string, pseudonym: string): Promise<Referred> {
  const segments = new Set<string>();
  let events = 0;
  let first = '';
  let last = '';
  for await (const line of eventsOf(path)) {
    if (line?.client !== pseudonym) continue;
    segments.add(line.segment);
    if (events++ === 0) first = line.time;
    last = line.time;
  }
  return { segments: [...segments], events, first, last };
}

/** The address as text, or why nobody can tell. The date decides before the file does: a key that is due is not used though it lies there. */
export async function undo(
  folder: string,
  { day, pseudonym }: Reference,
  kept: Span,
  now: number,
): Promise<{ readonly address: string } | { readonly fault: string }> {
  const gone = {
    fault: `the key of ${day} is destroyed (keys are kept for ${kept.amount} ${kept.unit}): nobody can tell any more whose requests these were`,
  };
  if (dueOf(day, kept) <= now) return gone;
  try {
    const key = await readFile(join(folder, `${day}.key`));
    if (key.length !== KEY_BYTES)
      return { fault: `the key of ${day} is damaged: nobody can tell whose requests these were` };
    return { address: formatAddress(addressOf(key, pseudonym)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return gone;
    return { fault: `the key of ${day} cannot be read: ${message}; run this as the user that runs interdict` };
  }
}

/** Whether the address is one of these networks': under another key than its own a pseudonym gives an address out of nowhere. */
export function isClientOf(address: string, prefixes: readonly string[]): boolean {
  const host = parsePrefix(address);
  if (host === undefined || host === 'host-bits') return false;
  return prefixes.some((text) => {
    const prefix = parsePrefix(text);
    return prefix !== undefined && prefix !== 'host-bits' && containsPrefix(prefix, host);
  });
}
