// The command line of bench:load.

import { parseArgs } from 'node:util';

export interface Options {
  readonly only: readonly string[] | undefined;
  readonly peers: readonly string[] | undefined;
  readonly seconds: number;
  readonly runs: number;
  readonly names: number;
  readonly io: string;
  readonly listen: string;
  readonly isPinned: boolean;
  /** main.ts or dist/main.js of another checkout, measured beside this one. */
  readonly against: string | undefined;
  readonly json: string | undefined;
  readonly results: boolean;
}

export const USAGE = `npm run bench:load -- [--only SCENARIO,…] [--peers NAME,…] [--seconds 6] [--runs 5] [--names 1000000]
  [--io auto|batch|portable] [--listen "[::]:0"] [--no-pin] [--json FILE] [--results [--from-json]] [--against MAIN]
  --json FILE      results, added to those that the file has of other scenarios
  --results        writes the load section of bench/RESULTS.md from them; with --from-json from FILE alone, nothing is measured
  --against MAIN   main.ts or dist/main.js of another checkout, measured beside this one`;

export interface CommandLine {
  readonly options: Options;
  /** Nothing is measured; the page is written from the file. */
  readonly fromJson: boolean;
  readonly help: boolean;
}

export function readOptions(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      peers: { type: 'string' },
      seconds: { type: 'string', default: '6' },
      runs: { type: 'string', default: '5' },
      names: { type: 'string', default: '1000000' },
      io: { type: 'string', default: 'auto' },
      listen: { type: 'string', default: '[::]:0' },
      'no-pin': { type: 'boolean', default: false },
      against: { type: 'string' },
      json: { type: 'string' },
      results: { type: 'boolean', default: false },
      'from-json': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const options = {
    only: values.only?.split(','),
    peers: values.peers?.split(','),
    seconds: positive(values.seconds, '--seconds'),
    runs: positive(values.runs, '--runs'),
    names: positive(values.names, '--names'),
    io: values.io,
    listen: values.listen,
    isPinned: !values['no-pin'],
    against: values.against,
    json: values.json,
    results: values.results,
  };
  return { options, fromJson: values['from-json'], help: values.help };
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} ${text}: give a number above 0`);
  return value;
}
