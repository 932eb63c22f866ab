// apps/*.yaml → an App of the model and its rules. A file with faults still yields the rules that are sound, so that every problem of
// the folder is found in one go.

import type { Instant } from '../base/brand.ts';
import { instantOf } from '../base/dates.ts';
import type { Problem } from '../base/problems.ts';
import type { App } from '../policy/model.ts';
import { readName } from './rules/names.ts';
import { type Rule, type RuleContext, readRule } from './rules/rule.ts';
import { type AppText, appSchema, ruleSchema } from './schema/schema-app.ts';
import type { Clock } from './sources.ts';
import { valueAt, type YamlDocument } from './yaml/document.ts';
import { shapeOf } from './yaml/shape.ts';

export interface AppReading {
  /** Absent when the file has not the shape of an app. */
  readonly app?: App;
  readonly rules: readonly Rule[];
  readonly problems: Problem[];
}

export function readApp(context: RuleContext, sha256: string): AppReading {
  const { document, clock } = context;
  const shaped = shapeOf(appSchema, document);
  const problems = shaped.problems;
  const rules: Rule[] = [];
  const raw = valueAt(document.value, ['rules']);
  for (const [i, item] of (Array.isArray(raw) ? raw : []).entries()) {
    const parsed = shaped.isSound(['rules', i]) ? ruleSchema.safeParse(item) : undefined;
    if (!parsed?.success) continue;
    const read = readRule(parsed.data, ['rules', i], context);
    problems.push(...read.problems);
    if (read.rule !== undefined) rules.push(read.rule);
  }
  const text = shaped.value;
  if (text === undefined) return { rules, problems };
  problems.push(...checkTests(text.tests, document));
  const source = { kind: 'rules', file: document.file, sha256 } as const;
  const recheckBy = nextRecheck(text.rules, clock);
  const app: App = {
    ...headOf(text),
    tests: text.tests,
    source,
    ...(recheckBy !== undefined && { recheckBy }),
    places: document.places([], ['rules']),
  };
  return { app, rules, problems };
}

/** What apps and feeds say of themselves alike. */
export function headOf(
  text: Pick<AppText, 'id' | 'name' | 'operator' | 'unassigned' | 'open_questions'>,
): Pick<App, 'id' | 'name' | 'operator' | 'unassigned' | 'openQuestions'> {
  const { operator } = text;
  return {
    id: text.id,
    name: text.name,
    ...(operator !== undefined && {
      operator: { name: operator.name, asOf: operator.as_of, notes: operator.notes ?? [] },
    }),
    ...(text.unassigned !== undefined && { unassigned: text.unassigned }),
    openQuestions: text.open_questions ?? [],
  };
}

/** Of those still to come: what has passed has been told, rule by rule. */
function nextRecheck(rules: AppText['rules'], { now, timeZone }: Clock): Instant | undefined {
  const dates = rules.flatMap((rule) => (rule.recheck_by === undefined ? [] : [rule.recheck_by])).sort();
  const instants = [...new Set(dates)].map((date) => instantOf(date, 'end', timeZone));
  return instants.find((instant) => instant !== undefined && instant > now);
}

export function checkTests(
  tests: { blocked?: string[] | undefined; free?: string[] | undefined },
  document: YamlDocument,
): Problem[] {
  return (['blocked', 'free'] as const).flatMap((list) =>
    (tests[list] ?? []).flatMap((text, i): Problem[] => {
      const name = readName(text);
      if (!('message' in name)) return [];
      return [{ ...name, severity: 'error', where: document.place(['tests', list, i]) }];
    }),
  );
}
