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

/** 1 for each byte that does not stand for itself. */
const NEEDS_ESCAPE = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, c) =>
  c > 32 && c < 127 && !'.\\*/:='.includes(String.fromCharCode(c)) ? 0 : 1,
);

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
  const plain = writePlainRule(snapshot, verdict, bytes, out, ruleAt, at + room - ruleAt);
  if (plain > 0) return head + 1 + plain;
  const ruleLength = writeRule(snapshot, verdict, bytes);
  if (head + 1 + ruleLength > room) return head;
  out.setUint8(ruleAt - 1, SLASH);
  for (let i = 0; i < ruleLength; i++) out.setUint8(ruleAt + i, snapshot.findings.text[i]);
  return head + 1 + ruleLength;
}

/**
 * As writeRule, with the slash in front, straight to where it goes: for a rule on a free-standing name in which nothing needs an escape
 * and nothing is cut, which is nearly all of them (30 ns instead of 120). 0 when it is not one of those.
 */
function writePlainRule(
  snapshot: Snapshot,
  verdict: number,
  bytes: Uint8Array,
  out: DataView,
  at: number,
  room: number,
): number {
  const { match, findings } = snapshot;
  const kind = kindOf(verdict);
  if (match.messageAt >= 0 || kind === KIND_ADDRESS || kind === KIND_EXCEPT_ADDRESS || room < MAX_RULE_TEXT) return 0;
  let start = at;
  if (snapshot.isFeed[appOf(verdict)] === 1) start = copy(FEED, out, start);
  if (kind === KIND_EXACT) out.setUint8(start++, EQUALS);
  if (kind === KIND_WILDCARD) {
    out.setInt16(start, STAR_DOT);
    start += 2;
  }
  const labels = findings.labels.starts;
  const end = splitLabels(bytes, match.at, labels) - skippedOf(verdict);
  const first = Math.max(0, end - matchedOf(verdict));
  const from = match.at + labels[first] + 1;
  const length = labels[end] - labels[first] - 1;
  if (start + length > at + MAX_RULE_TEXT || length <= 0) return 0;
  let toEscape = 0;
  for (let i = 0; i < length; i++) {
    const c = bytes[from + i];
    toEscape += NEEDS_ESCAPE[c];
    out.setUint8(start + i, c);
  }
  // The lengths of labels were in there too: dots in their place, and out of the sum.
  for (let label = first + 1; label < end; label++) {
    const labelAt = match.at + labels[label];
    toEscape -= NEEDS_ESCAPE[bytes[labelAt]];
    out.setUint8(start + labelAt - from, DOT);
  }
  if (toEscape > 0) return 0;
  out.setUint8(at - 1, SLASH);
  return start + length - at;
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
  const exemption = action === EXEMPT ? snapshot.exemptionTexts[exemptionIndex(snapshot, segment, verdict)] : NOTHING;
  const length = prefix.length + (action === EXEMPT ? exemption.length + 1 : 0);
  if (length > room) return 0;
  const end = copy(exemption, view, copy(prefix, view, at));
  if (action === EXEMPT) out[end] = COLON;
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
export type RuleScratch = Pick<Snapshot, 'match' | 'findings' | 'isFeed'>;

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
