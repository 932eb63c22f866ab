// The verbs below `interdict override`, with their options.

import type { Command, Option } from 'commander';

/** What every verb of the program has. */
interface Parts {
  readonly verb: (parent: Command, name: string, description: string) => Command;
  readonly json: () => Option;
  readonly exit: (code: number) => void;
}

export function addOverrideVerbs(program: Command, { verb: bare, json, exit }: Parts): void {
  const verb: Parts['verb'] = (...args) => bare(...args).addOption(json());
  const override = program
    .command('override')
    .description('measures of the moment on the running instance, which end by themselves');
  const adding = override
    .command('add')
    .description('put one in force now; it ends after an hour unless another person confirms it');

  adder(verb, adding, 'release', 'a false positive: a name, or what one rule matches, is free everywhere; 72 h at most')
    .argument('<name-or-decision-id>', 'what is to be free')
    .option('--below', 'everything below the name too')
    .action(async (what, options) => exit(await (await load()).addRelease(what, options)));
  adder(verb, adding, 'fallback', 'an incident: one directive is monitored in one segment; 4 h at most')
    .requiredOption('--directive <id>', 'the directive')
    .requiredOption('--segment <id>', 'the segment')
    .action(async (options) => exit(await (await load()).addFallback(options)));
  adder(verb, adding, 'emergency-exemption', 'an exemption that cannot wait for a pull request; 24 h at most')
    .argument('<file>', 'as in the exemptions folder, without from and until')
    .action(async (file, options) => exit(await (await load()).addEmergency(file, options)));

  verb(override, 'confirm', 'say as another person that it is right: it then holds until its end')
    .argument('<id>', 'such as OVR-7')
    .requiredOption('--by <name>', 'who confirms it')
    .action(async (id, options) => exit(await (await load()).confirm(id, options)));
  verb(override, 'end', 'end it now')
    .argument('<id>', 'such as OVR-7')
    .requiredOption('--by <name>', 'who ends it')
    .action(async (id, options) => exit(await (await load()).end(id, options)));
  verb(override, 'ls', 'list those that hold')
    .option('--all', 'and those that ended in the last 30 days')
    .action(async (options) => exit(await (await load()).ls(options)));
  bare(override, 'promote', 'write what makes a release last into the blocklists: an except rule and a free test')
    .argument('<id>', 'such as OVR-7')
    .action(async (id, options) => exit(await (await import('./override-promote.ts')).promote(id, options)));
}

function adder(verb: Parts['verb'], parent: Command, name: string, description: string): Command {
  return verb(parent, name, description)
    .requiredOption('--ticket <id>', 'the case it belongs to')
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--by <name>', 'who asks for it')
    .option('--for <time>', 'how long, such as 90m or 4h (default: the longest allowed)');
}

function load(): Promise<typeof import('./override.ts')> {
  return import('./override.ts');
}
