// `interdict catalogue`: the instruments and apps of the files, whom they bind, what they demand, where they reach, and where they stand in
// the department's segments. Reads the files; needs no running instance.

import type { Instant } from '../base/brand.ts';
import { hasErrors } from '../base/problems.ts';
import { loadSources } from '../config/load.ts';
import { countRules } from '../lists/count-rules.ts';
import { nearest } from '../lists/yaml/suggest.ts';
import { type CatalogueFilter, catalogueOf, standings } from '../policy/catalogue.ts';
import type { ListsModel } from '../policy/model.ts';
import { catalogueText } from './catalogue-text.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from './exit-codes.ts';
import { printJson, printLine, printProblems } from './print.ts';

export async function catalogue(options: CatalogueFilter & { config?: string; json?: true }): Promise<number> {
  const { file } = chooseConfig(options.config);
  const now = Date.now() as Instant;
  const sources = loadSources(file, now);
  const { model } = sources;
  const errors = sources.problems.filter(({ severity }) => severity === 'error');
  printProblems(errors, file);
  if (model === undefined) return EXIT_PROBLEMS;
  const unknown = unknownWord(options, model.lists);
  if (unknown !== undefined) {
    process.stderr.write(`${unknown}\n`);
    return EXIT_USAGE;
  }
  const { directives, apps } = catalogueOf(
    model.lists,
    countRules(model.lists.apps.length, sources.rules),
    now,
    options,
  );
  const ids = new Set(directives.map(({ id }) => id));
  const segments = standings(model, now).map(({ segment, directives: all }) => ({
    segment,
    directives: Object.fromEntries(Object.entries(all).filter(([id]) => ids.has(id))),
  }));
  if (options.json) printJson({ directives, apps, segments });
  else printLine(catalogueText({ directives, apps }, segments));
  return hasErrors(errors) ? EXIT_PROBLEMS : EXIT_FINE;
}

/** A filter that nothing can match is a slip of the pen, not an empty catalogue. */
function unknownWord(filter: CatalogueFilter, { directives, apps }: ListsModel): string | undefined {
  const known: [string, string | undefined, string[]][] = [
    ['jurisdiction', filter.jurisdiction, directives.map(({ jurisdiction }) => jurisdiction)],
    ['app', filter.app, apps.map(({ id }) => id)],
    ['directive', filter.directive, directives.map(({ id }) => id)],
  ];
  for (const [kind, word, words] of known) {
    if (word === undefined || words.includes(word)) continue;
    const near = nearest(word, words);
    return `no ${kind} is called ${word}; ${near === undefined ? `interdict catalogue lists what there is` : `did you mean ${near}?`}`;
  }
  return undefined;
}
