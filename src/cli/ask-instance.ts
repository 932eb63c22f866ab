// How verbs talk to the running instance: where its socket lies, and what to say when nobody listens there.

import type { Instant } from '../base/brand.ts';
import type { ConfigChoice } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { askControl } from '../control/control-socket.ts';
import type { ControlRequest } from '../control/requests.ts';
import { statePaths } from '../control/state-folder.ts';
import { printProblems } from './print.ts';

/** Undefined after a complaint: of the configuration, that nobody listens, or what the instance refused to do. */
export async function askInstance(
  choice: ConfigChoice,
  request: ControlRequest,
  limitMs: number,
): Promise<object | undefined> {
  const state = stateOf(choice);
  if (state === undefined) return undefined;
  const socket = statePaths(state).controlSocket;
  const reply = await askControl(socket, request, limitMs).catch((error: Error) => ({ error: error.message }));
  if (reply === undefined) return complain(`no instance listens on ${socket}; start one with: interdict serve`);
  if (typeof reply !== 'object' || reply === null) return complain('the instance gave no answer');
  return 'error' in reply ? complain(String(reply.error)) : reply;
}

/** The instance reads the files itself and says what is wrong with them; only where its state lies must be known here. */
export function stateOf(choice: ConfigChoice): string | undefined {
  if (choice.state !== undefined) return choice.state;
  const { config, problems } = readConfig(choice.file, { now: Date.now() as Instant });
  if (config === undefined) printProblems(problems, choice.file);
  return config?.state;
}

export function complain(message: string): undefined {
  process.stderr.write(`${message}\n`);
  return undefined;
}
