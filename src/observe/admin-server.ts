// The operator's HTTP port: /metrics, /healthz, /readyz. Loopback unless configured otherwise; it reads and never changes anything.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Place, Problem } from '../base/problems.ts';
import type { Endpoint } from '../config/config.ts';
import type { Metrics } from './metrics.ts';

/** Requests are a line and a few headers. */
const MAX_HEADER_BYTES = 8 << 10;
/** A scraper or two, a probe, a person. */
const MAX_CONNECTIONS = 64;
/** To send a request; a body is never read. */
const REQUEST_MS = 5_000;
/** How often that is looked at; Node's own 30 s would let 64 slow senders keep everybody else out for so long. */
const SWEEP_MS = 1_000;
/** Nothing sent and nothing taken, by a reader that has stopped reading too. */
const SILENT_MS = 10_000;
/** Between requests of one connection: longer than no usual scrape interval, so most connect anew. */
const KEEP_ALIVE_MS = 10_000;

export interface Readiness {
  readonly state: 'ready' | 'degraded' | 'not ready';
  readonly reasons: readonly string[];
}

export interface AdminOptions {
  readonly listen: Endpoint;
  /** Where it is configured, for problems. */
  readonly where: Place;
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function startAdminServer(options: AdminOptions): Promise<AdminServer | { problem: Problem }> {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: SWEEP_MS,
  };
  const server = createServer(limits, (request, response) => void serve(options, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = SILENT_MS;
  const { host, port } = options.listen;
  return new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done({ problem: listenProblem(error, options) }));
    server.listen(port, host, () => done({ port: portOf(server), close: () => close(server) }));
  });
}

async function serve(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await replyTo(options, request).catch((): Reply => text(500, 'the metrics could not be read\n'));
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(reply.status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}

async function replyTo({ metrics, readiness }: AdminOptions, request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET and HEAD only\n');
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.render() };
    case '/healthz':
      return text(200, 'ok\n');
    case '/readyz': {
      const { state, reasons } = readiness();
      return {
        status: state === 'not ready' ? 503 : 200,
        type: 'application/json',
        body: `${JSON.stringify({ state, reasons })}\n`,
      };
    }
    default:
      return text(404, 'here are /metrics, /healthz and /readyz\n');
  }
}

function text(status: number, body: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function listenProblem(error: NodeJS.ErrnoException, { listen: { host, port }, where }: AdminOptions): Problem {
  const cure =
    error.code === 'EADDRINUSE'
      ? 'another program has this port; stop it or change admin.listen'
      : 'correct admin.listen';
  const message = `cannot open the admin port ${port} on ${host} (${error.code}): ${cure}`;
  return { code: 'admin-listen', severity: 'error', message, where };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeAllConnections();
  await closed;
}
