// What `interdict new` writes: answers to lines of YAML.

import { type Answers, all, one } from './field.ts';
import { flow, group, line, stated } from './yaml-lines.ts';

export function appLines(answers: Answers): string[] {
  const operator = one(answers, 'operator');
  const rules = (['domain', 'exact'] as const).flatMap((pattern) =>
    all(answers, pattern).map((name) => `- ${flow({ [pattern]: name, ...proofOf(answers) })}`),
  );
  return [
    ...line('id', one(answers, 'id')),
    ...line('name', one(answers, 'name')),
    operator === undefined
      ? '# operator: not stated'
      : `operator: ${flow({ name: operator, as_of: one(answers, 'as-of') })}`,
    ...line('unassigned', one(answers, 'unassigned')),
    ...group('rules', rules),
    ...group('tests', [...line('blocked', all(answers, 'blocked')), ...line('free', all(answers, 'free'))]),
  ];
}

function proofOf(answers: Answers): Record<string, unknown> {
  return {
    role: one(answers, 'role'),
    confidence: one(answers, 'confidence'),
    evidence: all(answers, 'evidence'),
    recheck_by: one(answers, 'recheck-by'),
  };
}

export function directiveLines(answers: Answers): string[] {
  const text = (flag: string) => one(answers, flag);
  const list = (flag: string) => all(answers, flag);
  const named = list('app').map((app) => `- ${flow({ app, basis: 'named' })}`);
  return [
    ...['id', 'title', 'instrument', 'authority', 'jurisdiction', 'issued'].flatMap((key) => line(key, text(key))),
    ...stated('effective', text('effective'), 'the day of issue counts'),
    ...stated('ends', text('ends')),
    ...line('status', text('status')),
    ...line('binding', text('binding')),
    ...group('binds', [
      ...stated('bodies', text('bodies')),
      ...stated('devices', list('devices')),
      ...stated('networks', list('networks')),
    ]),
    ...stated('demands', list('demands'), "a block is the department's own measure"),
    ...line('scope', text('scope')),
    ...(named.length > 0 ? group('apps', named) : ['apps: []']),
    ...group('exemptions', [
      ...stated('classes', list('classes'), 'each is allowed'),
      ...stated('granted_by', text('granted-by')),
      ...stated('longest', text('longest'), "the operator's own limit counts"),
    ]),
    ...group('source', [
      ...line('kind', text('source')),
      ...line('url', text('url')),
      ...line('retrieved', text('retrieved')),
    ]),
    ...line('open_questions', list('open-question')),
    ...line('review_by', text('review-by')),
  ];
}

export function exemptionLines(answers: Answers): string[] {
  const keys: readonly [key: string, flag: string][] = [
    ['requested_by', 'requested-by'],
    ['approved_by', 'approved-by'],
    ['approved_on', 'approved-on'],
    ['ticket', 'ticket'],
    ['justification', 'justification'],
  ];
  return [
    ...line('segment', one(answers, 'segment')),
    ...line('clients', all(answers, 'clients')),
    ...line('under', all(answers, 'under')),
    ...line('apps', all(answers, 'app')),
    ...line('class', one(answers, 'class')),
    ...keys.flatMap(([key, flag]) => line(key, one(answers, flag))),
    ...stated('mitigations', all(answers, 'mitigation')),
    ...line('from', one(answers, 'from')),
    ...line('until', one(answers, 'until')),
  ];
}

export function segmentLines(answers: Answers): string[] {
  const until = one(answers, 'monitor-until');
  const monitored = all(answers, 'monitor').map((directive) => ({
    directive,
    mode: 'monitor',
    // biome-ignore lint/suspicious/noThenProperty: the key's name in the file; no function, so nothing takes it for a promise
    ...(until !== undefined && { until, then: 'enforce' }),
  }));
  return [
    ...line('id', one(answers, 'id')),
    ...line('kind', one(answers, 'kind')),
    ...line('reason', one(answers, 'why-mixed')),
    ...stated('jurisdiction', one(answers, 'jurisdiction')),
    ...line('clients', all(answers, 'clients')),
    ...line('public_name', one(answers, 'public-name')),
    ...line('contact', one(answers, 'contact')),
    ...line('answer', one(answers, 'answer')),
    ...line('enforce', [...all(answers, 'enforce'), ...monitored]),
  ];
}
