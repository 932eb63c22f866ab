// `interdict readiness DIRECTIVE --segment S`: whether a directive can go from monitor to enforce in a segment, from the event files.
// Reads files alone; needs no running instance.

import type { Instant } from '../../base/brand.ts';
import { isDate } from '../../base/dates.ts';
import type { Config } from '../../config/config.ts';
import { loadSources } from '../../config/load.ts';
import { statePaths } from '../../control/state-folder.ts';
import { nearest } from '../../lists/yaml/suggest.ts';
import { datedFiles } from '../../observe/dated-files.ts';
import { eventsOf } from '../../observe/event-files.ts';
import { dayOf } from '../../observe/pseudonym.ts';
import { type Readiness as Counted, ReadinessCount, type ReadinessQuestion } from '../../observe/readiness.ts';
import type { Model } from '../../policy/model.ts';
import { askedMode, highestMode, modeAt } from '../../policy/modes.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from '../exit-codes.ts';
import { printJson, printProblems } from '../print.ts';
import { readinessText } from './readiness-text.ts';

const DAY_MS = 86_400_000;

interface ReadinessOptions {
  readonly config?: string;
  readonly segment?: string;
  readonly since?: string;
  readonly json?: true;
}

/** What is printed. */
export interface Readiness extends Counted {
  readonly directive: string;
  readonly segment: string;
  readonly smallestGroup: number;
  /** UTC dates, both included. */
  readonly from: string;
  readonly to: string;
  readonly observed: readonly string[];
  /** Days of which there is no event file: nobody watched, or the file is gone. */
  readonly unobserved: readonly string[];
  /** The mode of the present files; `none`: the segment does not name it. */
  readonly mode: 'enforce' | 'monitor' | 'none';
  readonly next?: { readonly mode: 'enforce' | 'monitor'; readonly at: string };
}

export async function readiness(directive: string, options: ReadinessOptions): Promise<number> {
  const choice = chooseConfig(options.config);
  const now = Date.now() as Instant;
  const { config, model, problems } = loadSources(choice.file, now);
  if (config === undefined || model === undefined) {
    printProblems(problems, choice.file);
    return EXIT_PROBLEMS;
  }
  const question = questionOf(directive, options, model, config);
  if (typeof question === 'string') {
    process.stderr.write(`${question}\n`);
    return EXIT_USAGE;
  }
  const folder = statePaths(choice.state ?? config.state).events;
  const read = await count(folder, question, options.since, dayOf(now));
  const answer = { ...read, ...standing(question, model, now) };
  if (options.json) printJson(answer);
  else process.stdout.write(readinessText(answer));
  return EXIT_FINE;
}

/** A slip of the pen would read as "nothing would be blocked". */
function questionOf(
  directive: string,
  { segment, since }: ReadinessOptions,
  { lists, department }: Model,
  { privacy }: Config,
): ReadinessQuestion | string {
  if (segment === undefined) return 'give --segment: readiness is a matter of one network';
  if (since !== undefined && !isDate(since)) return `--since ${since} is no date; write one such as 2026-11-24`;
  const found = lists.directives.find(({ id }) => id === directive);
  if (found === undefined) return unknown('directive', directive, lists.directives);
  if (!department.segments.some(({ id }) => id === segment)) return unknown('segment', segment, department.segments);
  return {
    directive,
    segment,
    apps: new Set(found.apps.map(({ app }) => app)),
    tested: new Set(lists.apps.flatMap(({ tests }) => [...tests.blocked, ...tests.free]).map(plainName)),
    smallestGroup: privacy.smallestGroup,
  };
}

function unknown(kind: string, word: string, known: readonly { readonly id: string }[]): string {
  const near = nearest(
    word,
    known.map(({ id }) => id),
  );
  return `no ${kind} is called ${word}; ${near === undefined ? 'interdict catalogue lists what there is' : `did you mean ${near}?`}`;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

async function count(folder: string, question: ReadinessQuestion, since: string | undefined, today: string) {
  const all = await datedFiles(folder);
  const files = all.filter(({ day }) => day >= (since ?? '') && day <= today);
  const counted = new ReadinessCount(question);
  for (const { path, day } of files) for await (const line of eventsOf(path)) counted.add(day, line);
  const observed = files.map(({ day }) => day);
  const from = since ?? observed[0] ?? today;
  return { ...counted.result(), from, to: today, observed, unobserved: daysBetween(from, today, observed) };
}

function daysBetween(from: string, to: string, without: readonly string[]): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) days.push(dayOf(at));
  const known = new Set(without);
  return days.filter((day) => !known.has(day));
}

/** What the present files say of the directive here. */
function standing({ directive: id, segment: name, smallestGroup }: ReadinessQuestion, model: Model, now: Instant) {
  const directive = model.lists.directives.find((one) => one.id === id);
  const entry = model.department.segments.find((one) => one.id === name)?.enforce.find((one) => one.directive === id);
  const head = { directive: id, segment: name, smallestGroup };
  if (directive === undefined || entry === undefined) return { ...head, mode: 'none' as const };
  const mode = modeAt(entry, directive, now);
  const { until } = entry;
  if (until === undefined || until <= now) return { ...head, mode };
  const highest = highestMode(directive, entry.ownMeasure !== undefined, until);
  const after = highest === 'enforce' ? askedMode(entry, until) : highest;
  return after === 'none'
    ? { ...head, mode }
    : { ...head, mode, next: { mode: after, at: new Date(until).toISOString() } };
}
