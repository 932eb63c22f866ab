// `interdict reload`: asks the running instance over its control socket.

import type { Instant } from '../base/brand.ts';
import { readConfig } from '../config/read-config.ts';
import { askControl } from '../control/control-socket.ts';
import type { ReloadResult } from '../control/keeper/active-policy.ts';
import { statePaths } from '../control/state-folder.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from './exit-codes.ts';
import { printJson, printLine, printProblems, seenProblems } from './print.ts';

/** A compile of the largest lists, and one that was under way before it. */
const LIMIT_MS = 300_000;

export async function reload(options: { config?: string; acceptShrink?: string; json?: true }): Promise<number> {
  const choice = chooseConfig(options.config);
  const state = choice.state ?? stateOf(choice.file);
  if (state === undefined) return EXIT_PROBLEMS;
  const { acceptShrink } = options;
  const request = { verb: 'reload', ...(acceptShrink !== undefined && { acceptShrink }) } as const;
  const socket = statePaths(state).controlSocket;
  const reply = await askControl(socket, request, LIMIT_MS).catch((error: Error) => ({ error: error.message }));
  if (reply === undefined) return complain(`no instance listens on ${socket}; start one with: interdict serve`);
  if (typeof reply === 'object' && reply !== null && 'error' in reply) return complain(String(reply.error));
  const result = reply as ReloadResult; // Our own instance, over a socket that others may not write to.
  if (options.json) printJson({ ...result, problems: seenProblems(result.problems, choice.file) });
  else show(result, choice.file);
  return result.outcome === 'applied' || result.outcome === 'unchanged' ? EXIT_FINE : EXIT_PROBLEMS;
}

/** The instance reads the files itself and says what is wrong with them; only where its state lies must be known here. */
function stateOf(file: string): string | undefined {
  const { config, problems } = readConfig(file, { now: Date.now() as Instant });
  if (config === undefined) printProblems(problems, file);
  return config?.state;
}

function show({ outcome, generation, hash, problems }: ReloadResult, configFile: string): void {
  printProblems(problems, configFile);
  printLine(`${outcome}: generation ${generation}${hash === undefined ? '' : `, compiled policy ${hash}`}`);
}

function complain(message: string): number {
  process.stderr.write(`${message}\n`);
  return EXIT_PROBLEMS;
}
