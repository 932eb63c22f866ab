// `interdict override promote`: a release becomes a rule for good. Writes the change of a pull request into the blocklists and says what it
// wrote; works on the files alone.

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import { parseName } from '../../base/names.ts';
import { readConfig } from '../../config/read-config.ts';
import { appsThatMatch } from '../../control/keeper/app-matcher.ts';
import { sha256 } from '../../control/keeper/compile-job.ts';
import { type Freed, type Promoted, promoteInto, withOverrideSource } from '../../lists/promote.ts';
import type { Model, Override, Release } from '../../policy/model.ts';
import { openSnapshot, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { complain } from '../ask-instance.ts';
import { compileHere } from '../compile-here.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from '../exit-codes.ts';
import { printLine, printProblems, seenFile } from '../print.ts';
import { keptOverrides } from './override.ts';

interface PromoteOptions {
  readonly config?: string;
}

export async function promote(id: string, options: PromoteOptions): Promise<number> {
  const release = await releaseOf(id, options);
  if (release === undefined) return EXIT_PROBLEMS;
  const { file: configFile } = chooseConfig(options.config);
  const changes = await changesOf(release, configFile);
  if (changes === undefined) return EXIT_PROBLEMS;
  for (const change of changes) await write(change, configFile);
  if (changes.every(({ added, left }) => added.length + left.length === 0))
    printLine('nothing is to be written: the files free it already');
  return (await isSound(configFile)) && changes.every(({ left }) => left.length === 0) ? EXIT_FINE : EXIT_PROBLEMS;
}

type ReleaseOverride = Override & Release;

async function releaseOf(id: string, options: PromoteOptions): Promise<ReleaseOverride | undefined> {
  const kept = await keptOverrides(options);
  if (kept === undefined) return undefined;
  const override = kept.find((one) => one.override.id === id)?.override;
  if (override === undefined)
    return complain(`there is no override ${id} of the last 30 days; interdict override ls --all lists them`);
  if (override.kind === 'release') return override;
  const cure =
    override.kind === 'fallback'
      ? "a fallback is an incident's; change the segment in interdict.yaml if its mode is to change"
      : 'write a file into the exemptions folder, with its own approval and end';
  return complain(`${id} is a ${override.kind} and becomes no rule: ${cure}`);
}

interface Change extends Promoted {
  readonly file: string;
}

/** Undefined after a complaint. */
async function changesOf(release: ReleaseOverride, configFile: string): Promise<readonly Change[] | undefined> {
  const now = Date.now() as Instant;
  const { report, bytes } = await compileHere(configFile, now);
  const snapshot = report.ok ? openSnapshot(bytes, sha256) : undefined;
  if (!report.ok || snapshot === undefined || 'fault' in snapshot) {
    printProblems(report.problems, configFile);
    return undefined;
  }
  const apps = appsOf(release, snapshot);
  if (apps.length === 0) return [];
  const freed = freedBy(release, report.model.department.timeZone);
  const changes = apps.map((app) => changeOf(app, freed, report.model, configFile));
  if (!changes.every((change) => change !== undefined)) return undefined;
  const { config } = readConfig(configFile, { now });
  const sources = resolve(dirname(configFile), config?.blocklists ?? '', 'sources.yaml');
  return [{ file: sources, ...withOverrideSource(readFileSync(sources, 'utf8')) }, ...changes];
}

function appsOf({ what }: ReleaseOverride, snapshot: Snapshot): readonly string[] {
  if (what.kind === 'rule') return [what.app];
  const name = parseName(what.name);
  return typeof name === 'string' ? [] : appsThatMatch(snapshot, name);
}

function changeOf(id: string, freed: Freed, { lists }: Model, configFile: string): Change | undefined {
  const app = lists.apps.find((one) => one.id === id);
  if (app === undefined) return complain(`there is no app ${id} in the files any more; nothing is to be written`);
  if (app.source.kind === 'feed')
    return complain(`${id} is a feed, ${app.source.list}: its list is to be mended where it comes from`);
  const file = resolve(dirname(configFile), app.source.file);
  return { file, ...promoteInto(readFileSync(file, 'utf8'), freed) };
}

/** By the department's own calendar: evidence of tomorrow is refused. */
function freedBy({ id, ticket, from, what }: ReleaseOverride, timeZone: string): Freed {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(from);
  const version = `${day}#${id} ${ticket}`;
  if (what.kind === 'name') return { except: what.name, test: what.name, version };
  const { rule } = what;
  if (rule.includes('/')) return { except: rule, version };
  // A wildcard never matched the name itself, so that a test of it would say nothing.
  if (rule.startsWith('*.')) return { except: rule.slice(2), test: `any.${rule.slice(2)}`, version };
  const name = rule.replace(/^=/, '');
  return { except: name, test: name, version };
}

async function write({ file, text, added, left }: Change, configFile: string): Promise<void> {
  const seen = seenFile(file, configFile);
  if (added.length > 0) {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    printLine(`${seen}\n${added.map(plusLines).join('\n')}`);
  }
  for (const what of left) complain(`${seen}: no place was found for ${what}; write it by hand`);
}

function plusLines(added: string): string {
  return added.replace(/^/gm, '+ ');
}

/** A test that asks for the name to be blocked, or a deeper rule that still blocks it, is for a person to judge. */
async function isSound(configFile: string): Promise<boolean> {
  const { report } = await compileHere(configFile, Date.now() as Instant);
  if (report.ok) return true;
  printProblems(report.problems, configFile);
  complain('what was written stays; mend what is left, then: interdict check');
  return false;
}
