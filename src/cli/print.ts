// What verbs print: data on stdout, progress and complaints on stderr.

import { relative } from 'node:path';
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
export function formatProblems(problems: readonly Problem[]): string {
  return sortProblems(problems)
    .map(
      (problem) =>
        `${paint(problem)(formatProblem({ ...problem, where: { ...problem.where, file: near(problem.where.file) } }))}\n`,
    )
    .join('');
}

export function printProblems(problems: readonly Problem[]): void {
  process.stderr.write(formatProblems(problems));
}

/** A line for somebody who waits; nothing when nobody watches. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(pc.dim(`${text}\n`));
}

export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

function near(file: string): string {
  const path = relative('.', file);
  return file.startsWith('/') && !path.startsWith('../..') ? path : file;
}

function paint({ severity }: Problem): (text: string) => string {
  return severity === 'error' ? pc.red : severity === 'overdue' ? pc.yellow : (text) => text;
}
