// A person on a terminal is asked for what no flag says, one field after the other, and again where the answer will not do.

import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { type Answers, all, type Calendar, type Field } from './field.ts';

/** Entries of one list; a person gives up long before, a pasted file does not. */
const MAX_ENTRIES = 256;

/** One line; undefined when there will be no more. */
export type AskLine = (prompt: string) => Promise<string | undefined>;

export interface Terminal {
  readonly askLine: AskLine;
  readonly say: (text: string) => void;
  close(): void;
}

/** Questions go to stderr: stdout is for what was made. */
export function openTerminal(input: Readable, output: Writable): Terminal {
  const lines = createInterface({ input, output, terminal: 'isTTY' in output && output.isTTY === true });
  // Holds lines that come before they are asked for: an answer that was pasted has several.
  const typed = lines[Symbol.asyncIterator]();
  // By Ctrl-D, Ctrl-C, or the end of what is piped in.
  let isClosed = false;
  lines.on('close', () => {
    isClosed = true;
  });
  return {
    askLine: async (prompt) => {
      lines.setPrompt(prompt);
      if (!isClosed) lines.prompt();
      const { value, done } = await typed.next();
      return done ? undefined : value;
    },
    say: (text) => void output.write(`${text}\n`),
    close: () => lines.close(),
  };
}

/** What is wrong with a text in a field; undefined when it will do. */
export type FaultOf = (field: Field, text: string) => string | undefined;

/** Answers to every field that makes sense; undefined when the person went away. */
export async function askAll(
  fields: readonly Field[],
  given: Answers,
  calendar: Calendar,
  faultOf: FaultOf,
  terminal: Terminal,
): Promise<Answers | undefined> {
  const answers: Record<string, readonly string[]> = { ...given };
  for (const field of fields) {
    if (answers[field.flag] !== undefined || field.isAsked?.(answers) === false) continue;
    const usual = field.usual?.(answers, calendar) ?? [];
    const isNeeded = field.isNeeded?.(answers) === true && usual.length === 0;
    const texts = await (field.isMany ? askMany : askOne)({ field, usual, isNeeded, faultOf, ...terminal });
    if (texts === undefined) return undefined;
    if (texts.length > 0) answers[field.flag] = texts;
  }
  return answers;
}

interface Question extends Pick<Terminal, 'askLine' | 'say'> {
  readonly field: Field;
  readonly usual: readonly string[];
  readonly isNeeded: boolean;
  readonly faultOf: FaultOf;
}

async function askOne(question: Question): Promise<readonly string[] | undefined> {
  const { field, usual, isNeeded, askLine, say, faultOf } = question;
  for (;;) {
    const text = (await askLine(`${promptOf(question)}: `))?.trim();
    if (text === undefined) return undefined;
    if (text === '' && !isNeeded) return usual;
    const fault = text === '' ? 'is needed' : faultOf(field, text);
    if (fault === undefined) return [text];
    say(`  ${fault}`);
  }
}

async function askMany(question: Question): Promise<readonly string[] | undefined> {
  const { field, usual, isNeeded, askLine, say, faultOf } = question;
  say(`${promptOf(question)}; one a line, an empty line ends`);
  const texts: string[] = [];
  while (texts.length < MAX_ENTRIES) {
    const text = (await askLine('  - '))?.trim();
    if (text === undefined) return undefined;
    if (text === '' && (texts.length > 0 || !isNeeded)) break;
    const fault = text === '' ? 'at least one is needed' : faultOf(field, text);
    if (fault === undefined) texts.push(text);
    else say(`  ${fault}`);
  }
  return texts.length > 0 ? texts : usual;
}

function promptOf({ field, usual, isNeeded }: Question): string {
  const { shape, flag, about } = field;
  const words = typeof shape === 'string' ? '' : ` (${shape.join(', ')})`;
  const empty = usual.length > 0 ? ` [${usual.join(', ')}]` : isNeeded ? '' : ' [not stated]';
  return `${flag}: ${about}${words}${empty}`;
}

/** Without a terminal: what is usual where nothing was given. */
export function withUsual(fields: readonly Field[], given: Answers, calendar: Calendar): Answers {
  const answers: Record<string, readonly string[]> = { ...given };
  for (const field of fields) {
    if (answers[field.flag] !== undefined || field.isAsked?.(answers) === false) continue;
    const usual = field.usual?.(answers, calendar) ?? [];
    if (usual.length > 0) answers[field.flag] = usual;
  }
  return answers;
}

export function missingOf(fields: readonly Field[], answers: Answers): readonly Field[] {
  return fields.filter(
    (field) =>
      all(answers, field.flag).length === 0 && field.isNeeded?.(answers) === true && field.isAsked?.(answers) !== false,
  );
}
