// What the keeper has to say about compiles that went wrong and policies that shrank, in words for whoever reads them.

import type { Problem } from '../../base/problems.ts';
import type { CompileReport } from './compile-job.ts';
import type { Shrink } from './shrink-guard.ts';

interface Places {
  readonly configFile: string;
  readonly maxShrink: number;
}

/** stuck: there was no room for it. */
export type Compiled = { readonly generation: number; readonly report: CompileReport } | 'stuck';

export function problemsOf(compiled: Compiled, options: Places): Problem[] {
  if (compiled !== 'stuck') return [...compiled.report.problems];
  const message =
    'a reader still uses the snapshot before the running one; see interdict_policy_reloads_total, and restart if it stays';
  return [problem('reader-stuck', message, options)];
}

export function shrinkProblems(shrinks: readonly Shrink[], hash: string, options: Places): Problem[] {
  const limit = `reload.max_shrink ${options.maxShrink}`;
  return shrinks.map(({ app, before, after }) =>
    problem(
      'shrink',
      `${app} falls from ${before} to ${after} rules, more than ${limit} allows; if it is meant: interdict reload --accept-shrink ${hash}`,
      options,
    ),
  );
}

export function problem(code: string, message: string, { configFile }: Places): Problem {
  return { code, severity: 'error', message, where: { file: configFile, line: 1, column: 1 } };
}
