// `interdict rollback` and the verbs below `interdict journal`, with their options.

import type { Command, Option } from 'commander';

/** What every verb of the program has. */
interface Parts {
  readonly verb: (parent: Command, name: string, description: string) => Command;
  readonly json: () => Option;
  readonly exit: (code: number) => void;
}

export function addHistoryVerbs(program: Command, { verb, json, exit }: Parts): void {
  verb(program, 'rollback', 'have the running instance serve a policy of before, and keep to it until --end')
    .argument('[hash]', 'which one, by the beginning of its hash (default: the one before the present)')
    .option('--end', 'serve the files again')
    .option('--accept-shrink <hash>', 'with --end: the refused policy that is meant to have fewer rules')
    .option('--list', 'list the policies to go back to, the newest last')
    .addOption(json())
    .action(async (hash, options) => exit(await (await import('./rollback.ts')).rollback(hash, options)));

  const journal = program.command('journal').description('the record of what became of the policy here');
  verb(journal, 'verify', 'say whether a line was changed, taken out or swapped since it was written')
    .option('--hash <sha256>', 'one that a line had once, from a log or a report: it must be in there')
    .addOption(json())
    .action(async (options) => exit(await (await import('./journal.ts')).verify(options)));
  verb(journal, 'ls', 'list the lines, oldest first')
    .option('--since <time>', 'from this date or RFC 3339 instant on')
    .option('--kind <kind>', 'such as activated, refused, override, expiry, start, stop')
    .addOption(json())
    .action(async (options) => exit(await (await import('./journal.ts')).list(options)));
  verb(journal, 'show', 'print all that one line holds, as data for programs')
    .argument('<number>', 'from journal ls')
    .action(async (number, options) => exit(await (await import('./journal.ts')).show(number, options)));
}
