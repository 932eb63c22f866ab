// `interdict explain`: what is decided, by which rule in which line of which file, and why the other rules lost. Speaks of the policy that
// a running instance serves, with --at of the one that was served then; where neither is known, of the files.

import { dirname } from 'node:path';
import type { Instant } from '../base/brand.ts';
import type { ConfigChoice } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { askControl } from '../control/control-socket.ts';
import { readHistory } from '../control/journal/history.ts';
import { readJournal } from '../control/journal/journal-files.ts';
import { sha256 } from '../control/keeper/compile-job.ts';
import { readLastGood } from '../control/keeper/last-good.ts';
import { statePaths } from '../control/state-folder.ts';
import { type Disk, nodeDisk, rooted } from '../lists/disk.ts';
import { ruleLocator } from '../lists/rules/locate.ts';
import { explain as explainSubjects, type Locate } from '../policy/explain/explain.ts';
import { formatExplanation } from '../policy/explain/format-explanation.ts';
import type { App } from '../policy/model.ts';
import { openSnapshot, type Snapshot } from '../policy/snapshot/snapshot.ts';
import { compileHere } from './compile-here.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from './exit-codes.ts';
import { type InForceSince, inForceSince, type PolicyOfThen, policyOfThen } from './history/explain-at.ts';
import { printJson, printProblems, progress, seenFile } from './print.ts';
import { askerOf, type Question, type QuestionText, questionOf } from './question.ts';

const STATUS_LIMIT_MS = 5_000;

interface ExplainOptions extends QuestionText {
  readonly config?: string;
  readonly json?: true;
}

interface Policy {
  readonly snapshot: Snapshot;
  readonly apps: readonly App[];
  /** Where its rules are looked up, by names as the configuration sees them. */
  readonly disk: Disk;
  readonly configFile: string;
  /** With --at: what is to be said about that time. */
  readonly moment?: Moment;
}

/** What is known of a moment that has been. */
interface Moment {
  readonly at: string;
  readonly inForceHereSince?: string;
  /** In words, where something is not known. */
  readonly notes: readonly string[];
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
  const state = choice.state ?? config?.state;
  const policy =
    question.at === undefined ? await presentPolicy(choice, state, now) : await policyAt(choice, state, question, now);
  if (policy === undefined) return EXIT_PROBLEMS;
  const asker = askerOf(question, policy.snapshot, now);
  const explanation = explainSubjects(policy.snapshot, asker, question.subjects, locatorOf(policy, choice.file));
  if (options.json) printJson({ ...explanation, ...(policy.moment && { moment: policy.moment }) });
  else process.stdout.write(formatExplanation(explanation) + formatMoment(policy.moment));
  return EXIT_FINE;
}

function formatMoment(moment: Moment | undefined): string {
  if (moment === undefined) return '';
  const since = moment.inForceHereSince;
  const lines = [...(since === undefined ? [] : [`in force here since ${since}`]), ...moment.notes];
  return lines.map((line) => `  ${line}\n`).join('');
}

function locatorOf({ apps, disk, configFile }: Policy, present: string): Locate {
  const locate = ruleLocator(apps, rooted(disk, dirname(configFile)));
  return (app, rule) => {
    const found = locate(app, rule);
    return (
      found && {
        place: { ...found.place, file: seenFile(found.place.file, present) },
        text: found.text,
        hasChanged: found.isChanged,
      }
    );
  };
}

async function presentPolicy(choice: ConfigChoice, state: string | undefined, now: Instant) {
  return (await servedPolicy(choice, state)) ?? (await filesPolicy(choice, now));
}

/** What was served then; for times to come, or where nobody knows, what the files make of that moment. */
async function policyAt(
  choice: ConfigChoice,
  state: string | undefined,
  question: Question & { readonly at?: Instant },
  now: Instant,
): Promise<Policy | undefined> {
  const { at = now } = question;
  const found = state === undefined ? { fault: 'no state folder' } : await recall(state, question, at, now);
  if (!('fault' in found)) return found;
  const policy = await filesPolicy(choice, now, at);
  if (policy === undefined || at > now) return policy;
  const note = `what was in force here then is not known: ${found.fault}; this is what the files of today make of it`;
  return { ...policy, moment: { at: new Date(at).toISOString(), notes: [note] } };
}

async function recall(
  state: string,
  question: Question,
  at: Instant,
  now: Instant,
): Promise<Policy | { readonly fault: string }> {
  if (at > now) return { fault: 'it is still to come' };
  const { journal, sources } = statePaths(state);
  const history = await readHistory(readJournal(journal)).catch((error: Error) => ({ fault: error.message }));
  if ('fault' in history) return history;
  const policy = policyOfThen(history, sources, at);
  if ('fault' in policy) return policy;
  const since = inForceSince(history, sources, at, question, policy);
  const { snapshot, model, disk, configFile } = policy;
  return { snapshot, apps: model.lists.apps, disk, configFile, moment: momentOf(at, since, policy) };
}

function momentOf(at: Instant, since: InForceSince | undefined, { served, isOther }: PolicyOfThen): Moment {
  const text = (instant: Instant) => new Date(instant).toISOString();
  const { policy, until, endedUnseen } = served;
  const notes = [`served here from ${text(served.since)} to ${until === undefined ? 'now' : text(until)}`];
  if (endedUnseen) notes.push('its instance ended without a word at some moment before that');
  if (policy.origin !== 'files') notes.push(ORIGINS[policy.origin]);
  if (since?.atLeast !== undefined) notes.push(`it may have been in force before: ${since.atLeast}`);
  if (isOther)
    notes.push(`policy ${policy.hash.slice(0, 16)} was served; its files compile to another one in this version`);
  return { at: text(at), ...(since && { inForceHereSince: text(since.at) }), notes };
}

const ORIGINS = {
  'last-good': 'it was the last good policy: the files of that moment had problems',
  rollback: 'it had been rolled back to',
} as const;

/** What the running instance serves: its last good policy on disk is the one in force, once the hash says so. */
async function servedPolicy(choice: ConfigChoice, folder: string | undefined): Promise<Policy | undefined> {
  if (folder === undefined) return undefined;
  const state = statePaths(folder);
  const status = await askControl(state.controlSocket, { verb: 'status' }, STATUS_LIMIT_MS).catch(() => undefined);
  if (status === undefined) return undefined;
  const kept = await readLastGood(state.lastGood);
  if ('fault' in kept || kept.hash !== (status as { hash?: string }).hash) return undefined;
  const snapshot = openSnapshot(kept.snapshot, sha256);
  if ('fault' in snapshot) return undefined;
  progress('of the policy that the running instance serves');
  return { snapshot, apps: kept.model.lists.apps, disk: nodeDisk, configFile: choice.file };
}

async function filesPolicy(choice: ConfigChoice, now: Instant, at?: Instant): Promise<Policy | undefined> {
  const { report, bytes } = await compileHere(choice.file, now, at);
  const snapshot = report.ok ? openSnapshot(bytes, sha256) : undefined;
  if (report.ok && snapshot !== undefined && !('fault' in snapshot))
    return { snapshot, apps: report.model.lists.apps, disk: nodeDisk, configFile: choice.file };
  printProblems(report.problems, choice.file);
  return undefined;
}
