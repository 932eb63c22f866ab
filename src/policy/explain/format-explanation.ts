// An Explanation as text for a terminal: the answer first, then the reasons, then what else matched.

import type { Decision } from '../decide/decision.ts';
import type { ExplainedDirective, ExplainedRule, Explanation, Fate } from './explain.ts';

const FATES: Record<Fate, string> = {
  decides: 'this rule decides',
  frees: 'frees the name from its app',
  released: 'an override releases it',
  'not-enforced': 'no directive of this segment names the app',
  outweighed: "another app's rule weighs more",
  'earlier-subject': 'its app is settled by an earlier subject',
  'earlier-walk': 'its app is settled before this CDN zone is taken off',
  'deeper-rule': 'a deeper rule of its app decides',
  'stronger-kind': 'at equal depth except beats released beats exact beats domain beats wildcard',
  protected: 'the name is protected',
};

export function formatExplanation(explanation: Explanation): string {
  const { subjects, segment, decision, rules, directives, overrides } = explanation;
  const where = segment === undefined ? 'no segment' : `${segment.id} (${segment.publicName})`;
  const lines = [
    `${subjects[0]}: ${headline(decision)}`,
    `  segment    ${where}`,
    ...(subjects.length > 1 ? [`  through    ${subjects.slice(1).join(', ')}`] : []),
    ...(segment !== undefined && segment.exemptions.length > 0
      ? [`  exemptions ${segment.exemptions.join(', ')}`]
      : []),
    ...overrides.map(({ id, until }) => `  override   ${id}, until ${new Date(until).toISOString()}`),
    ...('id' in decision && decision.id !== undefined ? [`  id         ${decision.id}`] : []),
    ...section('directives', directives.map(formatDirective)),
    ...section('rules that matched', rules.map(formatRule)),
    `  policy     generation ${explanation.generation}, ${explanation.policyHash.slice(0, 16)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function headline(decision: Decision): string {
  switch (decision.kind) {
    case 'refuse':
      return 'refused, no segment holds this client';
    case 'block':
      return `blocked, answered with ${decision.answer}`;
    case 'allow':
      return `allowed, ${ALLOWED[decision.because]}${decision.override === undefined ? '' : `: ${decision.override}`}`;
  }
}

const ALLOWED: Record<Extract<Decision, { kind: 'allow' }>['because'], string> = {
  'not-listed': 'no rule matches',
  excepted: 'an except frees it',
  'not-enforced': 'this segment enforces no directive that names the app',
  monitored: 'counted and recorded only',
  exempt: 'an exemption covers this client',
  released: 'an override releases it',
  protected: 'the name is protected',
};

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function formatDirective(d: ExplainedDirective): string {
  const lifted = d.liftedBy === undefined ? '' : `, lifted by ${d.liftedBy}`;
  const fallback = d.fallback === undefined ? '' : ` by ${d.fallback}`;
  return `${d.directive}: ${d.instrument} of ${d.authority}, ${d.issued}, ${d.binding}; names ${d.app}; ${d.mode}${fallback}${lifted}`;
}

function formatRule(rule: ExplainedRule): string {
  const { place } = rule;
  const through = rule.through === undefined ? '' : ` through ${rule.through}`;
  const changed = rule.hasChanged === true ? ' (file changed since)' : '';
  const mark = rule.fate === 'decides' ? '*' : '-';
  const by = rule.fate === 'released' && rule.releasedBy !== undefined ? `: ${rule.releasedBy}` : '';
  const where = place === undefined ? '' : `\n        ${place.file}:${place.line}:${place.column}${changed}`;
  return `${mark} ${rule.app}/${rule.rule} (${rule.kind}, ${rule.role}) on ${rule.subject}${through}: ${FATES[rule.fate]}${by}${where}`;
}
