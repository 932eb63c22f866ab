import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askControl, serveControl } from '../../src/control/control-socket.ts';
import type { Caller, ControlRequest } from '../../src/control/requests.ts';
import { batchIoFault } from '../../src/dns/workers/sockets/libc.ts';
import { peerUidReader } from '../../src/peer-uid.ts';

let root: string;
let path: string;
let server: { close: () => Promise<void> };
let seen: ControlRequest[];
let caller: Caller | undefined;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'interdict-control-'));
  path = join(root, 'control.sock');
  seen = [];
  writeFileSync(path, ''); // As a crash leaves it.
  server = await serveControl(
    path,
    {
      status: async () => {
        throw new Error('no status today');
      },
      reload: async (request, from) => {
        seen.push(request);
        caller = from;
        return { outcome: 'applied', request };
      },
    },
    peerUidReader(),
  );
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** Sends bytes as they are and gives what came back. */
function raw(text: string): Promise<string> {
  return new Promise((done, fail) => {
    let reply = '';
    const socket = connect(path, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => (reply += chunk));
    socket.on('end', () => done(reply)).on('error', fail);
  });
}

test('a request is one line and so is its answer', async () => {
  expect(await askControl(path, { verb: 'reload', acceptShrink: 'abc' }, 5_000)).toMatchObject({ outcome: 'applied' });
  expect(seen).toEqual([{ verb: 'reload', acceptShrink: 'abc' }]);
  expect(statSync(path).mode & 0o777).toBe(0o660);
});

test('a request that fails says why', async () => {
  expect(await askControl(path, { verb: 'status' }, 5_000)).toEqual({ error: 'no status today' });
});

test.skipIf(batchIoFault() !== undefined)('the kernel says whose request it is', async () => {
  await askControl(path, { verb: 'reload' }, 5_000);
  expect(caller).toEqual({ uid: process.getuid?.() });
});

const bad = [
  '\n',
  'reload\n',
  '{"verb":"stop"}\n',
  '[]\n',
  'null\n',
  '{"verb":"reload","acceptShrink":1}\n',
  `${'x'.repeat(100_000)}`,
];

test.each(bad)('what is no request reaches nobody: %j', async (text) => {
  expect(await raw(text)).toContain('not a request');
  expect(seen).toEqual([]);
});

test('nobody listening is told apart from a fault', async () => {
  expect(await askControl(join(root, 'none.sock'), { verb: 'status' }, 5_000)).toBeUndefined();
});
