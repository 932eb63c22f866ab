// The record of a ban on the real program: what was in force then, a rollback that a kill does not end, a journal that finds what was
// done to it.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { type RunningInstance, runCli, startInstance, writeFiles } from './instance.ts';
import { appFile, smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const RULES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((label) => `domain: ${label}.example.net`);
const NAME = 'added.example.org';
const NXDOMAIN = 3;

let upstream: StubUpstream;
let folder: string;
let instance: RunningInstance;

beforeAll(async () => {
  upstream = await startStubUpstream(() => undefined);
  folder = writeFiles(smallDepartment({ upstreamPort: upstream.port, rules: RULES }));
  instance = await startInstance(folder);
});
afterAll(async () => {
  await instance?.stop();
  await upstream?.close();
});

const interdict = (...args: string[]) => runCli([...args, '--config', join(folder, 'config/interdict.yaml')], folder);

async function rcodeOf(name: string): Promise<number | undefined> {
  const client = await DnsClient.udp(instance.dnsPort);
  const answer = await client.ask(query(name, 'A'));
  await client.close();
  return answer && readReply(answer).rcode;
}

async function edit(rules: readonly string[]): Promise<string> {
  writeFiles({ 'blocklists/apps/app.yaml': appFile(rules) }, folder);
  return (await instance.reload()).outcome;
}

async function killAndStart(): Promise<void> {
  await instance.stop('SIGKILL');
  instance = await startInstance(folder);
}

const journalFile = () => join(folder, `state/journal/${new Date().getUTCFullYear()}.ndjson`);
const journal = async () => (await interdict('journal', 'ls')).stdout;

test('explain --at tells what was served before an edit, and since when the rule is in force', async () => {
  const before = new Date().toISOString();
  await edit([...RULES, `domain: ${NAME}`]); // Unchanged when the watch was faster.
  expect(await rcodeOf(NAME)).toBe(NXDOMAIN);
  const after = new Date().toISOString();
  const explain = (at: string) => interdict('explain', NAME, '--client', '127.0.0.1', '--at', at);
  expect((await explain(before)).stdout).toContain(`${NAME}: allowed, no rule matches`);
  const { stdout } = await explain(after);
  expect(stdout).toContain(`${NAME}: blocked`);
  const [, since] = /in force here since (\S+)/.exec(stdout) ?? [];
  expect(since >= before && since <= after).toBe(true);
});

test('a rollback is in force at once, shows where people look, and a kill does not end it', async () => {
  const { code, stdout, stderr } = await interdict('rollback');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('pinned');
  expect(await rcodeOf(NAME)).toBe(0);
  expect(await rcodeOf('a.example.net')).toBe(NXDOMAIN);
  for (const look of [async () => {}, killAndStart]) {
    await look();
    expect(await rcodeOf(NAME)).toBe(0);
    const { status, body } = await instance.get('/readyz');
    expect([status, JSON.parse(body).state]).toEqual([200, 'degraded']);
    expect(body).toContain('pinned to policy');
    expect(await instance.scrape()).toMatch(/interdict_policy_info\{[^}]*origin="rollback"\} 1/);
  }
  expect(await edit([...RULES, `domain: ${NAME}`, 'domain: late.example.org'])).toBe('pinned');
  expect(await rcodeOf('late.example.org')).toBe(0);
  expect((await interdict('rollback', '--end')).stdout).toContain('the files are served again');
  expect(await rcodeOf('late.example.org')).toBe(NXDOMAIN);
  expect((await interdict('rollback', '--end')).code).toBe(1);
  expect((await interdict('rollback', '--list')).stdout.trim().split('\n')).toHaveLength(3);
});

test('the journal has it all, in a chain that holds across kills', async () => {
  const lines = (await journal()).trim().split('\n');
  expect(lines[0]).toMatch(/^1 \S+Z start of version /);
  const text = lines.join('\n');
  for (const what of ['start: policy', 'reload: policy', 'rollback from rollback: policy', 'rollback to'])
    expect(text).toContain(what);
  const { code, stdout } = await interdict('journal', 'verify');
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(', 0 faults; line ') });
});

test('a line torn by a crash is noted by the next start, and nothing else is touched', async () => {
  await instance.stop('SIGKILL');
  const before = readFileSync(journalFile(), 'utf8');
  appendFileSync(journalFile(), '{"n":99,"at":"2026-');
  instance = await startInstance(folder);
  expect(readFileSync(journalFile(), 'utf8').startsWith(before)).toBe(true);
  expect(await journal()).toContain('a crash while they were written');
  expect((await interdict('journal', 'verify')).code).toBe(0);
});

test('a changed line is found, by its place', async () => {
  await instance.stop();
  const text = readFileSync(journalFile(), 'utf8');
  expect(text.trimEnd().split('\n').at(-1)).toContain('"kind":"stop"');
  const [first, second, ...rest] = text.split('\n');
  writeFileSync(journalFile(), [first, second.replace('"rules":7', '"rules":8'), ...rest].join('\n'));
  const { code, stdout } = await interdict('journal', 'verify');
  expect(code).toBe(1);
  expect(stdout).toMatch(/fault: \d{4}\.ndjson:2 is not the line that was written/);
  writeFileSync(journalFile(), text);
  expect((await interdict('journal', 'verify')).code).toBe(0);
});
