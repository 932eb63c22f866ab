// Decision ids: `directive/app/rule` as ASCII bytes, written where they are needed without a string in between.
//
// The rule is `name`, `=name`, `*.name` or a CIDR, with `feed:` in front when the app is a feed. Inside a name everything but printable
// ASCII is \DDD, and so are `* / : =` because they mean something in an id; dot and backslash inside a label are `\.` and `\\`.

import { copyByFours } from '../../base/bytes.ts';
import { NEEDS_ESCAPE, splitLabels } from '../snapshot/labels.ts';
import { outcomeDirective, outcomeExemption } from '../snapshot/outcome.ts';
import type { Findings, Match, Snapshot } from '../snapshot/snapshot.ts';
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
const EQUALS = 0x3d;
const STAR = 0x2a;
const DOT = 0x2e;
const STAR_DOT = (STAR << 8) | DOT;
const BACKSLASH = 0x5c;
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
  out: DataView,
  at: number,
  room: number,
): number {
  const directive = snapshot.directiveTexts[directiveIndex(snapshot, segment, verdict)];
  const app = snapshot.appTexts[appOf(verdict)];
  const head = directive.length + 1 + app.length;
  if (head > room) return 0;
  const appAt = copy(directive, out, at) + 1;
  out.setUint8(appAt - 1, SLASH);
  const ruleAt = copy(app, out, appAt) + 1;
  const plain = writePlainRule(snapshot, verdict, out, ruleAt, at + room - ruleAt);
  if (plain > 0) return head + 1 + plain;
  const ruleLength = writeRule(snapshot, verdict, bytes);
  if (head + 1 + ruleLength > room) return head;
  out.setUint8(ruleAt - 1, SLASH);
  for (let i = 0; i < ruleLength; i++) out.setUint8(ruleAt + i, snapshot.findings.text[i]);
  return head + 1 + ruleLength;
}

/**
 * As writeRule, with the slash in front, straight to where it goes and by fours: for a rule on a packet's qname, in a policy where nothing
 * needs an escape (20 ns instead of 120). 0 when it is not that, or too long for the room or for an id.
 */
function writePlainRule(snapshot: Snapshot, verdict: number, out: DataView, at: number, room: number): number {
  const { labels } = snapshot.match;
  if (labels === undefined || !snapshot.isPlain || room < MAX_RULE_TEXT + 3) return 0;
  const kind = kindOf(verdict);
  let end = at;
  if (snapshot.isFeed[appOf(verdict)] === 1) end = copy(FEED, out, end);
  if (kind === KIND_EXACT) out.setUint8(end++, EQUALS);
  if (kind === KIND_WILDCARD) {
    out.setInt16(end, STAR_DOT);
    end += 2;
  }
  const { view, starts } = labels;
  const last = labels.count - skippedOf(verdict);
  const first = Math.max(0, last - matchedOf(verdict));
  const from = starts[first] + 1;
  const length = starts[last] - from;
  if (end + length > at + MAX_RULE_TEXT) return 0;
  copyByFours(view, from, out, end, length);
  for (let label = first + 1; label < last; label++) out.setUint8(end + starts[label] - from, DOT);
  out.setUint8(at - 1, SLASH);
  return end + length - at;
}

/** As writeDecisionId, with `monitored:`, `exempt:ID:` or `released:ID:` in front where the verdict lets through. */
export function writeEventId(
  snapshot: Snapshot,
  segment: number,
  verdict: number,
  bytes: Uint8Array,
  out: Uint8Array,
  at: number,
  room: number,
): number {
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const action = actionOf(verdict);
  const prefix =
    action === MONITORED
      ? MONITORED_PREFIX
      : action === EXEMPT
        ? EXEMPT_PREFIX
        : action === RELEASED
          ? RELEASED_PREFIX
          : NOTHING;
  const by =
    action === EXEMPT
      ? snapshot.exemptionTexts[exemptionIndex(snapshot, segment, verdict)]
      : action === RELEASED
        ? snapshot.overrideTexts[snapshot.match.release - 1]
        : NOTHING;
  const length = prefix.length + (by === NOTHING ? 0 : by.length + 1);
  if (length > room) return 0;
  const end = copy(by, view, copy(prefix, view, at));
  if (by !== NOTHING) out[end] = COLON;
  const rest = writeDecisionId(snapshot, segment, verdict, bytes, view, at + length, room - length);
  return rest === 0 ? 0 : length + rest;
}

function directiveIndex(snapshot: Snapshot, segment: number, verdict: number): number {
  return outcomeDirective(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)]);
}
function exemptionIndex(snapshot: Snapshot, segment: number, verdict: number): number {
  return outcomeExemption(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)]);
}

function copy(from: Uint8Array, out: DataView, at: number): number {
  for (let i = 0; i < from.length; i++) out.setUint8(at + i, from[i]);
  return at + from.length;
}

/** Of a snapshot, or of whoever spells out ids when the snapshot is gone. */
export type RuleScratch = Pick<Snapshot, 'findings' | 'isFeed'> & { readonly match: Omit<Match, 'labels'> };

/** The rule part into findings.text; gives its length. */
export function writeRule(scratch: RuleScratch, verdict: number, bytes: Uint8Array): number {
  const { match, findings } = scratch;
  const { text } = findings;
  const kind = kindOf(verdict);
  let length = 0;
  if (scratch.isFeed[appOf(verdict)] === 1) for (const c of FEED) text[length++] = c;
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
  if (kind === KIND_EXACT) text[length++] = EQUALS;
  if (kind === KIND_WILDCARD) {
    text[length++] = STAR;
    text[length++] = DOT;
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
  const { starts } = findings.labels;
  const count = splitLabels(name, nameAt, starts);
  const first = Math.max(0, count - skipped - matched);
  let length = at;
  for (let label = first; label < count - skipped; label++) {
    if (label > first) {
      if (length + 1 > MAX_RULE_TEXT) return length;
      findings.text[length++] = DOT;
    }
    const start = nameAt + starts[label];
    for (let i = start + 1; i <= start + name[start]; i++) {
      const next = writeCharacter(findings.text, length, name[i]);
      if (next > MAX_RULE_TEXT) return length;
      length = next;
    }
  }
  return length;
}

function writeCharacter(text: Uint8Array, at: number, c: number): number {
  if (NEEDS_ESCAPE[c] === 0) {
    text[at] = c;
    return at + 1;
  }
  text[at] = BACKSLASH;
  if (c === DOT || c === BACKSLASH) {
    text[at + 1] = c;
    return at + 2;
  }
  text[at + 1] = 0x30 + ((c / 100) | 0);
  text[at + 2] = 0x30 + (((c / 10) | 0) % 10);
  text[at + 3] = 0x30 + (c % 10);
  return at + 4;
}
