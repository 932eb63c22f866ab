// decide() for doors that are not on the hot path, people and logs: the numbers of decide.ts spelled out as a Decision.

import { ANSWERS, ROLES } from '../model.ts';
import { isExcept } from '../snapshot/entries.ts';
import { outcomeExemption } from '../snapshot/outcome.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { actionOf, appOf, BLOCKED, EXEMPT, kindOf, MONITORED, RELEASED } from '../verdict.ts';
import { answerOf, directiveOf } from './decide.ts';
import type { Decision, RuleMatch } from './decision.ts';
import { writeEventId } from './decision-id.ts';
import { noteDetail, verdictOfFinding, weighFindings } from './judge.ts';
import {
  type Asker,
  asciiOf,
  bytesOf,
  formatSubject,
  judgeSubjects,
  lastLabels,
  ruleTextOf,
  type Subject,
  segmentOfAsker,
  throughOf,
} from './subjects.ts';

export const KIND_WORDS = ['none', 'domain', 'exact', 'wildcard', 'address', 'except', 'except-address'] as const;
/** Prefixes, exemption, directive, app and 200 characters of rule. */
const ID_ROOM = 1024;

/** Judges the subjects, the first being what was asked for. Allocates; packets go through verdictForName. */
export function decide(snapshot: Snapshot, asker: Asker, subjects: readonly Subject[]): Decision {
  const segment = segmentOfAsker(snapshot, asker);
  if (segment < 0) return { kind: 'refuse', because: 'no-segment' };
  const name = snapshot.segmentNames[snapshot.parents[segment]];
  const guard = judgeSubjects(snapshot, subjects);
  if (guard > 0) return protectedDecision(name, subjects[0], guard);
  const winner = weighFindings(snapshot, segment);
  if (winner < 0) return { kind: 'allow', because: 'not-listed', segment: name };
  noteDetail(snapshot.match, snapshot.findings.words[winner * 2 + 1]);
  const subject = subjects[snapshot.match.subject];
  const verdict = verdictOfFinding(snapshot, segment, winner);
  return spell(snapshot, segment, verdict, subject, name);
}

function protectedDecision(segment: string, subject: Subject, labels: number): Decision {
  const id = subject.kind === 'name' ? `protected:${lastLabels(subject.name, labels)}` : 'protected:';
  return { kind: 'allow', because: 'protected', segment, id };
}

function spell(snapshot: Snapshot, segment: number, verdict: number, subject: Subject, name: string): Decision {
  const match = matchInWords(snapshot, verdict, subject);
  const directive = snapshot.directiveIds[directiveOf(snapshot, segment, verdict)];
  const action = actionOf(verdict);
  switch (action) {
    case BLOCKED:
      return {
        kind: 'block',
        segment: name,
        directive,
        match,
        answer: ANSWERS[answerOf(snapshot, segment, verdict)],
        ede: snapshot.directiveCodes[directiveOf(snapshot, segment, verdict)] === 15 ? 'blocked' : 'censored',
        id: eventIdOf(snapshot, segment, verdict, subject),
      };
    case MONITORED:
    case EXEMPT:
    case RELEASED: {
      const because = action === MONITORED ? 'monitored' : action === EXEMPT ? 'exempt' : 'released';
      const id = eventIdOf(snapshot, segment, verdict, subject);
      return {
        kind: 'allow',
        because,
        segment: name,
        directive,
        ...(action === EXEMPT ? { exemption: exemptionOf(snapshot, segment, verdict) } : {}),
        ...(action === RELEASED ? { override: snapshot.overrideIds[snapshot.match.release - 1] } : {}),
        match,
        id,
      };
    }
    default:
      return {
        kind: 'allow',
        because: isExcept(kindOf(verdict)) ? 'excepted' : 'not-enforced',
        segment: name,
        match,
      };
  }
}

function exemptionOf(snapshot: Snapshot, segment: number, verdict: number): string {
  return snapshot.exemptionIds[outcomeExemption(snapshot.outcomes[segment * snapshot.apps + appOf(verdict)])];
}

/** The rule in words, from a verdict on this subject and the role in snapshot.match. */
function matchInWords(snapshot: Snapshot, verdict: number, subject: Subject): RuleMatch {
  const app = snapshot.words.apps[appOf(verdict)];
  const kind = KIND_WORDS[kindOf(verdict)];
  const through = throughOf(verdict, subject);
  return {
    app: app.id,
    appName: app.name,
    rule: ruleTextOf(snapshot, verdict, subject),
    // A verdict with a rule has a kind.
    kind: kind as RuleMatch['kind'],
    role: ROLES[snapshot.match.role],
    subject: formatSubject(subject),
    ...(through === undefined ? {} : { through }),
  };
}

/** The decision id with its prefix (`monitored:`, `exempt:ID:`, `released:ID:`), as text. */
function eventIdOf(snapshot: Snapshot, segment: number, verdict: number, subject: Subject): string {
  ruleTextOf(snapshot, verdict, subject);
  const out = new Uint8Array(ID_ROOM);
  return asciiOf(out, writeEventId(snapshot, segment, verdict, bytesOf(subject), out, 0, out.length));
}
