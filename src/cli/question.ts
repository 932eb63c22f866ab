// What `interdict explain` is asked: subjects and an asker, from names, addresses, URLs or a decision id.

import { parseAddress } from '../base/addresses.ts';
import type { Instant } from '../base/brand.ts';
import { instantOf } from '../base/dates.ts';
import { parseName } from '../base/names.ts';
import { decide } from '../policy/decide/decide-in-words.ts';
import { parseDecisionId } from '../policy/decide/parse-decision-id.ts';
import type { Asker, Subject } from '../policy/decide/subjects.ts';
import { parseRuleText } from '../policy/rule-text.ts';
import type { Snapshot } from '../policy/snapshot/snapshot.ts';

const PROTECTED = 'protected:';

export interface QuestionText {
  readonly client?: string;
  readonly id?: string;
  readonly at?: string;
}

export interface Question {
  readonly subjects: readonly Subject[];
  readonly client?: Uint8Array;
  /** The decision id that is asked about. */
  readonly id?: string;
  /** Where no client is given and no segment decides this id now, one that names this directive is meant. */
  readonly directive?: string;
  readonly at?: Instant;
}

/** What is asked, or a sentence on what is wrong with it. A date of `--at` begins in the department's time zone. */
export function questionOf(
  texts: readonly string[],
  { client: clientText, id, at: atText }: QuestionText,
  timeZone: string,
): Question | string {
  const client = clientText === undefined ? undefined : parseAddress(clientText);
  if (clientText !== undefined && client === undefined) return `--client ${clientText} is no address`;
  const at = atText === undefined ? undefined : instantOf(atText, 'start', timeZone);
  if (atText !== undefined && at === undefined) return `--at ${atText} is neither a date nor an RFC 3339 instant`;
  const when = { ...(client && { client }), ...(at !== undefined && { at }) };
  if (id !== undefined) return texts.length > 0 ? 'give a subject or --id, not both' : questionOfId(id, when);
  if (texts.length === 0) return 'give a name, an address or a URL, or --id; and --client';
  if (client === undefined) return 'give --client: what is decided depends on who asks';
  const subjects = texts.map(parseSubject);
  const bad = subjects.indexOf(undefined);
  if (bad >= 0) return `${texts[bad]} is no name, address or URL`;
  return { subjects: subjects.filter((subject) => subject !== undefined), ...when };
}

function questionOfId(id: string, when: Pick<Question, 'client' | 'at'>): Question | string {
  if (id.startsWith(PROTECTED)) {
    const name = parseName(id.slice(PROTECTED.length));
    return typeof name === 'string' ? noId(id) : { subjects: [{ kind: 'name', name }], id, ...when };
  }
  const parsed = parseDecisionId(id);
  if (parsed === undefined) return noId(id);
  const rule = parsed.rule === undefined ? undefined : parseRuleText(parsed.rule);
  if (rule === undefined)
    return `${id} names no whole rule: it was cut for want of room; look for the request in the event log`;
  const { directive } = parsed;
  if (rule.kind === 'address')
    return { subjects: [{ kind: 'address', address: rule.prefix.address }], id, directive, ...when };
  // A wildcard says nothing of its own name: take one below it.
  const name = rule.kind === 'wildcard' ? Uint8Array.of(1, 0x78, ...rule.name) : rule.name;
  return { subjects: [{ kind: 'name', name }], id, directive, ...when };
}

function noId(id: string): string {
  return `${id} is no decision id; one reads directive/app/rule`;
}

/** A name, an address, or the host of a URL. */
export function parseSubject(text: string): Subject | undefined {
  const host = hostOf(text);
  const address = parseAddress(host.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return { kind: 'address', address };
  const name = parseName(host);
  return typeof name === 'string' ? undefined : { kind: 'name', name };
}

function hostOf(text: string): string {
  return text.includes('://') ? (URL.parse(text)?.hostname ?? text) : text;
}

/**
 * The client, or for an id alone the first segment (exemptions of its clients included) where this very id is decided: `monitored:` is
 * asked of one that monitors, `exempt:` of the exempt clients.
 */
export function askerOf(question: Question, snapshot: Snapshot, now: Instant): Asker {
  const { client, id, directive, subjects, at: nowMs = now } = question;
  if (client !== undefined) return { client, nowMs };
  for (let segment = 0; segment < snapshot.derived; segment++) {
    const decision = decide(snapshot, { segment, nowMs }, subjects);
    if ('id' in decision && decision.id === id) return { segment, nowMs };
  }
  const { segments, directives } = snapshot.words;
  const segment = segments.findIndex(({ enforce }) =>
    enforce.some((entry) => directives[entry.directive].id === directive),
  );
  return segment < 0 ? { nowMs } : { segment, nowMs };
}
