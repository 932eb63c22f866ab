// Verbs and options of the command line. Each verb's own file is loaded when it is asked for, so that none pays for another.

import { Command, CommanderError, Option } from 'commander';
import { STATUSES } from '../policy/model.ts';
import { EXIT_BROKEN_PIPE, EXIT_FINE, EXIT_USAGE } from './exit-codes.ts';
import { addHistoryVerbs } from './history/history-program.ts';
import { addNewVerbs } from './new/verbs.ts';
import { addOverrideVerbs } from './override/override-program.ts';
import { packageVersion } from './package-version.ts';

export async function runCli(argv: readonly string[]): Promise<void> {
  // `interdict catalogue | head`: a reader that has seen enough ends us as SIGPIPE would, without a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_BROKEN_PIPE);
  });
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT_FINE : EXIT_USAGE;
  }
}

export function createProgram(): Command {
  const program = new Command('interdict')
    .description('Enforces government app bans where traffic leaves the network.')
    .version(packageVersion())
    .exitOverride()
    .showHelpAfterError('(interdict --help lists what there is)');

  verb(
    program,
    'serve',
    'answer DNS queries under the policy of the files, until SIGTERM or SIGINT; SIGHUP reads the files again',
  )
    .option('--strict', 'do not start from the last good policy when the files have errors')
    .action(async (options) => exit(await (await import('./serve.ts')).serve(options)));

  verb(program, 'check', 'read everything, run the tests of each app, list every problem')
    .option(
      '--strict',
      'fail on directives that nobody has read again (source kind memory) or is to read again (no review_by)',
    )
    .addOption(json())
    .action(async (options) => exit(await (await import('./check.ts')).check(options)));

  verb(program, 'explain', 'say what is decided about a name or an address, by which rule, and which rules lost')
    .argument('[subjects...]', 'a name, an address or a URL; then the names and addresses its answer leads to')
    .option('--client <ip>', 'who asks')
    .option('--id <id>', 'a decision id, from a log, an EDE text or a report, in place of a subject')
    .option('--at <time>', 'judge as of this date or RFC 3339 instant: by the policy served then')
    .addOption(json())
    .action(async (subjects, options) => exit(await (await import('./explain.ts')).explain(subjects, options)));

  verb(program, 'compile', 'compile the files and say what came out')
    .option('--out <file>', 'write the snapshot there')
    .addOption(json())
    .action(async (options) => exit(await (await import('./compile.ts')).compile(options)));

  verb(program, 'catalogue', 'list the instruments and apps: whom they bind, what they demand, where they reach')
    .option('--jurisdiction <code>', 'instruments of this jurisdiction alone')
    .option('--app <id>', 'instruments that name this app, and the app')
    .option('--directive <id>', 'this instrument alone')
    .addOption(new Option('--status <status>', 'instruments of this status alone').choices(STATUSES))
    .addOption(json())
    .action(async (options) => exit(await (await import('./catalogue.ts')).catalogue(options)));

  verb(program, 'reload', 'have the running instance read the files again, all or nothing')
    .option('--accept-shrink <hash>', 'the refused policy that is meant to have fewer rules, by its hash')
    .addOption(json())
    .action(async (options) => exit(await (await import('./reload.ts')).reload(options)));

  verb(
    program,
    'identify',
    'say whose request an event was, to two people with a case, while the key of its day is kept',
  )
    .argument('<reference>', 'DATE/CLIENT of an event line')
    .option('--case <id>', 'the case on record that asks for it')
    .option('--by <name>', 'who asks')
    .option('--confirmed-by <name>', 'another person, who agrees')
    .addOption(json())
    .action(async (reference, options) =>
      exit(await (await import('./privacy/identify.ts')).identify(reference, options)),
    );

  verb(program, 'privacy', 'say what is stored now, about whom, for how long and why, in words for a notice to staff')
    .addOption(json())
    .action(async (options) => exit(await (await import('./privacy/privacy.ts')).privacy(options)));

  verb(program, 'readiness', 'say from the event files what enforcing an instrument in a network would have blocked')
    .argument('<directive>', 'id of the directive')
    .option('--segment <id>', 'the network')
    .option('--since <date>', 'first day that counts (default: the first event file)')
    .addOption(json())
    .action(async (directive, options) =>
      exit(await (await import('./privacy/readiness.ts')).readiness(directive, options)),
    );

  addNewVerbs(program, { verb, exit });

  addOverrideVerbs(program, { verb, json, exit });
  addHistoryVerbs(program, { verb, json, exit });

  return program;
}

function verb(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option(
      '--config <file>',
      'interdict.yaml (default: config/interdict.yaml here, else the demo inside the package)',
    );
}

function exit(code: number): void {
  process.exitCode = code;
}

function json(): Option {
  return new Option('--json', 'print data for programs');
}
