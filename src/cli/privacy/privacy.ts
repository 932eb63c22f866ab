// `interdict privacy`: what is stored now, about whom, for how long and why, in words that can go into a notice to staff. Reads the
// configuration and the state folder's list of files, never what is in them; needs no running instance.

import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import { isDate } from '../../base/dates.ts';
import type { Config } from '../../config/config.ts';
import { loadSources } from '../../config/load.ts';
import { statePaths } from '../../control/state-folder.ts';
import { dueOf } from '../../observe/dated-files.ts';
import type { Model, Span } from '../../policy/model.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from '../exit-codes.ts';
import { printJson, printProblems } from '../print.ts';
import { NOT_STORED, OTHER, type PrivacyRow, privacyRows, rowOf } from './privacy-rows.ts';
import { privacyText } from './privacy-text.ts';

export interface StoredNow {
  readonly files: number;
  readonly bytes: number;
  /** Days that files are named by. */
  readonly from?: string;
  readonly to?: string;
  /** Files whose time is over: an instance removes them in the first hours that it runs. */
  readonly due: number;
}

export interface Privacy {
  readonly operator: string;
  readonly at: string;
  readonly state: string;
  readonly profile: string;
  /** What applies where; `applies` is empty where nothing is recorded. */
  readonly networks: readonly { readonly name: string; readonly applies: readonly string[] }[];
  readonly stored: readonly (PrivacyRow & { readonly now: StoredNow })[];
  readonly notStored: readonly string[];
}

export async function privacy(options: { config?: string; json?: true }): Promise<number> {
  const choice = chooseConfig(options.config);
  const now = Date.now() as Instant;
  const { config, model, problems } = loadSources(choice.file, now);
  if (config === undefined || model === undefined) {
    printProblems(problems, choice.file);
    return EXIT_PROBLEMS;
  }
  const answer = privacyOf({ ...config, state: choice.state ?? config.state }, model, now);
  if (options.json) printJson(answer);
  else process.stdout.write(privacyText(answer));
  return EXIT_FINE;
}

function privacyOf(config: Config, model: Model, now: Instant): Privacy {
  const { profile, kept } = config.privacy;
  const networks = networksOf(model);
  const files = filesOf(statePaths(config.state).path);
  const recorded = networks.filter(({ applies }) => applies.length > 0).map(({ name }) => name);
  const rows = privacyRows({
    kept,
    sources: config.history.kept,
    networks: recorded.join('; '),
    isRecording: config.events.file,
  });
  const spans: Partial<Record<string, Span>> = { events: kept.events.span, keys: kept.pseudonymKeys.span };
  const nowOf = (id: string) =>
    storedNow(
      files.filter(({ row }) => row === id),
      spans[id],
      now,
    );
  const others = nowOf(OTHER);
  return {
    operator: model.department.operator,
    at: new Date(now).toISOString(),
    state: config.state,
    profile,
    networks,
    stored: [
      ...rows.map((row) => ({ ...row, now: nowOf(row.id) })),
      ...(others.files === 0 ? [] : [{ ...OTHER_ROW, now: others }]),
    ],
    notStored: NOT_STORED,
  };
}

const OTHER_ROW: PrivacyRow = {
  id: OTHER,
  what: 'Files that Interdict did not put there',
  about: 'not known',
  holds: 'not known',
  why: 'not known',
  kept: 'until somebody removes them',
};

function networksOf({ lists, department }: Model): Privacy['networks'] {
  return department.segments.map(({ publicName, enforce }) => ({
    name: publicName,
    applies: enforce.map(({ directive: id }) => {
      const directive = lists.directives.find((one) => one.id === id);
      return directive === undefined ? id : `${directive.instrument} of ${directive.authority} (${directive.title})`;
    }),
  }));
}

interface StoredFile {
  readonly row: string;
  readonly name: string;
  readonly bytes: number;
}

/** All files below the folder; one that goes while we look was not there. */
function filesOf(folder: string): StoredFile[] {
  const entries = listOf(folder).filter((entry) => !entry.isDirectory());
  return entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === undefined ? [] : [{ row: rowOf(relative(folder, path)), name: entry.name, bytes: size }];
  });
}

function listOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function storedNow(files: readonly StoredFile[], span: Span | undefined, now: Instant): StoredNow {
  const days = files
    .map(({ name }) => basename(name).slice(0, 'YYYY-MM-DD'.length))
    .filter(isDate)
    .sort();
  return {
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(days.length > 0 && { from: days[0], to: days.at(-1) as string }),
    due: span === undefined ? 0 : days.filter((day) => dueOf(day, span) <= now).length,
  };
}
