// STATE/control.sock: how `interdict reload` and its like talk to the running instance. One JSON line there, one back, then it closes.
// Mode 0660: who may write to it is a matter of the file's owner and group. The state folder's lock is held, so that a socket file found
// at the start has no living owner.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { type ControlRequest, type Handlers, handle, parseRequest } from './requests.ts';

/** The largest request carries an exemption, which is a page of text; an answer lists problems. */
const MAX_REQUEST_BYTES = 64 << 10;
const MAX_REPLY_BYTES = 16 << 20;
/** People and scripts, one at a time. */
const MAX_CONNECTIONS = 16;
/** To send the request line. */
const REQUEST_MS = 5_000;

/** The user id at the other end of a connected socket, by the socket's descriptor; undefined where it cannot be asked. */
export type PeerUid = (fd: number) => number | undefined;

/** Rejects when the path cannot be bound. */
export function serveControl(
  path: string,
  handlers: Partial<Handlers>,
  uidOf: PeerUid,
): Promise<{ close: () => Promise<void> }> {
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    serveOne(socket, handlers, uidOf);
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

function serveOne(socket: Socket, handlers: Partial<Handlers>, uidOf: PeerUid): void {
  const fd = descriptorOf(socket);
  const uid = fd === undefined ? undefined : uidOf(fd);
  let text = '';
  socket.setEncoding('utf8').setTimeout(REQUEST_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0 && text.length <= MAX_REQUEST_BYTES) return;
    socket.removeAllListeners('data').resume().setTimeout(0);
    const request = parseRequest(end < 0 ? '' : text.slice(0, end));
    const answer = 'fault' in request ? Promise.reject(new Error(request.fault)) : handle(handlers, request, { uid });
    void answer
      .catch((error: Error) => ({ error: error.message }))
      .then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

/** Node shows it nowhere else; undefined when a later version hides it. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: unknown } | null })._handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
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
