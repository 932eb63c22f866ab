// `interdict rollback [HASH]`: the running instance serves a policy of before at once and keeps to it, until `--end`.

import type { ReloadResult } from '../../control/keeper/active-policy.ts';
import { listKept } from '../../control/keeper/kept-policies.ts';
import { statePaths } from '../../control/state-folder.ts';
import { askInstance, complain, stateOf } from '../ask-instance.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from '../exit-codes.ts';
import { printJson, printLine, printProblems, seenProblems } from '../print.ts';

/** A compile of the largest lists, and one that was under way before it. */
const LIMIT_MS = 300_000;

const PINNED = 'pinned: edits are checked, not applied, also after a restart, until: interdict rollback --end';

interface RollbackOptions {
  readonly config?: string;
  readonly end?: true;
  readonly list?: true;
  readonly acceptShrink?: string;
  readonly json?: true;
}

export async function rollback(hash: string | undefined, options: RollbackOptions): Promise<number> {
  const { end, list, acceptShrink } = options;
  if ([hash !== undefined, end, list].filter(Boolean).length > 1 || (acceptShrink !== undefined && !end)) {
    complain('give a hash, --end (with or without --accept-shrink) or --list');
    return EXIT_USAGE;
  }
  if (list) return listPolicies(options);
  const choice = chooseConfig(options.config);
  const request = end
    ? ({ verb: 'rollback-end', ...(acceptShrink !== undefined && { acceptShrink }) } as const)
    : ({ verb: 'rollback', ...(hash !== undefined && { hash }) } as const);
  const reply = await askInstance(choice, request, LIMIT_MS);
  if (reply === undefined) return EXIT_PROBLEMS;
  const result = reply as ReloadResult; // Our own instance, over a socket that others may not write to.
  if (options.json) printJson({ ...result, problems: seenProblems(result.problems, choice.file) });
  else show(result, end === true, choice.file);
  const isKept = !result.problems.some(({ code }) => code === 'not-written');
  return result.outcome === 'applied' && isKept ? EXIT_FINE : EXIT_PROBLEMS;
}

function show({ outcome, hash, generation, problems }: ReloadResult, isEnd: boolean, configFile: string): void {
  printProblems(problems, configFile);
  if (outcome !== 'applied') printLine(`${outcome}: generation ${generation} is served as before`);
  else printLine(`applied: generation ${generation}, policy ${hash}; ${isEnd ? 'the files are served again' : PINNED}`);
}

async function listPolicies({ config, json }: RollbackOptions): Promise<number> {
  const state = stateOf(chooseConfig(config));
  if (state === undefined) return EXIT_PROBLEMS;
  const kept = await listKept(statePaths(state).kept).catch((error: Error) => complain(error.message));
  if (kept === undefined) return EXIT_PROBLEMS;
  const rows = kept.map(({ hash, readAt }) => ({ hash, readAt: new Date(readAt).toISOString() }));
  if (json) printJson(rows);
  else for (const { hash, readAt } of rows) printLine(`${hash} of the files read ${readAt}`);
  return EXIT_FINE;
}
