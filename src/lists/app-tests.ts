// The tests that every app carries: names it has to match, and names that have to stay free of it.

import type { WireName } from '../base/brand.ts';
import type { Problem } from '../base/problems.ts';
import type { App, ListsModel } from '../policy/model.ts';
import { readName } from './rules/names.ts';
import { quote } from './yaml/shape.ts';

/**
 * `appsThatMatch` gives the ids of the apps that a name matches, whatever the segment. A test that fails is an error: a wrong list is
 * not to be served.
 */
export function runAppTests(appsThatMatch: (name: WireName) => readonly string[], model: ListsModel): Problem[] {
  return model.apps.flatMap((app) => [
    ...failing(app, 'blocked', (found) => !found.includes(app.id), appsThatMatch),
    ...failing(app, 'free', (found) => found.includes(app.id), appsThatMatch),
  ]);
}

function failing(
  app: App,
  list: 'blocked' | 'free',
  fails: (found: readonly string[]) => boolean,
  appsThatMatch: (name: WireName) => readonly string[],
): Problem[] {
  return app.tests[list].flatMap((text, i): Problem[] => {
    const name = readName(text);
    // Refused when the file was read; a stored model can hold none.
    if ('message' in name || !fails(appsThatMatch(name))) return [];
    const where = app.places[`tests.${list}.${i}`] ?? { file: app.source.file, line: 1, column: 1 };
    const message =
      list === 'blocked'
        ? `${quote(text)} is to match ${app.id} and does not; add a rule, or take the test away`
        : `${quote(text)} is to stay free and matches ${app.id}; narrow the rule, add an except, or take the test away`;
    return [{ code: list === 'blocked' ? 'test-not-blocked' : 'test-not-free', severity: 'error', message, where }];
  });
}
