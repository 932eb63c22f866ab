// STATE/control.sock: how `interdict reload` and its like talk to the running instance. One JSON line there, one back, then it closes.
// Mode 0660: who may write to it is a matter of the file's owner and group. The state folder's lock is held, so that a socket file found
// at the start has no living owner.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';

/** A request names a verb and a hash; an answer lists problems. */
const MAX_REQUEST_BYTES = 4 << 10;
const MAX_REPLY_BYTES = 16 << 20;
/** People and scripts, one at a time. */
const MAX_CONNECTIONS = 16;
/** To send the request line. */
const REQUEST_MS = 5_000;

export type ControlRequest = { readonly verb: 'reload'; readonly acceptShrink?: string } | { readonly verb: 'status' };

export type Handle = (request: ControlRequest) => Promise<object>;

/** Rejects when the path cannot be bound. */
export function serveControl(path: string, handle: Handle): Promise<{ close: () => Promise<void> }> {
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    serveOne(socket, handle);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(path, () => {
      chmodSync(path, 0o660);
      done({ close: () => closeServer(server, open) });
    });
  });
}

function serveOne(socket: Socket, handle: Handle): void {
  let text = '';
  socket.setEncoding('utf8').setTimeout(REQUEST_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0 && text.length <= MAX_REQUEST_BYTES) return;
    socket.removeAllListeners('data').resume().setTimeout(0);
    void answer(end < 0 ? '' : text.slice(0, end), handle).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

async function answer(line: string, handle: Handle): Promise<object> {
  const request = parseRequest(line);
  if (request === undefined)
    return { error: 'not a request; send {"verb":"reload"} or {"verb":"status"} and a line feed' };
  return handle(request).catch((error: Error) => ({ error: error.message }));
}

/** Undefined for anything that is not a known verb with its own keys. */
function parseRequest(line: string): ControlRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('verb' in value)) return undefined;
  if (value.verb === 'status') return { verb: 'status' };
  if (value.verb !== 'reload') return undefined;
  if (!('acceptShrink' in value)) return { verb: 'reload' };
  const { acceptShrink } = value;
  return typeof acceptShrink === 'string' ? { verb: 'reload', acceptShrink } : undefined;
}

async function closeServer(server: Server, open: Set<Socket>): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  for (const socket of open) socket.destroy();
  await closed;
}

/** Asks a running instance; undefined when none listens there. Rejects when it does not answer in time. */
export function askControl(path: string, request: ControlRequest, limitMs: number): Promise<unknown> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = netConnect(path, () => socket.end(`${JSON.stringify(request)}\n`));
    socket
      .setEncoding('utf8')
      .setTimeout(limitMs, () => socket.destroy(new Error(`no answer within ${limitMs / 1000} s`)));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_REPLY_BYTES) socket.destroy(new Error('the answer is too long'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (isAbsent(error) ? done(undefined) : fail(error)));
    socket.on('end', () => {
      try {
        done(JSON.parse(text));
      } catch {
        fail(new Error('the instance closed without an answer'));
      }
    });
  });
}

function isAbsent(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
}
