// directives/*.yaml → a Directive of the model.

import type { Instant } from '../base/brand.ts';
import { instantOf } from '../base/dates.ts';
import type { Problem } from '../base/problems.ts';
import type { Directive, DirectiveApp, Vocabulary } from '../policy/model.ts';
import { present } from './present.ts';
import { parseSpan } from './rules/spans.ts';
import { type DirectiveText, directiveSchema } from './schema/schema-directive.ts';
import type { Clock } from './sources.ts';
import { unknownWord } from './vocabulary.ts';
import type { Path, YamlDocument } from './yaml/document.ts';
import { shapeOf } from './yaml/shape.ts';

export function readDirective(
  document: YamlDocument,
  clock: Clock,
  words: Vocabulary,
): { directive?: Directive; problems: Problem[] } {
  const { timeZone } = clock;
  const { value: text, problems } = shapeOf(directiveSchema, document);
  if (text === undefined) return { problems };
  problems.push(
    ...checkApps(text, document),
    ...checkBases(text, document),
    ...checkSource(text, document),
    ...checkSeen(text, document, clock),
    ...checkOrder(text, document, timeZone),
    ...checkReview(text, document),
    ...checkWords(text, document, words),
  );
  return { directive: directiveOf(text, document, timeZone), problems };
}

function directiveOf(text: DirectiveText, document: YamlDocument, timeZone: string): Directive {
  const instant = (value: string | undefined, edge: 'start' | 'end') =>
    value === undefined ? undefined : instantOf(value, edge, timeZone);
  // The schema's `date` lets no issue date through that has no instant.
  const issued = instant(text.issued, 'start') as Instant;
  return present({
    id: text.id,
    title: text.title,
    instrument: text.instrument,
    authority: text.authority,
    jurisdiction: text.jurisdiction,
    dates: present({ issued: text.issued, effective: text.effective, ends: text.ends, reviewBy: text.review_by }),
    issued,
    effective: instant(text.effective, 'start') ?? issued,
    ends: instant(text.ends, 'end'),
    reviewBy: instant(text.review_by, 'end'),
    status: text.status,
    binding: text.binding,
    binds: present({ ...text.binds }),
    demands: text.demands ?? [],
    scope: text.scope,
    apps: text.apps.map(namedApp),
    exemptions: present({
      classes: text.exemptions?.classes,
      grantedBy: text.exemptions?.granted_by,
      longest: text.exemptions?.longest === undefined ? undefined : parseSpan(text.exemptions.longest),
    }),
    source: present({ ...text.source }),
    ede: text.ede,
    openQuestions: text.open_questions ?? [],
    places: document.places([]),
  });
}

function namedApp(text: DirectiveText['apps'][number]): DirectiveApp {
  return present({
    app: text.app,
    basis: text.basis,
    decidedBy: text.decided_by,
    decidedOn: text.decided_on,
    reason: text.reason,
  });
}

/** What is under review may name nothing yet; anything else without an app would be a file that does nothing. */
function checkApps(text: DirectiveText, document: YamlDocument): Problem[] {
  if (text.apps.length > 0 || text.status === 'under-review') return [];
  const message = `apps is empty, which only status under-review may be; name at least one app`;
  return [error('no-apps', message, document, ['apps'])];
}

/** Any basis but `named` is somebody's judgement, and carries it. */
function checkBases(text: DirectiveText, document: YamlDocument): Problem[] {
  const seen = new Set<string>();
  return text.apps.flatMap((entry, i): Problem[] => {
    const path: Path = ['apps', i];
    const problems: Problem[] = [];
    if (seen.has(entry.app)) {
      problems.push(
        error('duplicate-app', `${entry.app} stands here twice; take one away`, document, [...path, 'app']),
      );
    }
    seen.add(entry.app);
    if (entry.basis === 'named') return problems;
    for (const key of ['decided_by', 'decided_on', 'reason'] as const) {
      const message = `the key ${key} is missing; basis ${entry.basis} is a judgement, say who, when and why`;
      if (entry[key] === undefined) problems.push(error('missing-key', message, document, path));
    }
    return problems;
  });
}

function checkSource(text: DirectiveText, document: YamlDocument): Problem[] {
  if (text.source.kind === 'memory') return [];
  return (['url', 'retrieved'] as const)
    .filter((key) => text.source[key] === undefined)
    .map((key) => {
      const message = `the key ${key} is missing; a source of kind ${text.source.kind} was read somewhere on some day, say so`;
      return error('missing-key', message, document, ['source']);
    });
}

/** What was read or decided has happened. */
function checkSeen(text: DirectiveText, document: YamlDocument, { now, timeZone }: Clock): Problem[] {
  const dates: [string | undefined, Path][] = [
    [text.source.retrieved, ['source', 'retrieved']],
    ...text.apps.map(({ decided_on }, i): [string | undefined, Path] => [decided_on, ['apps', i, 'decided_on']]),
  ];
  return dates.flatMap(([date, path]) => {
    const start = date === undefined ? undefined : instantOf(date, 'start', timeZone);
    if (start === undefined || start <= now) return [];
    return [error('evidence-future', `${date} is still to come; write the day on which it was seen`, document, path)];
  });
}

function checkOrder(text: DirectiveText, document: YamlDocument, timeZone: string): Problem[] {
  if (text.ends === undefined) return [];
  const begins = text.effective ?? text.issued;
  const from = instantOf(begins, 'start', timeZone);
  const to = instantOf(text.ends, 'end', timeZone);
  if (from === undefined || to === undefined || from < to) return [];
  return [
    error('dates-order', `ends ${text.ends} lies before its beginning ${begins}; mend one of them`, document, ['ends']),
  ];
}

/** Without a day for it nobody reads the source again; what is repealed needs no reading. */
function checkReview({ id, review_by, status }: DirectiveText, document: YamlDocument): Problem[] {
  if (review_by !== undefined || status === 'repealed') return [];
  const message = `nothing says when ${id} is to be read against its source again; add review_by`;
  return [{ code: 'review-missing', severity: 'warning', message, where: document.place([]) }];
}

function checkWords(text: DirectiveText, document: YamlDocument, words: Vocabulary): Problem[] {
  const used: [string, readonly string[], Path][] = [
    [text.instrument, words.instruments, ['instrument']],
    ...(text.exemptions?.classes ?? []).map((word, i): [string, readonly string[], Path] => [
      word,
      words.classes,
      ['exemptions', 'classes', i],
    ]),
  ];
  return used.flatMap(([word, known, path]) => {
    const message = unknownWord(word, known);
    return message === undefined ? [] : [error('unknown-word', message, document, path)];
  });
}

function error(code: string, message: string, document: YamlDocument, path: Path): Problem {
  return { code, severity: 'error', message, where: document.place(path) };
}
