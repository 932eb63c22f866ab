// `interdict explain`: what is decided, by which rule in which line of which file, and why the other rules lost. Speaks of the policy that
// a running instance serves; without one, or with --at, of the files.

import { dirname } from 'node:path';
import type { Instant } from '../base/brand.ts';
import type { ConfigChoice } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { askControl } from '../control/control-socket.ts';
import { sha256 } from '../control/keeper/compile-job.ts';
import { readLastGood } from '../control/keeper/last-good.ts';
import { statePaths } from '../control/state-folder.ts';
import { nodeDisk, rooted } from '../lists/disk.ts';
import { ruleLocator } from '../lists/rules/locate.ts';
import { explain as explainSubjects, type Locate } from '../policy/explain/explain.ts';
import { formatExplanation } from '../policy/explain/format-explanation.ts';
import type { App } from '../policy/model.ts';
import { openSnapshot, type Snapshot } from '../policy/snapshot/snapshot.ts';
import { compileHere } from './compile-here.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from './exit-codes.ts';
import { printJson, printProblems, progress, seenFile } from './print.ts';
import { askerOf, type QuestionText, questionOf } from './question.ts';

const STATUS_LIMIT_MS = 5_000;

interface ExplainOptions extends QuestionText {
  readonly config?: string;
  readonly json?: true;
}

interface Policy {
  readonly snapshot: Snapshot;
  readonly apps: readonly App[];
}

export async function explain(texts: readonly string[], options: ExplainOptions): Promise<number> {
  const now = Date.now() as Instant;
  const choice = chooseConfig(options.config);
  const { config } = readConfig(choice.file, { now });
  const question = questionOf(texts, options, config?.department.timeZone ?? 'UTC');
  if (typeof question === 'string') {
    process.stderr.write(`${question}\n`);
    return EXIT_USAGE;
  }
  const { at } = question;
  const policy =
    (at === undefined ? await servedPolicy(choice.state ?? config?.state) : undefined) ??
    (await filesPolicy(choice, now, at));
  if (policy === undefined) return EXIT_PROBLEMS;
  const asker = askerOf(question, policy.snapshot, now);
  const explanation = explainSubjects(policy.snapshot, asker, question.subjects, locatorOf(policy, choice.file));
  if (options.json) printJson(explanation);
  else process.stdout.write(formatExplanation(explanation));
  return EXIT_FINE;
}

function locatorOf({ apps }: Policy, configFile: string): Locate {
  const locate = ruleLocator(apps, rooted(nodeDisk, dirname(configFile)));
  return (app, rule) => {
    const found = locate(app, rule);
    return (
      found && {
        place: { ...found.place, file: seenFile(found.place.file, configFile) },
        text: found.text,
        hasChanged: found.isChanged,
      }
    );
  };
}

/** What the running instance serves: its last good policy on disk is the one in force, once the hash says so. */
async function servedPolicy(folder: string | undefined): Promise<Policy | undefined> {
  if (folder === undefined) return undefined;
  const state = statePaths(folder);
  const status = await askControl(state.controlSocket, { verb: 'status' }, STATUS_LIMIT_MS).catch(() => undefined);
  if (status === undefined) return undefined;
  const kept = await readLastGood(state.lastGood);
  if ('fault' in kept || kept.hash !== (status as { hash?: string }).hash) return undefined;
  const snapshot = openSnapshot(kept.snapshot, sha256);
  if ('fault' in snapshot) return undefined;
  progress('of the policy that the running instance serves');
  return { snapshot, apps: kept.model.lists.apps };
}

async function filesPolicy(choice: ConfigChoice, now: Instant, at?: Instant): Promise<Policy | undefined> {
  const { report, bytes } = await compileHere(choice.file, now, at);
  const snapshot = report.ok ? openSnapshot(bytes, sha256) : undefined;
  if (report.ok && snapshot !== undefined && !('fault' in snapshot)) return { snapshot, apps: report.model.lists.apps };
  printProblems(report.problems, choice.file);
  return undefined;
}
