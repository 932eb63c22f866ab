// What answers UDP, batched by worker threads or portably by main, seen from outside: the same bytes either way; and the program's end
// with workers waiting in their sockets.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readU16 } from '../../src/base/bytes.ts';
import { batchIoFault } from '../../src/dns/workers/sockets/libc.ts';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient, inWindows } from '../peers/dns-client.ts';
import { type RunningInstance, runCli, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const RULES = ['domain: app.example', 'except: free.app.example', 'exact: only.example', 'domain: banned.example'];
const CLIENTS = ['127.0.0.1', '127.0.1.1', '127.0.2.1', '127.0.3.1'];
const NAMES = [
  ...[
    'banned.example',
    'app.example',
    'www.app.example',
    'WWW.App.Example',
    'free.app.example',
    'only.example',
    'below.only.example',
  ],
  ...['localhost', '1.0.0.127.in-addr.arpa', 'printer.local', 'resolver.arpa', 'long.example.org'],
  ...Array.from({ length: 40 }, (_, i) => `n${i}.example.org`),
];
const TYPES = ['A', 'AAAA', 'HTTPS', 'TXT'];
const ANSWERS = 10_000;
const DIE_LIMIT_MS = 1_000;

const missing = batchIoFault();
const running: RunningInstance[] = [];
let upstream: StubUpstream;
beforeAll(async () => {
  // More than fits a UDP answer: TC, and the rest over TCP.
  const long = Array.from({ length: 100 }, (_, i) => ({
    owner: '>long.example.org',
    type: 1,
    rdata: [[192, 0, 2, i]],
  }));
  upstream = await startStubUpstream((question) => (question === 'long.example.org 1' ? { answer: long } : undefined));
});
afterAll(() => upstream?.close());
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop('SIGKILL');
});

function department(io: 'batch' | 'portable', listen = '127.0.0.1:0'): string {
  const files = smallDepartment({ upstreamPort: upstream.port, rules: RULES });
  const text = files['config/interdict.yaml'];
  const dns = `dns: { listen: ["${listen}"], io: ${io}, workers: 2 }`;
  return writeFiles({ ...files, 'config/interdict.yaml': text.replace(/^dns: .*$/m, dns) });
}

async function start(io: 'batch' | 'portable'): Promise<RunningInstance> {
  const instance = await startInstance(department(io));
  running.push(instance);
  return instance;
}

/** Every kind of question: some with EDNS, some with DO, some with flags and options that get an error, some malformed. */
function questions(): Uint8Array[] {
  const plain = NAMES.flatMap((name) =>
    TYPES.flatMap((type) => [
      query(name, type),
      query(name, type, { opt: 1232 }),
      query(name, type, { opt: 4096, dnssecOk: true }),
    ]),
  );
  const odd = [
    query('n1.example.org', 'A', { flags: 0 }),
    query('n1.example.org', 'A', { flags: 0x2900 }),
    query('n1.example.org', 'A', { qclass: 3 }),
    query('n1.example.org', 252),
    query('n1.example.org', 'A', { opt: 1232, version: 1 }),
    query('n1.example.org', 'ANY', { opt: 512 }),
    query('app.example', 'ANY', { opt: 1232, options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] }),
    query('n1.example.org', 'A').slice(0, 20),
    Uint8Array.from([...query('n1.example.org', 'A'), 0]),
  ];
  return [...plain, ...odd];
}

