// A program of its own, since descriptors are limited by process: sends 300 queries to the upstream at argv[2] through the kind of sockets
// at argv[3], a few at a time, and prints how many were answered, how many failed, and how many ports were open at the end.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseAddress } from '../../../src/base/addresses.ts';
import { monotonicClock } from '../../../src/dns/resolve/clock.ts';
import { Random } from '../../../src/dns/resolve/random.ts';
import { SourcePorts } from '../../../src/dns/resolve/upstream/source-ports.ts';
import { buildQuery } from '../../../src/dns/resolve/upstream/upstream-query.ts';
import { type Kind, newSockets } from './socket-kinds.ts';

const QUERIES = 300;
const ports = new SourcePorts(monotonicClock, new Random(randomBytes), newSockets(process.argv[3] as Kind));
const address = parseAddress('127.0.0.1') as Uint8Array;
const question = { qname: Uint8Array.of(1, 0x61, 0), qtype: 1, dnssecOk: false, checkingDisabled: false };
const count = { answered: 0, failed: 0 };

for (let i = 0; i < QUERIES; i++) {
  ports.send({
    target: { address, host: '127.0.0.1', port: Number(process.argv[2]) },
    query: buildQuery(question),
    reply: () => count.answered++,
    wrong: () => {},
    failed: () => count.failed++,
  });
  if (i % 10 === 0) await pause(1);
}
for (let i = 0; i < 500 && count.answered + count.failed < QUERIES; i++) await pause(10);
process.stdout.write(JSON.stringify({ ...count, open: ports.stats().open }));
ports.close();
