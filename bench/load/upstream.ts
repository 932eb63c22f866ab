// Everybody's upstream: limit/upstream.c, or the same in JavaScript where no compiler is (slower: it may be what bounds a forwarding run).

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { readU16, writeU16 } from '../../src/base/bytes.ts';
import { formatName, nameLength } from '../../src/base/names.ts';
import { freePort } from '../../test/peers/peer.ts';
import { compileC } from './compile.ts';
import { TYPES } from './messages.ts';
import { type Core, pathOf, startProgram } from './processes.ts';
import type { Workload } from './workload.ts';
import { withLinks } from './zone.ts';

export interface Upstream {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startUpstream(workload: Workload, core: Core): Promise<Upstream> {
  if (pathOf('cc') === undefined) return startInProcess(workload);
  const port = await freePort();
  const program = compileC('upstream', workload.folder);
  const log = join(workload.folder, 'upstream.log');
  const running = startProgram(core, [program, String(port), workload.files.zone], workload.folder, log);
  return { port, stop: () => running.stop() };
}

interface Prepared {
  readonly rcode: number;
  readonly answers: number;
  readonly authorities: number;
  readonly body: Uint8Array;
}

const PLAIN: Prepared = {
  rcode: 0,
  answers: 1,
  authorities: 0,
  body: Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 198, 18, 0, 1),
};
/** A SOA of which all names are the root. */
const ABSENT: Prepared = {
  rcode: 0,
  answers: 0,
  authorities: 1,
  body: Uint8Array.of(0xc0, 12, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, ...Array(5).fill([0, 0, 14, 16]).flat()),
};

async function startInProcess({ zone }: Workload): Promise<Upstream> {
  const table = new Map<string, Prepared>(withLinks(zone).map((row) => [`${row.name} ${TYPES[row.type]}`, row]));
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (query, { port }) => {
    const reply = replyTo(query, table);
    if (reply !== undefined) socket.send(reply, port, '127.0.0.1');
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return {
    port: socket.address().port,
    stop: () => new Promise((done) => socket.close(() => done())),
  };
}

function replyTo(query: Buffer, table: ReadonlyMap<string, Prepared>): Uint8Array | undefined {
  if (query.length < 17 || query[2] >= 0x80 || readU16(query, 4) !== 1) return undefined;
  const end = 12 + nameLength(query, 12) + 4;
  const type = readU16(query, end - 4);
  const found = table.get(`${formatName(query, 12).toLowerCase()} ${type}`);
  const { rcode, answers, authorities, body } = found ?? (type === TYPES.A ? PLAIN : ABSENT);
  const hasOpt = readU16(query, 10) > 0;
  const reply = new Uint8Array(end + body.length + (hasOpt ? 11 : 0));
  reply.set(query.subarray(0, end));
  reply[2] = 0x80 | (query[2] & 1);
  reply[3] = 0x80 | rcode;
  writeU16(reply, 6, answers);
  writeU16(reply, 8, authorities);
  writeU16(reply, 10, hasOpt ? 1 : 0);
  reply.set(body, end);
  if (hasOpt) reply.set([0, 0, 41, 4, 208, 0, 0, query[end + 7] & 0x80, 0, 0, 0], end + body.length);
  return reply;
}
