// Load on the whole program and, in the same run, on the field: npm run bench:load -- --help
//
// dnsperf asks on one core, the server answers on the other. Every figure is a median of several rounds with its spread; ratios are taken
// within each round. bench/load/workload.ts says what is asked, bench/peers what each server is told, bench/limit what the limit is.

import { writeFileSync } from 'node:fs';
import type { ScenarioResult } from './load/figures.ts';
import { describeMachine } from './load/machine.ts';
import { readOptions, USAGE } from './load/options.ts';
import { PEER_TARGETS } from './load/peers.ts';
import { pathOf } from './load/processes.ts';
import { SCENARIOS } from './load/scenarios.ts';
import { Session } from './load/session.ts';
import { terminalText } from './load/table.ts';

const { help, ...options } = readOptions(process.argv.slice(2));
if (help) {
  console.log(
    `${USAGE}\nscenarios: ${Object.keys(SCENARIOS).join(', ')}\npeers: ${PEER_TARGETS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(0);
}
if (pathOf('dnsperf') === undefined) throw new Error('dnsperf is missing; install it (Debian package dnsperf)');
const wanted = options.only ?? Object.keys(SCENARIOS);
const unknown = wanted.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0)
  throw new Error(`no such scenario: ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}`);

const machine = describeMachine(PEER_TARGETS);
const results: ScenarioResult[] = [];
for (const name of wanted) {
  const session = new Session(options);
  const stop = () => void session.close().then(() => process.exit(1));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const result = await SCENARIOS[name](session);
    results.push(result);
    console.log(terminalText(result));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await session.close();
  }
}
const command = `npm run bench:load -- ${process.argv.slice(2).join(' ')}`.trim();
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ machine, command, results }, null, 2));
