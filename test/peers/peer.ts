// Real DNS programs for tests: each in a folder of its own, on a loopback port of its own, stopped by its process id. A program that is
// not installed skips the test and says so; with INTERDICT_REQUIRE_PEERS=1 it fails instead.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Peer {
  readonly port: number;
  readonly folder: string;
  /** What it has printed so far. */
  log(): string;
  stop(): Promise<void>;
}

const START_MS = 20_000;
const ASK_MS = 100;
const STOP_MS = 3000;
const MAX_LOG = 1_000_000;

/** The programs that are missing, as a reason to skip; undefined when all are there. Throws when peers are required. */
export function missingPeers(...programs: string[]): string | undefined {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  if (missing.length === 0) return undefined;
  const reason = `not installed: ${missing.join(', ')}`;
  if (process.env.INTERDICT_REQUIRE_PEERS === '1') throw new Error(reason);
  console.warn(`skipped, ${reason}`);
  return reason;
}

function pathOf(program: string): string | undefined {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { env: { ...process.env, PATH: path } });
  return found.status === 0 ? found.stdout.toString().trim() : undefined;
}

export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `interdict-${name}-`));
}

/** A loopback port that is free for UDP and TCP at this moment. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < 20; i++) {
    const port = await new Promise<number>((done, failed) => {
      const server = createServer();
      server.once('error', failed);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    if (await isFreeForUdp(port)) return port;
  }
  throw new Error('no port is free for both UDP and TCP');
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => done(false)));
    socket.bind(port, '127.0.0.1', () => socket.close(() => done(true)));
  });
}

export interface Start {
  readonly program: string;
  readonly args: readonly string[];
  /** By path below the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly port: number;
  readonly folder: string;
}

/** Writes the files, starts the program and waits until it answers on its port. */
export async function startPeer(start: Start): Promise<Peer> {
  for (const [path, text] of Object.entries(start.files)) {
    mkdirSync(dirname(join(start.folder, path)), { recursive: true });
    writeFileSync(join(start.folder, path), text);
  }
  const child = spawn(pathOf(start.program) ?? start.program, start.args, { cwd: start.folder });
  let log = '';
  const collect = (chunk: Buffer) => {
    if (log.length < MAX_LOG) log += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const stop = () => stopChild(child).then(() => rmSync(start.folder, { recursive: true, force: true }));
  if (!(await answers(start.port, child))) {
    await stop();
    throw new Error(`${start.program} does not answer on port ${start.port}:\n${log}`);
  }
  return { port: start.port, folder: start.folder, log: () => log, stop };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** Asks for the root's NS (any answer will do) until one comes, the program ends or time is up. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  const socket = createSocket('udp4');
  let heard = () => {};
  socket.on('error', () => {});
  socket.on('message', () => heard());
  socket.bind(0, '127.0.0.1');
  const query = Buffer.from('000101000001000000000000' + '0000020001', 'hex');
  const until = performance.now() + START_MS;
  let isAnswered = false;
  while (!isAnswered && performance.now() < until && child.exitCode === null) {
    socket.send(query, port, '127.0.0.1');
    isAnswered = await new Promise<boolean>((done) => {
      const timer = setTimeout(() => done(false), ASK_MS);
      heard = () => {
        clearTimeout(timer);
        done(true);
      };
    });
  }
  await new Promise<void>((done) => socket.close(() => done()));
  return isAnswered;
}
