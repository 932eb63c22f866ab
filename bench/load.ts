// Load on the whole program and, in the same run, on the field: npm run bench:load -- --help
//
// dnsperf asks on one core, the server answers on the other. Every figure is a median of several rounds with its spread; ratios are taken
// within each round. bench/load/workload.ts says what is asked, bench/peers what each server is told, bench/limit what the limit is.

import type { ScenarioResult } from './load/figures.ts';
import { describeMachine, type Machine } from './load/machine.ts';
import { type Options, readOptions, USAGE } from './load/options.ts';
import { buildPackage } from './load/ourselves.ts';
import { PEER_TARGETS } from './load/peers.ts';
import { pathOf } from './load/processes.ts';
import { mergeResults, type Recorded, readResults, writePage, writeResults } from './load/results.ts';
import { SCENARIOS } from './load/scenarios.ts';
import { Session } from './load/session.ts';
import { terminalText } from './load/table.ts';

/** One scenario with folders and servers of its own; undefined, having said why, when it has no result. */
export async function runScenario(name: string, options: Options): Promise<ScenarioResult | undefined> {
  const session = new Session(options);
  const stop = () => void session.close().then(() => process.exit(1));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    buildPackage();
    return await SCENARIOS[name](session);
  } catch (error) {
    console.error(`${name} has no result: ${error instanceof Error ? error.stack : String(error)}`);
    return undefined;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await session.close();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { help, fromJson, options } = readOptions(args);
  const names = Object.keys(SCENARIOS);
  if (help)
    return console.log(
      `${USAGE}\nscenarios: ${names.join(', ')}\npeers: ${PEER_TARGETS.map(({ name }) => name).join(', ')}`,
    );
  const before = options.json === undefined ? [] : readResults(options.json);
  if (fromJson) return writePage(before);
  const wanted = options.only ?? names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}; there are ${names.join(', ')}`);
  if (pathOf('dnsperf') === undefined) throw new Error('dnsperf is missing; install it (Debian package dnsperf)');

  const command = `npm run bench:load -- ${args.join(' ')}`.trim();
  const results: Recorded[] = [];
  for (const name of wanted) {
    const machine: Machine = describeMachine(PEER_TARGETS);
    const result = await runScenario(name, options);
    if (result === undefined) process.exitCode = 1;
    else {
      results.push({ ...result, machine, command });
      console.log(terminalText(result));
      if (options.json !== undefined) writeResults(options.json, mergeResults(before, results));
    }
  }
  if (options.results) writePage(mergeResults(before, results));
}

if (import.meta.main) await main(process.argv.slice(2));
