// Why: the decision, every rule that matched with what became of it, every directive that names the app there, and the line of the file
// each rule stands in. Plain data; format-explanation.ts makes text of it.

import type { Place } from '../../base/problems.ts';
import { decide, KIND_WORDS } from '../decide/decide-in-words.ts';
import type { Decision, RuleMatch } from '../decide/decision.ts';
import { releaseOf } from '../decide/judge.ts';
import {
  type Asker,
  formatSubject,
  judgeSubjects,
  ruleTextOf,
  type Subject,
  segmentOfAsker,
  throughOf,
} from '../decide/subjects.ts';
import type { Binding, Role } from '../model.ts';
import type { ModeOrNone } from '../modes.ts';
import { isExcept, strength } from '../snapshot/entries.ts';
import { outcomeAction } from '../snapshot/outcome.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { appOf, BLOCKED, EXEMPT, kindOf, MONITORED, packVerdict } from '../verdict.ts';
import { type Candidate, candidatesOf } from './candidates.ts';

/** What became of a rule that matched. Stable words. */
export type Fate =
  /** It is the decision. */
  | 'decides'
  /** An except: its app does not apply. */
  | 'frees'
  /** An override frees what it matches. */
  | 'released'
  /** The segment enforces no directive that names the app. */
  | 'not-enforced'
  /** It settled its app, but another app's rule weighs more. */
  | 'outweighed'
  /** Its app was settled by an earlier subject (the query name, then the chain, then addresses). */
  | 'earlier-subject'
  /** Its app was settled before that CDN zone was taken off. */
  | 'earlier-walk'
  | 'deeper-rule'
  /** At equal depth: except > released > exact > domain > wildcard. */
  | 'stronger-kind'
  /** The query name is protected. */
  | 'protected';

export interface ExplainedRule {
  readonly app: string;
  readonly rule: string;
  readonly kind: RuleMatch['kind'];
  readonly role: Role;
  readonly subject: string;
  readonly through?: string;
  readonly fate: Fate;
  /** What the segment makes of its app. */
  readonly action: 'blocked' | 'monitored' | 'exempt' | 'released' | 'free';
  /** The override of `released`. */
  readonly releasedBy?: string;
  /** Where it stands; absent when the source cannot be read. */
  readonly place?: Place;
  /** That line's own text. */
  readonly line?: string;
  /** The file is no longer the one this policy was made of. */
  readonly hasChanged?: boolean;
}

export interface ExplainedDirective {
  readonly directive: string;
  readonly title: string;
  readonly instrument: string;
  readonly authority: string;
  readonly binding: Binding | string;
  readonly issued: string;
  readonly app: string;
  readonly mode: ModeOrNone;
  /** The exemption of this client that lifts it. */
  readonly liftedBy?: string;
  /** The override because of which it is monitored, not enforced. */
  readonly fallback?: string;
}

export interface Explanation {
  readonly subjects: readonly string[];
  /** Absent when no segment holds the client. */
  readonly segment?: { readonly id: string; readonly publicName: string; readonly exemptions: readonly string[] };
  readonly decision: Decision;
  /** In the order of judgement. */
  readonly rules: readonly ExplainedRule[];
  /** In the segment's order, for every app that a rule matched. */
  readonly directives: readonly ExplainedDirective[];
  /** Those that had a part in this. */
  readonly overrides: readonly Snapshot['words']['overrides'][number][];
  readonly generation: number;
  readonly policyHash: string;
}

/** Finds the line of a rule: given by lists/, since policy reads no files. */
export type Locate = (
  app: string,
  rule: string,
) => { readonly place: Place; readonly text: string; readonly hasChanged?: boolean } | undefined;

export function explain(snapshot: Snapshot, asker: Asker, subjects: readonly Subject[], locate: Locate): Explanation {
  const segment = segmentOfAsker(snapshot, asker);
  const decision = decide(snapshot, asker, subjects);
  const candidates = candidatesOf(snapshot, subjects);
  const rules = explainRules(snapshot, segment, subjects, candidates, decision, locate);
  const apps = new Set(candidates.map(({ app }) => app));
  const directives = segment < 0 ? [] : directivesFor(snapshot, segment, apps);
  return {
    subjects: subjects.map(formatSubject),
    ...(segment < 0 ? {} : { segment: segmentInWords(snapshot, segment) }),
    decision,
    rules,
    directives,
    overrides: overridesOf(snapshot, rules, directives),
    generation: snapshot.generation,
    policyHash: snapshot.policyHash,
  };
}

function segmentInWords(snapshot: Snapshot, segment: number): NonNullable<Explanation['segment']> {
  const { id, publicName } = snapshot.words.segments[snapshot.parents[segment]];
  return { id, publicName, exemptions: snapshot.words.lifted[segment].map((i) => snapshot.exemptionIds[i]) };
}

function overridesOf(
  { words }: Snapshot,
  rules: readonly ExplainedRule[],
  directives: readonly ExplainedDirective[],
): Explanation['overrides'] {
  const involved = new Set([
    ...rules.map(({ releasedBy }) => releasedBy),
    ...directives.flatMap(({ liftedBy, fallback }) => [liftedBy, fallback]),
  ]);
  return words.overrides.filter(({ id }) => involved.has(id));
}

