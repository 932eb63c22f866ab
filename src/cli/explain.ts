// `interdict explain`: what is decided, by which rule in which line of which file, and why the other rules lost. Speaks of the policy that
// a running instance serves; without one, or with --at, of the files.

import { dirname } from 'node:path';
import { parseAddress } from '../base/addresses.ts';
import type { Instant } from '../base/brand.ts';
import { instantOf } from '../base/dates.ts';
import { parseName } from '../base/names.ts';
import { readConfig } from '../config/read-config.ts';
import { sha256 } from '../control/compile-job.ts';
import { askControl } from '../control/control-socket.ts';
import { readLastGood } from '../control/last-good.ts';
import { statePaths } from '../control/state-folder.ts';
import { nodeDisk, rooted } from '../lists/disk.ts';
import { ruleLocator } from '../lists/locate.ts';
import { explain as explainSubjects, type Locate } from '../policy/explain.ts';
import { formatExplanation } from '../policy/format-explanation.ts';
import type { App } from '../policy/model.ts';
import { parseDecisionId, parseRuleText } from '../policy/parse-decision-id.ts';
import { openSnapshot, type Snapshot } from '../policy/snapshot.ts';
import type { Asker, Subject } from '../policy/subjects.ts';
import { compileHere } from './compile-here.ts';
import { type ConfigChoice, chooseConfig } from './config-file.ts';
import { printJson, printProblems, progress, seenFile } from './print.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from './program.ts';

const STATUS_LIMIT_MS = 5_000;

export interface ExplainOptions {
  readonly config?: string;
  readonly client?: string;
  readonly id?: string;
  readonly at?: string;
  readonly json?: true;
}

interface Question {
  readonly subjects: readonly Subject[];
  readonly client?: Uint8Array;
  /** Where no client is given, a segment that enforces this directive is meant. */
  readonly directive?: string;
  readonly at?: Instant;
}

interface Policy {
  readonly snapshot: Snapshot;
  readonly apps: readonly App[];
}

export async function explain(texts: readonly string[], options: ExplainOptions): Promise<number> {
  const question = questionOf(texts, options);
  if (typeof question === 'string') {
    process.stderr.write(`${question}\n`);
    return EXIT_USAGE;
  }
  const choice = chooseConfig(options.config);
  const policy =
    (question.at === undefined ? await servedPolicy(choice) : undefined) ?? (await filesPolicy(choice, question.at));
  if (policy === undefined) return EXIT_PROBLEMS;
  const asker = askerOf(question, policy.snapshot);
  const explanation = explainSubjects(policy.snapshot, asker, question.subjects, locatorOf(policy, choice.file));
  if (options.json) printJson(explanation);
  else process.stdout.write(formatExplanation(explanation));
  return EXIT_FINE;
}

/** What is asked, or a sentence on what is wrong with it. */
export function questionOf(
  texts: readonly string[],
  { client: clientText, id, at: atText }: ExplainOptions,
): Question | string {
  const client = clientText === undefined ? undefined : parseAddress(clientText);
  if (clientText !== undefined && client === undefined) return `--client ${clientText} is no address`;
  const at = atText === undefined ? undefined : instantOf(atText, 'start', 'UTC');
  if (atText !== undefined && at === undefined) return `--at ${atText} is neither a date nor an RFC 3339 instant`;
  const when = { ...(client && { client }), ...(at !== undefined && { at }) };
  if (id !== undefined) return texts.length > 0 ? 'give a subject or --id, not both' : questionOfId(id, when);
  if (texts.length === 0) return 'give a name, an address or a URL, or --id; and --client';
  if (client === undefined) return 'give --client: what is decided depends on who asks';
  const subjects = texts.map(parseSubject);
  const bad = subjects.indexOf(undefined);
  if (bad >= 0) return `${texts[bad]} is no name, address or URL`;
  return { subjects: subjects.filter((subject) => subject !== undefined), ...when };
}

function questionOfId(id: string, when: Pick<Question, 'client' | 'at'>): Question | string {
  const parsed = parseDecisionId(id);
  if (parsed === undefined) return `${id} is no decision id; one reads directive/app/rule`;
  const rule = parsed.rule === undefined ? undefined : parseRuleText(parsed.rule);
  if (rule === undefined)
    return `${id} names no whole rule: it was cut for want of room; look for the request in the event log`;
  const { directive } = parsed;
  if (rule.kind === 'address')
    return { subjects: [{ kind: 'address', address: rule.prefix.address }], directive, ...when };
  // A wildcard says nothing of its own name: take one below it.
  const name = rule.kind === 'wildcard' ? Uint8Array.of(1, 0x78, ...rule.name) : rule.name;
  return { subjects: [{ kind: 'name', name }], directive, ...when };
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

/** A name, an address, or the host of a URL. */
export function parseSubject(text: string): Subject | undefined {
  const host = hostOf(text);
  const address = parseAddress(host.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return { kind: 'address', address };
  const name = parseName(host);
  return typeof name === 'string' ? undefined : { kind: 'name', name };
}

function hostOf(text: string): string {
  return text.includes('://') ? (URL.parse(text)?.hostname ?? text) : text;
}

function askerOf({ client, directive, at }: Question, snapshot: Snapshot): Asker {
  const nowMs = at ?? Date.now();
  if (client !== undefined) return { client, nowMs };
  const { segments, directives } = snapshot.words;
  const segment = segments.findIndex(({ enforce }) =>
    enforce.some((entry) => directives[entry.directive].id === directive),
  );
  return segment < 0 ? { nowMs } : { segment, nowMs };
}

/** What the running instance serves: its last good policy on disk is the one in force, once the hash says so. */
async function servedPolicy(choice: ConfigChoice): Promise<Policy | undefined> {
  const folder = choice.state ?? readConfig(choice.file, { now: Date.now() as Instant }).config?.state;
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

async function filesPolicy(choice: ConfigChoice, at = Date.now() as Instant): Promise<Policy | undefined> {
  const { report, bytes } = await compileHere(choice.file, at);
  const snapshot = report.ok ? openSnapshot(bytes, sha256) : undefined;
  if (report.ok && snapshot !== undefined && !('fault' in snapshot)) return { snapshot, apps: report.model.lists.apps };
  printProblems(report.problems, choice.file);
  return undefined;
}
