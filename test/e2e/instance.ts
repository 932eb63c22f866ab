// A running Interdict for tests: the real program in a folder of its own, on ports that it chose itself, stopped by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** The environment of a process whose wall clock stands on another day. */
export function onOtherDay(daysAhead: number): NodeJS.ProcessEnv {
  const preload = `--import=${new URL('./other-day.ts', import.meta.url).href}`;
  return { ...process.env, TEST_DAYS_AHEAD: `${daysAhead}`, NODE_OPTIONS: preload };
}

/** Runs a verb to its end. */
export function runCli(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env });
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
export async function startInstance(
  folder: string,
  args: readonly string[] = [],
  { env = process.env, program = MAIN }: { env?: NodeJS.ProcessEnv; program?: string } = {},
): Promise<RunningInstance> {
  const child = spawn(
    process.execPath,
    [program, 'serve', '--config', join(folder, 'config/interdict.yaml'), ...args],
    {
      cwd: folder,
      env,
    },
  );
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
