// Expected failures are values: a Problem says what is wrong, where, and what to do. All of them are reported, not the first.

/** error: does not load. overdue: loads, but `check` exits 1. warning: loads, `check` exits 0. */
export type Severity = 'error' | 'overdue' | 'warning';

/** A place in a text file; line and column count from 1. A problem of a whole file has line 1, column 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  /** Stable and kebab-case; people script against it. Codes never change their meaning. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong and what to do, in one sentence that does not repeat the place. */
  readonly message: string;
  readonly where: Place;
}

/** `blocklists/apps/viber.yaml:12:7 error domain-space: domain has a space; remove it` */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem.where;
  return visible(`${file}:${line}:${column} ${problem.severity} ${problem.code}: ${problem.message}`);
}

/** Messages quote files that others wrote: no byte of those may end the line, colour a terminal or turn text around. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

const SEVERITY_ORDER: Record<Severity, number> = { error: 0, overdue: 1, warning: 2 };

/** Most severe first, then by file, line, column and code: the order every listing uses. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
      compare(a.where.file, b.where.file) ||
      a.where.line - b.where.line ||
      a.where.column - b.where.column ||
      compare(a.code, b.code),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
