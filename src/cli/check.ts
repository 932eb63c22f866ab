// `interdict check`: all problems of config, lists, exemptions and policy, and the tests of each app. What CI of a blocklist repository runs.

import type { Instant } from '../base/brand.ts';
import type { Problem, Severity } from '../base/problems.ts';
import { checkMemory } from '../policy/check/check-lists.ts';
import { compileHere } from './compile-here.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from './exit-codes.ts';
import { count, formatProblems, printJson, printLine, seenProblems } from './print.ts';

export async function check(options: { config?: string; strict?: true; json?: true }): Promise<number> {
  const { file } = chooseConfig(options.config);
  const { report } = await compileHere(file, Date.now() as Instant);
  const memory = options.strict && report.ok ? checkMemory(report.model.lists.directives) : [];
  const found = options.strict ? report.problems.map(strictly) : report.problems;
  const problems = [...found, ...memory];
  const isFine = report.ok && !problems.some(({ severity }) => severity === 'error' || severity === 'overdue');
  if (options.json) {
    const made = report.ok && { hash: report.hash, rules: report.rules };
    printJson({ ok: isFine, problems: seenProblems(problems, file), ...made });
  } else {
    process.stdout.write(formatProblems(problems, file));
    printLine(`${isFine ? 'fine' : 'not fine'}: ${summary(problems)}`);
  }
  return isFine ? EXIT_FINE : EXIT_PROBLEMS;
}

/** A directive without a review date fails as one whose date has passed. */
function strictly(problem: Problem): Problem {
  return problem.code === 'review-missing' ? { ...problem, severity: 'overdue' } : problem;
}

function summary(problems: readonly Problem[]): string {
  const found = (severity: Severity) => problems.filter((problem) => problem.severity === severity).length;
  return `${count(found('error'), 'error')}, ${found('overdue')} overdue, ${count(found('warning'), 'warning')}`;
}
