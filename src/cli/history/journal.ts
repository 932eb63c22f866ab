// `interdict journal verify|ls|show`: what became of the policy here, and whether the record of it is what was written. Reads the files
// themselves, so that it works without a running instance, and on a copy.

import type { Instant } from '../../base/brand.ts';
import { instantOf } from '../../base/dates.ts';
import { readConfig } from '../../config/read-config.ts';
import type { JournalLine } from '../../control/journal/chain.ts';
import { describeEntry } from '../../control/journal/describe-entry.ts';
import { readJournal } from '../../control/journal/journal-files.ts';
import { verifyJournal } from '../../control/journal/verify-journal.ts';
import { statePaths } from '../../control/state-folder.ts';
import { complain, stateOf } from '../ask-instance.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from '../exit-codes.ts';
import { count, printJson, printLine } from '../print.ts';

interface JournalOptions {
  readonly config?: string;
  readonly json?: true;
}

/** `hash`: one that some line had once, from a log or a report. */
export async function verify(options: JournalOptions & { hash?: string }): Promise<number> {
  const folder = folderOf(options);
  if (folder === undefined) return EXIT_PROBLEMS;
  const found = await verifyJournal(folder, options.hash).catch((error: Error) => complain(error.message));
  if (found === undefined) return EXIT_PROBLEMS;
  const { lines, last, faults, notes } = found;
  if (options.json) printJson(found);
  else {
    for (const note of notes) printLine(`note: ${note}`);
    for (const fault of faults) printLine(`fault: ${fault}`);
    const end = last === undefined ? '' : `; line ${last.n} of ${last.at} has the hash ${last.hash}`;
    printLine(`${count(lines, 'line')}, ${count(faults.length, 'fault')}${end}`);
  }
  return faults.length === 0 ? EXIT_FINE : EXIT_PROBLEMS;
}

export interface ListOptions extends JournalOptions {
  readonly since?: string;
  readonly kind?: string;
}

/** One line each, oldest first. */
export async function list(options: ListOptions): Promise<number> {
  const since = options.since === undefined ? 0 : instantIn(options.since, options);
  if (since === undefined) {
    complain(`--since ${options.since} is neither a date nor an RFC 3339 instant`);
    return EXIT_USAGE;
  }
  const isWanted = ({ at, entry }: JournalLine) =>
    at >= since && (options.kind === undefined || options.kind === entry.kind);
  const lines = await read(options, isWanted);
  if (lines === undefined) return EXIT_PROBLEMS;
  if (options.json) printJson(lines.map(plain));
  else for (const { n, at, entry } of lines) printLine(`${n} ${new Date(at).toISOString()} ${describeEntry(entry)}`);
  return EXIT_FINE;
}

/** One line with all that it holds. */
export async function show(number: string, options: JournalOptions): Promise<number> {
  const lines = await read(options, ({ n }) => String(n) === number);
  if (lines === undefined) return EXIT_PROBLEMS;
  if (lines.length === 0) {
    complain(`no line of the journal has the number ${number}; interdict journal ls lists them`);
    return EXIT_PROBLEMS;
  }
  printJson(lines.map(plain)[0]);
  return EXIT_FINE;
}

function plain({ n, at, entry, prev, hash }: JournalLine): object {
  return { n, at: new Date(at).toISOString(), ...entry, prev, hash };
}

async function read(
  options: JournalOptions,
  isWanted: (line: JournalLine) => boolean,
): Promise<JournalLine[] | undefined> {
  const folder = folderOf(options);
  if (folder === undefined) return undefined;
  const lines: JournalLine[] = [];
  try {
    for await (const line of readJournal(folder)) if (isWanted(line)) lines.push(line);
  } catch (error) {
    return complain((error as Error).message);
  }
  return lines;
}

function folderOf({ config }: JournalOptions): string | undefined {
  const state = stateOf(chooseConfig(config));
  return state === undefined ? undefined : statePaths(state).journal;
}

/** A date begins in the department's time zone. */
function instantIn(text: string, { config }: JournalOptions): Instant | undefined {
  const read = readConfig(chooseConfig(config).file, { now: Date.now() as Instant });
  return instantOf(text, 'start', read.config?.department.timeZone ?? 'UTC');
}
