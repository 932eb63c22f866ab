// What verbs print: data on stdout, progress and complaints on stderr.

import { dirname, relative, resolve } from 'node:path';
import pc from 'picocolors';
import { formatProblem, type Problem, sortProblems } from '../base/problems.ts';

export function printJson(value: unknown): void {
  // Infinity has no JSON; a validUntil that never comes is null.
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Most severe first, files as seen from the working folder, so that editors and terminals can open them. */
export function seenProblems(problems: readonly Problem[], configFile: string): Problem[] {
  return sortProblems(problems).map((problem) => ({
    ...problem,
    where: { ...problem.where, file: seenFile(problem.where.file, configFile) },
  }));
}

export function formatProblems(problems: readonly Problem[], configFile: string): string {
  return seenProblems(problems, configFile)
    .map((problem) => `${paint(problem)(formatProblem(problem))}\n`)
    .join('');
}

export function printProblems(problems: readonly Problem[], configFile: string): void {
  process.stderr.write(formatProblems(problems, configFile));
}

/** Policy names files as seen from the configuration's folder; people sit in another one. */
export function seenFile(file: string, configFile: string): string {
  const path = resolve(dirname(configFile), file);
  const near = relative('.', path);
  return near.startsWith('../..') ? path : near;
}

/** A line for somebody who waits; nothing when nobody watches. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(pc.dim(`${text}\n`));
}

export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

function paint({ severity }: Problem): (text: string) => string {
  return severity === 'error' ? pc.red : severity === 'overdue' ? pc.yellow : (text) => text;
}
