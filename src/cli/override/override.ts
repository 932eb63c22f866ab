// `interdict override add|confirm|end|ls`: the overrides of the running instance, asked for over its control socket.

import { resolve } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import { formatProblem, type Problem } from '../../base/problems.ts';
import { parseDuration } from '../../config/units.ts';
import { askControl } from '../../control/control-socket.ts';
import { holdsAt, type KeptOverride } from '../../control/overrides/kept-override.ts';
import type { OverrideReply } from '../../control/overrides/override-desk.ts';
import { readOverrideFile } from '../../control/overrides/override-file.ts';
import { type AddRequest, emergencySchema } from '../../control/overrides/override-request.ts';
import type { ControlRequest } from '../../control/requests.ts';
import { statePaths } from '../../control/state-folder.ts';
import { nodeDisk, readWhole } from '../../lists/disk.ts';
import { readYaml } from '../../lists/yaml/document.ts';
import { shapeOf } from '../../lists/yaml/shape.ts';
import { parseDecisionId } from '../../policy/decide/parse-decision-id.ts';
import { askInstance, complain, stateOf } from '../ask-instance.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from '../exit-codes.ts';
import { printJson, printLine, printProblems } from '../print.ts';
import { confirmHint, describeOverride } from './override-text.ts';

/** A compile of the largest lists, and those of people who asked before. */
const LIMIT_MS = 300_000;
const LIST_LIMIT_MS = 10_000;
/** A page of text is ample, as for the files in the exemptions' folder. */
const MAX_EXEMPTION_BYTES = 64 * 1024;

interface Common {
  readonly config?: string;
  readonly json?: true;
}

export interface AddOptions extends Common {
  readonly ticket: string;
  readonly reason: string;
  readonly by: string;
  readonly for?: string;
}

type Change = AddRequest['change'];

export function addRelease(what: string, options: AddOptions & { below?: true }): Promise<number> {
  return add(releaseOf(what, options.below === true), options);
}

export function addFallback(options: AddOptions & { directive: string; segment: string }): Promise<number> {
  const { directive, segment } = options;
  return add({ kind: 'fallback', directive, segment }, options);
}

export function addEmergency(file: string, options: AddOptions): Promise<number> {
  return add(exemptionOf(file), options);
}

async function add(change: Change | undefined, options: AddOptions): Promise<number> {
  const { ticket, reason, by } = options;
  const lengthMs = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && lengthMs === undefined)
    complain(`--for ${options.for} is no length of time; write it as 90m, 4h or 2d`);
  if (change === undefined || (options.for !== undefined && lengthMs === undefined)) return EXIT_USAGE;
  return ask({ verb: 'override-add', change, ticket, reason, by, lengthMs }, options);
}

/** A name, or what has a slash: a decision id from an answer, a log or a report. */
function releaseOf(text: string, isBelow: boolean): Change | undefined {
  if (!text.includes('/')) {
    return { kind: 'release', what: { kind: 'name', name: text, match: isBelow ? 'domain' : 'exact' } };
  }
  const id = parseDecisionId(text);
  if (id === undefined) return complain(`${text} is no name and no decision id (directive/app/rule)`);
  if (id.rule === undefined) return complain(`${text} names no whole rule: it was cut; give the name instead`);
  if (isBelow) return complain('--below goes with a name; a rule says itself what it matches');
  return { kind: 'release', what: { kind: 'rule', app: id.app, rule: id.rule } };
}

function exemptionOf(file: string): Change | undefined {
  const read = readWhole(nodeDisk, resolve(file), MAX_EXEMPTION_BYTES);
  if (read === undefined || 'fault' in read) return complain(`${file}: ${read?.fault ?? 'there is no such file'}`);
  const { document, problems } = readYaml(file, read.bytes);
  const shaped = document && shapeOf(emergencySchema, document);
  printProblems([...problems, ...(shaped?.problems ?? [])], resolve('interdict.yaml'));
  return shaped?.value && { kind: 'emergency-exemption', exemption: shaped.value };
}

export function confirm(id: string, options: Common & { by: string }): Promise<number> {
  return ask({ verb: 'override-confirm', id, by: options.by }, options);
}

export function end(id: string, options: Common & { by: string }): Promise<number> {
  return ask({ verb: 'override-end', id, by: options.by }, options);
}

async function ask(request: ControlRequest, options: Common): Promise<number> {
  const answer = await askInstance(chooseConfig(options.config), request, LIMIT_MS);
  if (answer === undefined) return EXIT_PROBLEMS;
  const reply = answer as OverrideReply; // Our own instance, over a socket that others may not write to.
  if (options.json) printJson(reply);
  else if (reply.ok) printLine(`${describeOverride(reply.kept, now())}${confirmHint(reply.kept)}`);
  else for (const problem of reply.problems) complain(sentenceOf(problem));
  return reply.ok ? EXIT_FINE : EXIT_PROBLEMS;
}

/** What was asked stands in no file. */
function sentenceOf(problem: Problem): string {
  return formatProblem(problem).replace(/^override:1:1 /, '');
}

export async function ls(options: Common & { all?: true }): Promise<number> {
  const kept = await keptOverrides(options);
  if (kept === undefined) return EXIT_PROBLEMS;
  const shown = kept.filter((one) => options.all === true || holdsAt(one, now()));
  if (options.json) printJson(shown);
  else if (shown.length === 0) printLine(options.all ? 'no override in the last 30 days' : 'no override holds');
  else for (const one of shown) printLine(describeOverride(one, now()));
  return EXIT_FINE;
}

/** As the running instance has them; without one as they lie in the state folder. */
export async function keptOverrides({ config }: Common): Promise<readonly KeptOverride[] | undefined> {
  const state = stateOf(chooseConfig(config));
  if (state === undefined) return undefined;
  const { controlSocket, overrides } = statePaths(state);
  try {
    const reply = await askControl(controlSocket, { verb: 'override-list' }, LIST_LIMIT_MS);
    if (reply !== undefined) return (reply as { overrides: readonly KeptOverride[] }).overrides;
    complain('no instance runs; this is what its state folder holds');
    const file = readOverrideFile(overrides);
    if (!('fault' in file)) return file.kept;
    return complain(`${overrides}: ${file.fault === 'format' ? file.message : 'it is damaged; a start puts it aside'}`);
  } catch (error) {
    return complain((error as Error).message);
  }
}

function now(): Instant {
  return Date.now() as Instant;
}