describe.skipIf(missing !== undefined)('batched and portable', () => {
  test('give the same bytes for every kind of question, 10,000 answers under load', async () => {
    const portable = await start('portable');
    const batch = await start('batch');
    const asked = questions();
    for (const from of CLIENTS) {
      const model = await DnsClient.udp(portable.dnsPort, from);
      const expected: string[] = [];
      await inWindows(asked, async (bytes, i) => {
        expected[i] = text(await model.ask(bytes));
      });
      await model.close();
      await expectSame(batch, from, asked, expected, ANSWERS / CLIENTS.length);
    }
  });

  test.each(['batch', 'portable'] as const)(
    '%s: what is no query is dropped and counted, and the next one is answered',
    async (io) => {
      const instance = await start(io);
      const client = await DnsClient.udp(instance.dnsPort);
      const long = new Uint8Array(3_000);
      long.set(query('banned.example', 'A'));
      for (const bytes of [
        new Uint8Array(0),
        new Uint8Array(11),
        long,
        Uint8Array.from(query('app.example', 'A'), (b, i) => (i === 2 ? b | 0x80 : b)),
      ])
        client.send(bytes);
      expect(readReply((await client.ask(query('banned.example', 'A'))) as Uint8Array).rcode).toBe(3);
      await client.close();
      const dropped = /^interdict_dns_dropped_total\{transport="udp",reason="malformed"\} (\d+)$/m;
      expect(dropped.exec(await instance.scrape())?.[1]).toBe('4');
    },
  );

  test.each(['batch', 'portable'] as const)(
    '%s: a second instance on the port is refused, and the first goes on',
    async (io) => {
      const instance = await start(io);
      const second = await runCli(
        ['serve', '--config', 'config/interdict.yaml'],
        department(io, `127.0.0.1:${instance.dnsPort}`),
      );
      expect(second.code).toBe(1);
      expect(second.stderr).toContain('port-taken');
      const client = await DnsClient.udp(instance.dnsPort);
      for (let i = 0; i < 20; i++) expect(await client.ask(query('banned.example', 'A'))).toBeDefined();
      await client.close();
    },
  );

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends idle workers with 0 and frees the port', async (signal) => {
    const instance = await start('batch');
    expect(await instance.stop(signal)).toBe(0);
    await expectFree(instance.dnsPort);
  });

  test('an error on main that nobody caught, under load, ends the process with 1 within a second, and the port is free', async () => {
    const folder = department('batch');
    const serve = new URL('../../src/cli/serve.ts', import.meta.url).href;
    const script = `const { serve } = await import('${serve}'); process.on('SIGUSR2', () => { throw new Error('boom'); });
      await serve({ config: '${join(folder, 'config/interdict.yaml')}' });`;
    writeFiles({ 'serve.mjs': script }, folder);
    const child = spawn(process.execPath, ['serve.mjs'], { cwd: folder });
    let output = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const port = await new Promise<number>((done, failed) => {
      child.stdout.on('data', (chunk) => {
        const found = /DNS on \S*:(\d+)/.exec(String(chunk));
        if (found !== null) done(Number(found[1]));
      });
      child.once('exit', () => failed(new Error(output)));
    });
    const client = await DnsClient.udp(port);
    const load = setInterval(() => {
      for (let i = 0; i < 10; i++) client.send(query(`n${i}.example.org`, 'A'));
    }, 1);
    expect(await client.ask(query('banned.example', 'A'))).toBeDefined();
    const at = performance.now();
    child.kill('SIGUSR2');
    const [code] = await once(child, 'exit');
    const took = performance.now() - at;
    clearInterval(load);
    await client.close();
    expect(code).toBe(1);
    expect(output).toContain('boom');
    expect(took).toBeLessThan(DIE_LIMIT_MS);
    await expectFree(port);
  });
});

async function expectSame(
  instance: RunningInstance,
  from: string,
  asked: readonly Uint8Array[],
  expected: readonly string[],
  answers: number,
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => DnsClient.udp(instance.dnsPort, from)));
  const wrong: string[] = [];
  const share = Math.ceil(answers / clients.length);
  await Promise.all(
    clients.map((client, k) => {
      const mine = Array.from({ length: share }, (_, i) => (i * clients.length + k) % asked.length);
      return inWindows(mine, async (i) => {
        const got = text(await client.ask(asked[i]));
        if (got !== expected[i]) wrong.push(`${from} question ${i}\n${got}\n${expected[i]}`);
      });
    }),
  );
  await Promise.all(clients.map((client) => client.close()));
  expect(wrong.slice(0, 3)).toEqual([]);
}

/** The bytes but for what falls with age. */
function text(answer: Uint8Array | undefined): string {
  if (answer === undefined) return 'nothing';
  const bytes = Uint8Array.from(answer);
  if (bytes.length > 12) eraseTtls(bytes);
  return Buffer.from(bytes).toString('hex');
}

function eraseTtls(bytes: Uint8Array): void {
  let at = 12;
  for (let i = 0; i < readU16(bytes, 4); i++) at = behindName(bytes, at) + 4;
  const records = readU16(bytes, 6) + readU16(bytes, 8) + readU16(bytes, 10);
  for (let i = 0; i < records; i++) {
    at = behindName(bytes, at);
    const isOpt = readU16(bytes, at) === 41;
    if (!isOpt) bytes.fill(0, at + 4, at + 8);
    at += 10 + readU16(bytes, at + 8);
  }
  expect(at).toBe(bytes.length);
}

function behindName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== 0) {
    if (bytes[at] >= 0xc0) return at + 2;
    at += bytes[at] + 1;
  }
  return at + 1;
}

async function expectFree(port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
}
