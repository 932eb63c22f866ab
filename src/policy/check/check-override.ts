// What makes an override invalid (POLICY.md §6): it opens too much, for too long, or on one person's word.

import { type Instant, unreachable } from '../../base/brand.ts';
import { countLabels, parseName } from '../../base/names.ts';
import type { Problem } from '../../base/problems.ts';
import type { EmergencyExemption, Fallback, Model, Override, OverrideTerms, Release } from '../model.ts';
import type { RuleBook } from '../overrides.ts';
import { parseRuleText } from '../rule-text.ts';
import { checkExemptions } from './check-exemptions.ts';
import { samePerson } from './places.ts';

const HOUR_MS = 3_600_000;
/** For another person to confirm it. */
const CONFIRM_HOURS = 1;
const LONGEST_HOURS: Readonly<Record<Override['kind'], number>> = {
  release: 72,
  fallback: 4,
  'emergency-exemption': 24,
};

type Report = (code: string, message: string) => void;

/** Every problem, all of them errors. `rules`: those of the policy that `model` belongs to. */
export function checkOverride(override: Override, model: Model, now: Instant, rules: RuleBook): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (code, message) => {
    problems.push({ code, severity: 'error', message, where: { file: 'override', line: 1, column: 1 } });
  };
  checkPeople(override, report);
  checkTerm(override, now, report);
  switch (override.kind) {
    case 'release':
      checkRelease(override.what, model, rules, report);
      break;
    case 'fallback':
      checkFallback(override, model, report);
      break;
    case 'emergency-exemption':
      for (const { code, message } of exemptionProblems(override, model, now)) report(code, message);
      break;
    default:
      unreachable(override);
  }
  return problems;
}

function checkPeople({ by, confirmedBy, ticket, reason }: OverrideTerms, report: Report): void {
  for (const [key, text] of Object.entries({ by, ticket, reason })) {
    if (text.trim() === '') report('missing-key', `${key} is empty; write it, an auditor will ask`);
  }
  if (confirmedBy === undefined) return;
  if (confirmedBy.trim() === '') report('missing-key', 'confirmed_by is empty; name who confirms it');
  if (samePerson(by, confirmedBy)) report('override-confirmer', `${by} asked for it; another person must confirm it`);
}

function checkTerm(override: Override, now: Instant, report: Report): void {
  const { kind, from, until, confirmBy } = override;
  if (until <= from) report('override-dates', 'until is not behind from; mend one of them');
  else if (until <= now) report('override-dates', 'until has passed; give a later one');
  if (confirmBy > from + CONFIRM_HOURS * HOUR_MS)
    report('override-dates', `it is to be confirmed within ${CONFIRM_HOURS} h of its beginning`);
  const longest = LONGEST_HOURS[kind];
  if (until - from > longest * HOUR_MS)
    report('override-too-long', `longer than ${longest} h, the most for ${kind}; end it earlier`);
}

function checkRelease(what: Release['what'], model: Model, rules: RuleBook, report: Report): void {
  const isSound = what.kind === 'name' ? checkName(what, model, rules, report) : checkRule(what, model, rules, report);
  if (!isSound) return;
  for (const app of rules.wholeApps(what)) {
    const message = `nothing of ${app} would remain; a whole app is never released: use a fallback of the directive`;
    report('release-whole-app', message);
  }
}

function checkName(
  { name, match }: Extract<Release['what'], { kind: 'name' }>,
  { lists }: Model,
  rules: RuleBook,
  report: Report,
): boolean {
  const isAbove = match === 'domain' && lists.cdnZones.some((zone) => zone.name.endsWith(`.${name}`));
  const wire = parseName(name);
  if (typeof wire === 'string') {
    report('name-invalid', `${name} is no domain name (${wire}); mend it`);
  } else if (countLabels(wire) < 2) {
    report('single-label', `${name} is a whole top-level domain; name what is wrongly blocked`);
  } else if (isAbove || rules.isZone(name)) {
    report(
      'cdn-zone',
      `${name} delivers for many, listed apps among them; name what is wrongly blocked in front of it`,
    );
  } else return true;
  return false;
}

function checkRule(
  { app, rule }: Extract<Release['what'], { kind: 'rule' }>,
  { lists }: Model,
  rules: RuleBook,
  report: Report,
): boolean {
  if (!lists.apps.some(({ id }) => id === app)) {
    report('unknown-app', `there is no app ${app}; mend the id`);
  } else if (parseRuleText(rule) === undefined) {
    report('unknown-rule', `${rule} reads as no rule; take it from a decision id: name, =name, *.name or a prefix`);
  } else if (!rules.hasRule(app, rule)) {
    report('unknown-rule', `${app} has no rule ${rule}; \`explain\` names those that match`);
  } else return true;
  return false;
}

function checkFallback({ directive, segment }: Fallback, { lists, department }: Model, report: Report): void {
  const found = department.segments.find(({ id }) => id === segment);
  if (found === undefined) report('unknown-segment', `there is no segment ${segment}; mend the id`);
  if (!lists.directives.some(({ id }) => id === directive)) {
    report('unknown-directive', `there is no directive ${directive}; mend the id`);
  } else if (found !== undefined && !found.enforce.some((entry) => entry.directive === directive)) {
    report('fallback-idle', `${segment} does not enforce ${directive}; there is nothing to fall back from`);
  }
}

/** As for a file, with the override's own times. */
function exemptionProblems(override: OverrideTerms & EmergencyExemption, model: Model, now: Instant): Problem[] {
  const { id, from, until } = override;
  const department = { ...model.department, exemptions: [{ ...override.exemption, id, from, until }] };
  return checkExemptions({ ...model, department }, now);
}
