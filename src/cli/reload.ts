// `interdict reload`: asks the running instance over its control socket.

import type { ReloadResult } from '../control/keeper/active-policy.ts';
import { askInstance } from './ask-instance.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from './exit-codes.ts';
import { printJson, printLine, printProblems, seenProblems } from './print.ts';

/** A compile of the largest lists, and one that was under way before it. */
const LIMIT_MS = 300_000;

export async function reload(options: { config?: string; acceptShrink?: string; json?: true }): Promise<number> {
  const choice = chooseConfig(options.config);
  const reply = await askInstance(choice, { verb: 'reload', acceptShrink: options.acceptShrink }, LIMIT_MS);
  if (reply === undefined) return EXIT_PROBLEMS;
  const result = reply as ReloadResult; // Our own instance, over a socket that others may not write to.
  if (options.json) printJson({ ...result, problems: seenProblems(result.problems, choice.file) });
  else show(result, choice.file);
  return result.outcome === 'applied' || result.outcome === 'unchanged' ? EXIT_FINE : EXIT_PROBLEMS;
}

function show({ outcome, generation, hash, problems }: ReloadResult, configFile: string): void {
  printProblems(problems, configFile);
  if (outcome === 'pinned') printLine('the files are good; a rollback is in force until: interdict rollback --end');
  printLine(`${outcome}: generation ${generation}${hash === undefined ? '' : `, compiled policy ${hash}`}`);
}
