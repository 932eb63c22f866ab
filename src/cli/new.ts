// `interdict new`: writes an app, a directive, a segment or an exemption, and says what the readers of policy make of it. Asks on a terminal
// when something needed is missing; elsewhere it says what is missing, all at once. Never writes over a file.

import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Instant } from '../base/brand.ts';
import { addSpan } from '../base/dates.ts';
import type { Problem } from '../base/problems.ts';
import type { Config } from '../config/config.ts';
import { loadSources } from '../config/load.ts';
import type { Vocabulary } from '../policy/model.ts';
import { wordsOf } from '../policy/vocabulary.ts';
import { compileHere } from './compile-here.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from './exit-codes.ts';
import { askAll, missingOf, openTerminal, type Terminal, withUsual } from './new/ask.ts';
import { faultOf, faultsOf } from './new/check-answer.ts';
import { type Draft, draftOf, nextExemption, placeFault, takenBy } from './new/draft.ts';
import type { Answers, Calendar, Field, Kind } from './new/field.ts';
import { FIELDS } from './new/fields.ts';
import { formatProblems, printLine, printProblems, seenFile } from './print.ts';

type Options = Readonly<Record<string, string | string[] | undefined>>;

export async function create(kind: Kind, options: Options & { config?: string }): Promise<number> {
  const { file, state } = chooseConfig(options.config);
  // The demo inside the package is nobody's to write to.
  if (state !== undefined)
    return refuse('there is no config/interdict.yaml here; name yours with --config', EXIT_USAGE);
  const now = Date.now() as Instant;
  const { config, model, configProblems } = loadSources(file, now);
  if (config === undefined || model === undefined) {
    printProblems(configProblems, file);
    return EXIT_PROBLEMS;
  }
  const nowhere = placeFault(kind, config);
  if (nowhere !== undefined) return refuse(nowhere, EXIT_PROBLEMS);
  const answers = await answersOf(kind, options, { config, words: wordsOf(model.lists), now });
  if (typeof answers === 'string') return refuse(answers, EXIT_USAGE);
  const before = await problemsOf(file, now);
  const draft = draftOf(kind, answers, config);
  if (typeof draft === 'string') return refuse(draft, EXIT_PROBLEMS);
  const fault = write(draft);
  if (fault !== undefined) return refuse(fault, EXIT_PROBLEMS);
  printLine(`${draft.was === undefined ? 'wrote' : 'added to'} ${seenFile(draft.file, file)}`);
  const brought = newOnes(await problemsOf(file, now), before);
  process.stdout.write(formatProblems(brought, file));
  return brought.some(({ severity }) => severity !== 'warning') ? EXIT_PROBLEMS : EXIT_FINE;
}

interface World {
  readonly config: Config;
  readonly words: Vocabulary;
  readonly now: Instant;
}

/** All that is needed, or why that cannot be had. */
async function answersOf(kind: Kind, options: Options, world: World): Promise<Answers | string> {
  const fields = FIELDS[kind];
  const given = givenOf(fields, options);
  const calendar = calendarOf(world);
  const faults = faultsOf(fields, given, world.words);
  const taken = given.id && takenBy(kind, given.id[0], world.config);
  if (taken !== undefined) faults.push(`--id: ${taken}`);
  const isWhole = missingOf(fields, withUsual(fields, given, calendar)).length === 0;
  if (!isWhole && faults.length === 0 && process.stdin.isTTY) {
    return (await asked(kind, given, calendar, world)) ?? 'nothing was written';
  }
  const answers = withUsual(fields, given, calendar);
  const missing = missingOf(fields, answers).map(
    ({ flag, about, shape }) =>
      `--${flag} is missing: ${about}${typeof shape === 'string' ? '' : ` (${shape.join(', ')})`}`,
  );
  return faults.length + missing.length === 0 ? answers : [...faults, ...missing].join('\n');
}

async function asked(kind: Kind, given: Answers, calendar: Calendar, world: World): Promise<Answers | undefined> {
  const terminal: Terminal = openTerminal(process.stdin, process.stderr);
  const check = (field: Field, text: string) =>
    faultOf(field.shape, text, world.words) ?? (field.flag === 'id' ? takenBy(kind, text, world.config) : undefined);
  try {
    return await askAll(FIELDS[kind], given, calendar, check, terminal);
  } finally {
    terminal.close();
  }
}

function givenOf(fields: readonly Field[], options: Options): Answers {
  const entries = fields.flatMap(({ flag }): [string, string[]][] => {
    const value = options[flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return value === undefined ? [] : [[flag, [value].flat()]];
  });
  return Object.fromEntries(entries);
}

function calendarOf({ config, now }: World): Calendar {
  const { timeZone } = config.department;
  // Sweden writes dates as we do.
  const day = (instant: number) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(instant);
  const today = day(now);
  return {
    today,
    inAYear: day(addSpan(now, { amount: 1, unit: 'years' }, timeZone)),
    nextExemption: nextExemption(config, today.slice(0, 4)),
  };
}

/** Whole or not at all, and never over what somebody else wrote meanwhile. */
function write({ file, text, mode, was }: Draft): string | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true });
    // A configuration may be a link into a checkout.
    const target = was === undefined ? file : realpathSync(file);
    const part = join(dirname(target), `.${basename(target)}.${process.pid}`);
    writeFileSync(part, text, { flag: 'wx', mode: was === undefined ? mode : statSync(target).mode & 0o777 });
    try {
      if (was === undefined) linkSync(part, target);
      else if (readFileSync(target, 'utf8') === was) renameSync(part, target);
      else return `${seenFile(file, file)} was changed meanwhile and stays as it is; try again`;
    } finally {
      rmSync(part, { force: true });
    }
    return undefined;
  } catch (error) {
    return `${seenFile(file, file)} cannot be written: ${error instanceof Error ? error.message : error}; nothing was changed`;
  }
}

async function problemsOf(file: string, now: Instant): Promise<readonly Problem[]> {
  return (await compileHere(file, now)).report.problems;
}

/** What the new file brings, there and elsewhere: a segment that should enforce a new directive is told too. */
function newOnes(after: readonly Problem[], before: readonly Problem[]): readonly Problem[] {
  const keyOf = ({ code, message, where }: Problem) => `${code} ${where.file} ${message}`;
  const known = new Set(before.map(keyOf));
  return after.filter((problem) => !known.has(keyOf(problem)));
}

function refuse(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}
