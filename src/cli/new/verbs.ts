// The verbs below `interdict new`: one a kind of file, one flag a field.

import { type Command, Option } from 'commander';
import type { Field } from './field.ts';
import { KINDS } from './field.ts';
import { FIELDS } from './fields.ts';

const ABOUT = {
  app: 'an app: its names, their evidence, its tests',
  directive: 'a public instrument: who issued it, whom it binds, which apps it names',
  segment: 'a network, added to the configuration',
  exemption: 'a recorded exception for some clients of a segment',
} as const;

interface Parts {
  readonly verb: (parent: Command, name: string, description: string) => Command;
  readonly exit: (code: number) => void;
}

export function addNewVerbs(program: Command, { verb, exit }: Parts): void {
  const parent = program
    .command('new')
    .description('write a new file and check it; asks on a terminal for what no flag says');
  for (const kind of KINDS) {
    const made = verb(parent, kind, ABOUT[kind]);
    for (const field of FIELDS[kind]) made.addOption(optionOf(field));
    made.action(async (options) => exit(await (await import('../new.ts')).create(kind, options)));
  }
}

function optionOf({ flag, shape, about, isMany }: Field): Option {
  const value = typeof shape === 'string' ? shape : flag;
  const words = typeof shape === 'string' ? '' : ` (${shape.join(', ')})`;
  return new Option(`--${flag} <${value}${isMany ? '...' : ''}>`, `${about}${words}`);
}
