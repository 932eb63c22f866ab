// Directives and apps held against each other and against the calendar.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { App, Directive, ListsModel } from '../model.ts';
import { problemAt } from './places.ts';

export function checkLists(lists: ListsModel, now: Instant): Problem[] {
  const appIds = new Set(lists.apps.map(({ id }) => id));
  const named = new Set(lists.directives.flatMap(({ apps }) => apps.map(({ app }) => app)));
  return [
    ...lists.directives.flatMap((directive) => checkDirective(directive, appIds, now)),
    ...lists.apps.flatMap((app) => checkApp(app, named, now)),
  ];
}

/** Directives that nobody has read again for this file; for `check --strict`. */
export function checkMemory(directives: readonly Directive[]): Problem[] {
  return directives
    .filter(({ source }) => source.kind === 'memory')
    .map(({ id, places }) => {
      const message = `${id} rests on memory; read its source, then write kind, url and retrieved`;
      return problemAt('overdue', 'source-memory', message, places, 'source.kind');
    });
}

function checkDirective(directive: Directive, appIds: ReadonlySet<string>, now: Instant): Problem[] {
  const { id, places } = directive;
  const problems = directive.apps.flatMap(({ app }, i) =>
    appIds.has(app)
      ? []
      : [
          problemAt(
            'error',
            'unknown-app',
            `there is no app ${app}; add apps/${app}.yaml or mend the id`,
            places,
            `apps.${i}.app`,
          ),
        ],
  );
  const { reviewBy, dates } = directive;
  if (reviewBy !== undefined && reviewBy <= now && directive.status !== 'repealed') {
    const message = `${id} was to be reviewed by ${dates.reviewBy}; read its source again and set a new date`;
    problems.push(problemAt('overdue', 'review-overdue', message, places, 'review_by'));
  }
  const silent = notStated(directive);
  if (silent.length > 0) {
    const message = `the source of ${id} does not state ${silent.join(', ')}; the defaults of policy apply`;
    problems.push(problemAt('warning', 'not-stated', message, places, ''));
  }
  return problems;
}

/** Keys whose absence changes what the directive reaches or allows. The operator's own policy is whatever it says. */
function notStated({ instrument, binds, exemptions }: Directive): string[] {
  if (instrument === 'policy') return [];
  const silent = [];
  if (binds.devices === undefined && binds.networks === undefined) silent.push('binds.devices or binds.networks');
  if (exemptions.classes === undefined) silent.push('exemptions.classes');
  if (exemptions.longest === undefined) silent.push('exemptions.longest');
  return silent;
}

function checkApp(app: App, named: ReadonlySet<string>, now: Instant): Problem[] {
  const problems: Problem[] = [];
  if (!named.has(app.id) && app.unassigned === undefined) {
    const message = `no directive names ${app.id}, so it is never enforced; name it in one or write unassigned: REASON`;
    problems.push(problemAt('warning', 'app-unassigned', message, app.places, 'id'));
  }
  if (app.recheckBy !== undefined && app.recheckBy <= now) {
    const message = `a rule of ${app.id} was to be checked again by ${new Date(app.recheckBy).toISOString().slice(0, 10)}; check it and set a new recheck_by`;
    problems.push(problemAt('overdue', 'recheck-overdue', message, app.places, 'rules'));
  }
  return problems;
}
