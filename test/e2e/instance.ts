// A running Interdict for tests: the real program in a folder of its own, on ports that it chose itself, stopped by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { askControl } from '../../src/control/control-socket.ts';
import { newFolder } from '../peers/peer.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const START_MS = 30_000;
const STOP_MS = 8_000;
const CONTROL_MS = 60_000;

export interface RunningInstance {
  readonly pid: number;
  readonly folder: string;
  readonly dnsPort: number;
  readonly adminPort: number;
  /** Everything it printed. */
  output(): string;
  /** As `interdict reload` asks for it. */
  reload(acceptShrink?: string): Promise<{ outcome: string; problems?: readonly { code: string }[]; hash?: string }>;
  scrape(): Promise<string>;
  get(path: string): Promise<{ status: number; body: string }>;
  /** Lines of STATE/events, parsed. */
  events(): readonly EventLine[];
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface EventLine {
  readonly time: string;
  readonly id: string;
  readonly action: string;
  readonly segment: string;
  readonly app: string;
  readonly qname: string;
  readonly qtype: string;
  readonly client: string;
}

/** Writes files (by path below a new folder, or the one given). */
export function writeFiles(files: Readonly<Record<string, string>>, folder: string = newFolder('e2e')): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Runs a verb to its end. */
export function runCli(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, ...output })));
}

/** Starts `serve` on a folder with config/interdict.yaml, whose state lies in `state`; throws with its output when it does not come up. */
export async function startInstance(folder: string, args: readonly string[] = []): Promise<RunningInstance> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', join(folder, 'config/interdict.yaml'), ...args], {
    cwd: folder,
  });
  let output = '';
  const ports = await new Promise<readonly [number, number]>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`does not start:\n${output}`)), START_MS);
    const hear = (chunk: Buffer) => {
      output += chunk;
      const dns = /DNS on \S*:(\d+)/.exec(output);
      const admin = /metrics on port (\d+)/.exec(output);
      if (dns === null || admin === null) return;
      clearTimeout(timer);
      done([Number(dns[1]), Number(admin[1])]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => fail(new Error(`exit ${code}:\n${output}`)));
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${ports[1]}${path}`);
    return { status: response.status, body: await response.text() };
  };
  return {
    pid: child.pid as number,
    folder,
    dnsPort: ports[0],
    adminPort: ports[1],
    output: () => output,
    get,
    scrape: async () => (await get('/metrics')).body,
    reload: async (acceptShrink) => {
      const request = { verb: 'reload' as const, ...(acceptShrink !== undefined && { acceptShrink }) };
      return (await askControl(join(folder, 'state/control.sock'), request, CONTROL_MS)) as Awaited<
        ReturnType<RunningInstance['reload']>
      >;
    },
    events: () => readEvents(join(folder, 'state/events')),
    stop: (signal = 'SIGTERM') => stopProcess(child, signal),
  };
}

function readEvents(folder: string): EventLine[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventLine);
}

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  const code = await gone;
  clearTimeout(timer);
  return code;
}

/** Asks over UDP from one local address; answers are matched by id, so that many can be in flight. */
export class UdpClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #to: string;
  readonly #waiting = new Map<number, (answer: Uint8Array) => void>();
  #nextId = 1;
  #isClosed = false;

  private constructor(socket: Socket, port: number, to: string) {
    this.#socket = socket;
    this.#port = port;
    this.#to = to;
    socket.on('message', (message) => {
      const id = message.readUInt16BE(0);
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    });
  }

  static async open(port: number, from = '127.0.0.1'): Promise<UdpClient> {
    const isIPv6 = from.includes(':');
    const socket = createSocket(isIPv6 ? 'udp6' : 'udp4');
    await new Promise<void>((done) => socket.bind(0, from, done));
    return new UdpClient(socket, port, isIPv6 ? '::1' : '127.0.0.1');
  }

  /** Undefined when no answer comes in time. The query's id is overwritten. */
  ask(query: Uint8Array, limitMs = 3_000): Promise<Uint8Array | undefined> {
    const id = this.#nextId;
    this.#nextId = (this.#nextId % 0xffff) + 1;
    const message = Buffer.from(query);
    message.writeUInt16BE(id, 0);
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        done(undefined);
      }, limitMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        done(answer);
      });
      this.#socket.send(message, this.#port, this.#to);
    });
  }

  /** Sends bytes as they are and waits for nothing. */
  send(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#port, this.#to);
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return new Promise((done) => this.#socket.close(() => done()));
  }
}

/** One query over TCP, one answer. */
export function askTcp(port: number, query: Uint8Array, localAddress = '127.0.0.1'): Promise<Uint8Array | undefined> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => {
      socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
    });
    socket.setTimeout(3_000, () => socket.destroy());
    socket.once('error', fail).once('close', () => done(undefined));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (all.length < 2 || all.length < 2 + all.readUInt16BE(0)) return;
      done(all.subarray(2, 2 + all.readUInt16BE(0)));
      socket.destroy();
    });
  });
}