function explainRules(
  snapshot: Snapshot,
  segment: number,
  subjects: readonly Subject[],
  candidates: readonly Candidate[],
  decision: Decision,
  locate: Locate,
): ExplainedRule[] {
  const isProtected = judgeSubjects(snapshot, subjects) > 0;
  const releases = releasesFound(snapshot, segment);
  const settling = settlingRules(candidates);
  return candidates.map((candidate) => {
    const subject = subjects[candidate.subject];
    const rule = ruleOf(snapshot, candidate, subject);
    const settles = settling.get(candidate.app) ?? candidate;
    const enforced = actionIn(snapshot, segment, candidate.app);
    const release = enforced === 'free' ? undefined : releases.get(candidate.app);
    const action = release === undefined ? enforced : 'released';
    const decides = 'match' in decision && decision.match !== undefined && isSame(decision.match, rule);
    const fate = isProtected ? 'protected' : fateOf(candidate, settles, action, decides);
    const found = locate(rule.app, rule.rule);
    return {
      ...rule,
      fate,
      action,
      ...(release === undefined ? {} : { releasedBy: release }),
      ...(found === undefined ? {} : { place: found.place, line: found.text }),
      ...(found?.hasChanged === true ? { hasChanged: true } : {}),
    };
  });
}

/** Ids of overrides by the app whose settling rule they release, of what was just judged. */
function releasesFound({ findings, overrideIds, parents }: Snapshot, segment: number): Map<number, string> {
  const releases = new Map<number, string>();
  if (segment < 0 || parents[segment] === segment) return releases;
  for (let i = 0; i < findings.count; i++) {
    const rule = findings.words[i * 2];
    const release = releaseOf(findings.words[i * 2 + 1]);
    if (release > 0 && !isExcept(kindOf(rule))) releases.set(appOf(rule), overrideIds[release - 1]);
  }
  return releases;
}

function isSame(match: RuleMatch, rule: ReturnType<typeof ruleOf>): boolean {
  return (
    match.app === rule.app &&
    match.rule === rule.rule &&
    match.kind === rule.kind &&
    match.subject === rule.subject &&
    match.through === rule.through
  );
}

function fateOf(candidate: Candidate, settles: Candidate, action: ExplainedRule['action'], decides: boolean): Fate {
  if (candidate !== settles) return whyNotSettling(candidate, settles);
  if (isExcept(candidate.kind)) return 'frees';
  if (action === 'free') return 'not-enforced';
  if (action === 'released') return 'released';
  return decides ? 'decides' : 'outweighed';
}

function whyNotSettling(candidate: Candidate, settles: Candidate): Fate {
  if (candidate.subject !== settles.subject) return 'earlier-subject';
  if (candidate.walk !== settles.walk) return 'earlier-walk';
  return candidate.depth !== settles.depth ? 'deeper-rule' : 'stronger-kind';
}

/** Per app the rule that settles it. */
function settlingRules(candidates: readonly Candidate[]): Map<number, Candidate> {
  const settling = new Map<number, Candidate>();
  for (const candidate of candidates) {
    const rival = settling.get(candidate.app);
    if (rival === undefined || overrules(candidate, rival)) settling.set(candidate.app, candidate);
  }
  return settling;
}

function overrules(a: Candidate, b: Candidate): boolean {
  const order =
    b.subject - a.subject ||
    b.walk - a.walk ||
    a.depth - b.depth ||
    strength(a.kind, a.release) - strength(b.kind, b.release);
  return order > 0;
}

function ruleOf(
  snapshot: Snapshot,
  { app, kind, depth, skipped, role }: Candidate,
  subject: Subject,
): Pick<ExplainedRule, 'app' | 'rule' | 'kind' | 'role' | 'subject' | 'through'> {
  const matched = depth & 0x7f;
  const verdict = packVerdict(0, kind, false, matched, subject.kind === 'address' ? depth >> 7 : skipped, app);
  const through = throughOf(verdict, subject);
  return {
    app: snapshot.appIds[app],
    rule: ruleTextOf(snapshot, verdict, subject),
    // Every candidate has a rule's kind.
    kind: KIND_WORDS[kind] as RuleMatch['kind'],
    role,
    subject: formatSubject(subject),
    ...(through === undefined ? {} : { through }),
  };
}

function actionIn(snapshot: Snapshot, segment: number, app: number): Exclude<ExplainedRule['action'], 'released'> {
  if (segment < 0) return 'free';
  switch (outcomeAction(snapshot.outcomes[segment * snapshot.apps + app])) {
    case BLOCKED:
      return 'blocked';
    case MONITORED:
      return 'monitored';
    case EXEMPT:
      return 'exempt';
    default:
      return 'free';
  }
}

function directivesFor(snapshot: Snapshot, segment: number, apps: ReadonlySet<number>): ExplainedDirective[] {
  const { words } = snapshot;
  const lifting = words.lifted[segment].map((i) => words.exemptions[i]);
  const parent = snapshot.parents[segment];
  return words.segments[parent].enforce.flatMap((entry) => {
    const { directive } = entry;
    // The segment itself is what remains once its fallbacks have ended.
    const fallback = segment === parent ? undefined : entry.fallback;
    const mode = entry.fallback !== undefined && fallback === undefined ? 'enforce' : entry.mode;
    const { id, title, instrument, authority, binding, issued, apps: named } = words.directives[directive];
    return named
      .filter((app) => apps.has(app))
      .map((app) => {
        const appId = snapshot.appIds[app];
        const exemption = lifting.find((e) => e.under.includes(id) && e.apps.includes(appId));
        return {
          directive: id,
          title,
          instrument,
          authority,
          binding,
          issued,
          app: appId,
          mode,
          ...(exemption === undefined ? {} : { liftedBy: exemption.id }),
          ...(fallback === undefined ? {} : { fallback: snapshot.overrideIds[fallback] }),
        };
      });
  });
}
