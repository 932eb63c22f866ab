// What npm installs: dist/, built from the sources as they are, does what the sources do.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'dist/main.js');
const NXDOMAIN = 3;
const SETTINGS = ['reload: { max_shrink: 1 }'];

let upstream: StubUpstream;
let instance: RunningInstance;
beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: ROOT });
  upstream = await startStubUpstream(() => undefined);
  const folder = writeFiles(
    smallDepartment({ upstreamPort: upstream.port, rules: ['domain: app.example'], settings: SETTINGS }),
  );
  instance = await startInstance(folder, [], { program: PROGRAM });
});
afterAll(async () => {
  await instance?.stop();
  await upstream?.close();
});

test('the built program tells its version and names its verbs', () => {
  const run = (...args: string[]) => execFileSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  expect(run('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run('--help')).toContain('explain');
  expect(run('catalogue', '--help')).toContain('--json');
});

test('its worker blocks, its resolver asks the upstream, its compiler takes an edit', async () => {
  const client = await DnsClient.udp(instance.dnsPort);
  const rcodeOf = async (name: string) => readReply((await client.ask(query(name, 'A'))) as Uint8Array).rcode;
  expect(await rcodeOf('www.app.example')).toBe(NXDOMAIN);
  expect(await rcodeOf('other.example.org')).toBe(0);
  writeFiles(
    smallDepartment({ upstreamPort: upstream.port, rules: ['domain: new.example'], settings: SETTINGS }),
    instance.folder,
  );
  expect(await instance.reload()).toMatchObject({ outcome: 'applied' });
  expect(await rcodeOf('new.example')).toBe(NXDOMAIN);
  expect(await rcodeOf('www.app.example')).toBe(0);
  await client.close();
});

test('it ends with 0', async () => {
  expect(await instance.stop()).toBe(0);
});
