// Decision ids: `directive/app/rule` as ASCII bytes, written where they are needed without a string in between.
//
// The rule is `name`, `=name`, `*.name` or a CIDR, with `feed:` in front when the app is a feed. Inside a name everything but printable
// ASCII is \DDD, and so are `* / : =` because they mean something in an id; dot and backslash inside a label are `\.` and `\\`.

import { splitLabels } from '../snapshot/labels.ts';
import { outcomeDirective, outcomeExemption } from '../snapshot/outcome.ts';
import type { Findings, Snapshot } from '../snapshot/snapshot.ts';
import {
  actionOf,
  appOf,
  EXEMPT,
  KIND_ADDRESS,
  KIND_EXACT,
  KIND_EXCEPT_ADDRESS,
  KIND_WILDCARD,
  kindOf,
  MONITORED,
  matchedOf,
  prefixBitsOf,
  RELEASED,
  skippedOf,
} from '../verdict.ts';
import { writePrefixText } from './address-text.ts';
import { unpackName } from './unpack-name.ts';

/** Characters of the rule part; a longer name is cut behind a whole character. */
export const MAX_RULE_TEXT = 200;
const SLASH = 0x2f;
const COLON = 0x3a;
const ASCII = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const FEED = ASCII('feed:');
const MONITORED_PREFIX = ASCII('monitored:');
const EXEMPT_PREFIX = ASCII('exempt:');
const RELEASED_PREFIX = ASCII('released:');
const NOTHING = new Uint8Array(0);

/**
 * Writes the id of a verdict that has a directive at out[at…], using snapshot.match and the bytes that were judged; gives its length.
 * Short of room it writes `directive/app`, then nothing.
 */
export function writeDecisionId(
  snapshot: Snapshot,
  segment: number,
  verdict: number,
  bytes: Uint8Array,
  out: Uint8Array,
  at: number,
  room: number,
): number {
  const directive = snapshot.directiveTexts[directiveIndex(snapshot, segment, verdict)];
  const app = snapshot.appTexts[appOf(verdict)];
  const head = directive.length + 1 + app.length;
  if (head > room) return 0;
  const appAt = copy(directive, out, at) + 1;
  out[appAt - 1] = SLASH;
  copy(app, out, appAt);
  const ruleLength = writeRule(snapshot, verdict, bytes);
  if (head + 1 + ruleLength > room) return head;
  out[at + head] = SLASH;
  for (let i = 0; i < ruleLength; i++) out[at + head + 1 + i] = snapshot.findings.text[i];
  return head + 1 + ruleLength;
}

/** As writeDecisionId, with `monitored:`, `exempt:ID:` or `released:` in front where the verdict lets through. */
export function writeEventId(
  snapshot: Snapshot,
  segment: number,
  verdict: number,
  bytes: Uint8Array,
  out: Uint8Array,
  at: number,
  room: number,
): number {
  const action = actionOf(verdict);
  const prefix =
    action === MONITORED
      ? MONITORED_PREFIX
      : action === EXEMPT
        ? EXEMPT_PREFIX
        : action === RELEASED
          ? RELEASED_PREFIX
          : NOTHING;
  const exemption = action === EXEMPT ? snapshot.exemptionTexts[exemptionIndex(snapshot, segment, verdict)] : NOTHING;
  const length = prefix.length + (action === EXEMPT ? exemption.length + 1 : 0);
  if (length > room) return 0;
  const end = copy(exemption, out, copy(prefix, out, at));
  if (action === EXEMPT) out[end] = COLON;
  const rest = writeDecisionId(snapshot, segment, verdict, bytes, out, at + length, room - length);
  return rest === 0 ? 0 : length + rest;
}

function directiveIndex(snapshot: Snapshot, segment: number, verdict: number): number {
  return outcomeDirective(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)]);
}
function exemptionIndex(snapshot: Snapshot, segment: number, verdict: number): number {
  return outcomeExemption(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)]);
}

function copy(from: Uint8Array, out: Uint8Array, at: number): number {
  for (let i = 0; i < from.length; i++) out[at + i] = from[i];
  return at + from.length;
}

/** Of a snapshot, or of whoever spells out ids when the snapshot is gone. */
export type RuleScratch = Pick<Snapshot, 'match' | 'findings' | 'isFeed'>;

/** The rule part into findings.text; gives its length. */
export function writeRule(scratch: RuleScratch, verdict: number, bytes: Uint8Array): number {
  const { match, findings } = scratch;
  const { text } = findings;
  const kind = kindOf(verdict);
  let length = scratch.isFeed[appOf(verdict)] === 1 ? copy(FEED, text, 0) : 0;
  if (kind === KIND_ADDRESS || kind === KIND_EXCEPT_ADDRESS) {
    const mapped = match.addressLength === 4;
    if (mapped) for (let i = 0; i < 4; i++) findings.address[12 + i] = bytes[match.at + i];
    return writePrefixText(
      mapped ? findings.address : bytes,
      mapped ? 0 : match.at,
      prefixBitsOf(verdict),
      text,
      length,
    );
  }
  if (kind === KIND_EXACT) text[length++] = 0x3d;
  if (kind === KIND_WILDCARD) {
    text[length++] = 0x2a;
    text[length++] = 0x2e;
  }
  const name = match.messageAt < 0 ? bytes : findings.name;
  const nameAt = match.messageAt < 0 ? match.at : 0;
  if (match.messageAt >= 0 && !unpackName(bytes, match.messageAt, match.at, bytes.length, findings.name)) return length;
  return writeLabels(findings, name, nameAt, skippedOf(verdict), matchedOf(verdict), length);
}

/** The labels that matched: `matched` of them, in front of the last `skipped`. */
function writeLabels(
  findings: Findings,
  name: Uint8Array,
  nameAt: number,
  skipped: number,
  matched: number,
  at: number,
): number {
  const count = splitLabels(name, nameAt, findings.labels);
  const first = Math.max(0, count - skipped - matched);
  let length = at;
  for (let label = first; label < count - skipped; label++) {
    if (label > first) {
      if (length + 1 > MAX_RULE_TEXT) return length;
      findings.text[length++] = 0x2e;
    }
    const start = nameAt + findings.labels[label];
    for (let i = start + 1; i <= start + name[start]; i++) {
      const next = writeCharacter(findings.text, length, name[i]);
      if (next > MAX_RULE_TEXT) return length;
      length = next;
    }
  }
  return length;
}

function writeCharacter(text: Uint8Array, at: number, c: number): number {
  if (c === 0x2e || c === 0x5c) {
    text[at] = 0x5c;
    text[at + 1] = c;
    return at + 2;
  }
  const isPlain = c > 32 && c < 127 && c !== 0x2a && c !== SLASH && c !== COLON && c !== 0x3d;
  if (isPlain) {
    text[at] = c;
    return at + 1;
  }
  text[at] = 0x5c;
  text[at + 1] = 0x30 + ((c / 100) | 0);
  text[at + 2] = 0x30 + (((c / 10) | 0) % 10);
  text[at + 3] = 0x30 + (c % 10);
  return at + 4;
}
