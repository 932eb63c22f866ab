// `interdict identify REFERENCE --case ID --by A --confirmed-by B`: whose requests the events of one pseudonym were. Two people, a case,
// and a line in the journal before the key is touched; no line, no answer.

import type { Instant } from '../../base/brand.ts';
import type { Config, ConfigChoice } from '../../config/config.ts';
import { readConfig } from '../../config/read-config.ts';
import { refusalOf } from '../../control/identify.ts';
import { statePaths } from '../../control/state-folder.ts';
import {
  findReferred,
  formatReference,
  isClientOf,
  parseReference,
  type Referred,
  undo,
} from '../../observe/identify.ts';
import { askInstance, complain } from '../ask-instance.ts';
import { chooseConfig } from '../config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS, EXIT_USAGE } from '../exit-codes.ts';
import { count, printJson, printLine, printProblems } from '../print.ts';

/** To write one line to the disk. */
const LIMIT_MS = 30_000;

export interface IdentifyOptions {
  readonly config?: string;
  readonly case?: string;
  readonly by?: string;
  readonly confirmedBy?: string;
  readonly json?: true;
}

interface Asked {
  readonly case: string;
  readonly by: string;
  readonly confirmedBy: string;
}

interface Found extends Referred {
  readonly reference: string;
  readonly address: string;
}

export async function identify(text: string, options: IdentifyOptions): Promise<number> {
  const asked = askedBy(options);
  if (typeof asked === 'string') {
    complain(asked);
    return EXIT_USAGE;
  }
  const choice = chooseConfig(options.config);
  const { config, problems } = readConfig(choice.file, { now: Date.now() as Instant });
  if (config === undefined) {
    printProblems(problems, choice.file);
    return EXIT_PROBLEMS;
  }
  const found = await lookUp(text, asked, choice, config);
  if ('fault' in found) {
    complain(found.fault);
    return EXIT_PROBLEMS;
  }
  if (options.json) printJson(found);
  else show(found, asked);
  return EXIT_FINE;
}

function askedBy({ case: about, by, confirmedBy }: IdentifyOptions): Asked | string {
  if (!about?.trim()) return 'give --case: whose request it was is asked for a case that is on record';
  if (!by?.trim() || !confirmedBy?.trim()) return 'give --by and --confirmed-by: it takes two people to ask';
  return { case: about, by, confirmedBy };
}

/** In this order: may they ask, is there anything to ask about, is it in the journal; only then the key. */
async function lookUp(
  text: string,
  asked: Asked,
  choice: ConfigChoice,
  config: Config,
): Promise<Found | { readonly fault: string }> {
  const refusal = refusalOf(asked);
  if (refusal !== undefined) return { fault: refusal };
  const reference = parseReference(text);
  if (reference === undefined)
    return { fault: `${text} is no reference; write DATE/CLIENT as they stand in an event line` };
  const state = statePaths(choice.state ?? config.state);
  const referred = await findReferred(state.events, reference);
  if ('fault' in referred) return referred;
  const name = formatReference(reference);
  const isRecorded = await askInstance(choice, { verb: 'identify', reference: name, ...asked }, LIMIT_MS);
  if (isRecorded === undefined) return { fault: 'nothing was looked up: the journal must hold the question first' };
  const found = await undo(state.keys, reference, config.privacy.kept.pseudonymKeys.span, Date.now());
  if ('fault' in found) return found;
  const doubt = doubtOf(found.address, referred, config);
  return doubt === undefined ? { reference: name, ...found, ...referred } : { fault: doubt };
}

/** A key that was lost and made anew on its day does not undo what was written before. */
function doubtOf(address: string, { segments }: Referred, { department }: Config): string | undefined {
  const known = department.segments.filter(({ id }) => segments.includes(id));
  const prefixes = known.flatMap(({ clients }) => clients);
  if (known.length < segments.length || isClientOf(address, prefixes)) return undefined;
  return `the key gives no client of ${segments.join(' or ')}: it was made anew on that day, or the network has other prefixes now`;
}

function show({ reference, address, segments, events, first, last }: Found, asked: Asked): void {
  printLine(`${reference} was ${address}`);
  printLine(`in ${segments.join(', ')}: ${count(events, 'event')}, ${first} to ${last}`);
  printLine(`The journal says that ${asked.by} asked, confirmed by ${asked.confirmedBy}, for case ${asked.case}`);
}
