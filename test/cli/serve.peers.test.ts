// The program's life as its supervisor sees it: starts that are refused, signals, edits, two instances, an error that nobody caught.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { type RunningInstance, runCli, startInstance, writeFiles } from '../e2e/instance.ts';
import { appFile, config, smallDepartment } from '../e2e/small-department.ts';
import { DnsClient } from '../peers/dns-client.ts';

const WAIT_MS = 10_000;
const department = { upstreamPort: 9, rules: ['domain: banned.example.net'] };
const BROKEN = { 'blocklists/apps/other.yaml': 'id: [\n' };
const running: RunningInstance[] = [];
let folder: string;

beforeEach(() => {
  folder = writeFiles(smallDepartment(department));
});
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(args: readonly string[] = []): Promise<RunningInstance> {
  const instance = await startInstance(folder, args);
  running.push(instance);
  return instance;
}

const serve = (...args: string[]) => runCli(['serve', '--config', 'config/interdict.yaml', ...args], folder);

async function rcodeOf(instance: RunningInstance, name: string): Promise<number | undefined> {
  const client = await DnsClient.udp(instance.dnsPort);
  const answer = await client.ask(query(name, 'A'));
  await client.close();
  return answer && readReply(answer).rcode;
}

/** Looks again until it holds; time out is the test's failure. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('never came true');
    await new Promise((done) => setTimeout(done, 50));
  }
}

test('SIGTERM and SIGINT end it with 0 and leave no socket behind', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const instance = await start();
    expect(await rcodeOf(instance, 'banned.example.net')).toBe(3);
    expect(await instance.stop(signal)).toBe(0);
    expect(existsSync(join(folder, 'state/control.sock'))).toBe(false);
  }
});

test('a second instance on the same state folder is refused, and the first goes on', async () => {
  const instance = await start();
  const second = await serve();
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain('state-locked');
  expect(await instance.reload()).toMatchObject({ outcome: 'unchanged' });
});

test('a start tells of every problem at once: lists, DNS port, admin port', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const text = config(department).replaceAll('127.0.0.1:0', `127.0.0.1:${port}`);
  writeFiles({ 'config/interdict.yaml': text, ...BROKEN }, folder);
  const { code, stderr } = await serve();
  taken.close();
  expect(code).toBe(1);
  for (const problem of ['yaml-syntax', 'port-taken', 'admin-listen']) expect(stderr).toContain(problem);
});

test('a configuration that cannot be used ends the start, whatever is last good, and lists are checked all the same', async () => {
  await (await start()).stop();
  writeFiles({ 'config/interdict.yaml': config(department).replace('operator:', 'oprator:'), ...BROKEN }, folder);
  const { code, stderr } = await serve();
  expect(code).toBe(1);
  expect(stderr).toMatch(/config\/interdict\.yaml:1:1 error/);
  expect(stderr).toContain('other.yaml:');
});

test('with broken lists it serves the last good policy and is degraded; with --strict it does not start', async () => {
  const commit = 'c975ccef'.repeat(5);
  writeFiles({ '.git/HEAD': `${commit}\n` }, folder);
  await (await start()).stop('SIGKILL');
  writeFiles({ '.git/HEAD': `${'0'.repeat(40)}\n` }, folder);
  writeFiles({ ...BROKEN, 'blocklists/apps/app.yaml': appFile(['domain: changed.example.net']) }, folder);
  expect(await serve('--strict')).toMatchObject({ code: 1 });
  const instance = await start();
  expect(await rcodeOf(instance, 'banned.example.net')).toBe(3);
  const ready = await instance.get('/readyz');
  expect([ready.status, JSON.parse(ready.body).state]).toEqual([200, 'degraded']);
  // The commit of the policy that is served, not of the broken files.
  expect(await instance.scrape()).toMatch(
    new RegExp(`interdict_policy_info\\{hash="[0-9a-f]{64}",revision="${commit}",origin="last-good"\\} 1`),
  );
});

test('an edit is taken without being asked, a new file too, and a broken one is not', async () => {
  const instance = await start();
  const allow = (name: string) => async () => (await rcodeOf(instance, name)) === 3;
  writeFiles({ 'blocklists/apps/app.yaml': appFile([...department.rules, 'domain: edited.example.net']) }, folder);
  await until(allow('edited.example.net'));
  writeFiles(BROKEN, folder);
  await until(async () => (await instance.scrape()).includes('interdict_policy_last_reload_successful 0'));
  expect(await rcodeOf(instance, 'edited.example.net')).toBe(3);
  rmSync(join(folder, 'blocklists/apps/other.yaml'));
  await until(async () => (await instance.get('/readyz')).body.includes('"ready"'));
}, 60_000);

test('SIGHUP reads the files again', async () => {
  const instance = await start();
  process.kill(instance.pid, 'SIGHUP');
  await until(async () => (await instance.scrape()).includes('interdict_policy_reloads_total{outcome="unchanged"} 1'));
});

test('a setting that only a restart puts in force is named by the reload', async () => {
  const instance = await start();
  const text = config(department).replace('dns: { ', 'dns: { max_udp_size: 1400, ');
  writeFileSync(join(folder, 'config/interdict.yaml'), text);
  const { problems } = await instance.reload();
  expect(problems?.map(({ code }) => code)).toContain('restart-needed');
});

test('check, compile, explain and reload tell programs and people the same, with exit codes', async () => {
  const cli = (...args: string[]) => runCli([...args, '--config', 'config/interdict.yaml'], folder);
  const checked = JSON.parse((await cli('check', '--json')).stdout);
  expect(checked).toMatchObject({ ok: true, problems: [] });
  expect((await cli('compile', '--out', 'policy.bin')).stdout).toContain(checked.hash);
  expect(existsSync(join(folder, 'policy.bin'))).toBe(true);
  const unwritable = await cli('compile', '--out', 'nowhere/policy.bin');
  expect(unwritable).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^cannot write nowhere\/policy\.bin \(ENOENT\)/),
  });
  // Judged as of a day before its evidence was seen: nothing was issued yet, and the look back is no fault of the files.
  const before = await cli('explain', 'banned.example.net', '--client', '127.0.0.1', '--at', '2025-12-31', '--json');
  expect(JSON.parse(before.stdout).decision).toMatchObject({ because: 'monitored' });
  expect(await cli('reload')).toMatchObject({ code: 1 });
  const instance = await start();
  writeFiles(BROKEN, folder);
  const explained = await cli('explain', 'https://www.banned.example.net/x', '--client', '127.0.0.1', '--json');
  expect(JSON.parse(explained.stdout)).toMatchObject({
    policyHash: checked.hash,
    decision: { kind: 'block', id: 'order/app/banned.example.net' },
  });
  const byId = await cli('explain', '--id', 'order/app/banned.example.net');
  expect(byId.stdout).toContain('blocklists/apps/app.yaml:5:');
  expect(await cli('check')).toMatchObject({ code: 1 });
  const reloaded = await cli('reload', '--json');
  expect([reloaded.code, JSON.parse(reloaded.stdout).outcome]).toEqual([1, 'refused']);
  expect(await cli('explain', 'x.example')).toMatchObject({ code: 2 });
  expect(await cli('nonsense')).toMatchObject({ code: 2 });
  expect(await instance.stop()).toBe(0);
}, 60_000);

test('an error that nobody caught ends the process with 1 within a second', async () => {
  const serveUrl = new URL('../../src/cli/serve.ts', import.meta.url).href;
  const script = `const { dieOfUncaughtErrors } = await import('${serveUrl}'); dieOfUncaughtErrors(); setInterval(() => {}, 1000);
    console.log('up'); setTimeout(() => { throw new Error('boom'); }, 10);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  const at = performance.now();
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(performance.now() - at).toBeLessThan(1_000);
});
