// README's first screen and tour, run as they stand: each `$` command between the tour's marks, its output compared with what README shows.
// After an intended change, INTERDICT_UPDATE_README=1 writes the real output into README.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = join(ROOT, 'README.md');
const isUpdating = process.env.INTERDICT_UPDATE_README === '1';

interface Step {
  readonly command: string;
  readonly output: string;
}

const missing = missingPeers('dig', 'curl');

describe.skipIf(missing !== undefined)('the tour in README', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    instance = await startInstance(writeFiles({ 'config/interdict.yaml': demoOnFreePorts(upstream.port) }));
  });
  afterAll(async () => {
    await instance?.stop();
    await upstream?.close();
  });

  test('does what it shows', async () => {
    let text = readFileSync(README, 'utf8');
    const steps = stepsOf(text);
    expect(steps.length).toBeGreaterThan(8);
    for (const { command, output } of steps) {
      const real = await run(
        command.replace('-p 5300', `-p ${instance.dnsPort}`).replace(':9353/', `:${instance.adminPort}/`),
      );
      if (isUpdating) text = text.replace(`$ ${command}\n${output}`, `$ ${command}\n${real}`);
      else expect(settled(real), command).toBe(settled(output));
    }
    if (isUpdating) writeFileSync(README, text);
  });
});

const KINDS = ['sinkhole', 'null', 'nxdomain', 'nodata', 'refused', 'drop', 'tcp-only'];
const TYPES = ['A', 'AAAA', 'HTTPS', 'TXT'];

describe.skipIf(missingPeers('kdig') !== undefined)('the table of answers in README', () => {
  let instance: RunningInstance;

  beforeAll(async () => {
    const segments = KINDS.map(
      (kind, i) =>
        `  - { id: s-${kind}, kind: corporate, jurisdiction: ZZ, clients: [127.0.${i + 1}.0/24], answer: ${kind}, enforce: [order] }`,
    ).join('\n');
    const files = smallDepartment({
      upstreamPort: 9,
      rules: ['domain: app.example'],
      segments: `segments:\n${segments}\n`,
    });
    instance = await startInstance(writeFiles(files));
  });
  afterAll(() => instance?.stop());

  test('is what kdig sees', async () => {
    const rows = ['| answer | A | AAAA | HTTPS, TXT and others | EDE |', '|---|---|---|---|---|'];
    for (const [i, kind] of KINDS.entries()) {
      const seen: string[] = [];
      const edes = new Set<string>();
      for (const type of TYPES) {
        const command = `kdig @127.0.0.1 -p ${instance.dnsPort} -b 127.0.${i + 1}.1 +edns +retry=0 +timeout=1 +ignore www.app.example ${type}`;
        const text = await run(command);
        seen.push(sightOf(text));
        for (const [, code] of text.matchAll(/EDE: (\d+ \([^)]*\))/g)) edes.add(code);
      }
      expect(seen[2], kind).toBe(seen[3]);
      rows.push(`| \`${kind}\` | ${seen.slice(0, 3).join(' | ')} | ${[...edes].join(', ') || '–'} |`);
    }
    const text = readFileSync(README, 'utf8');
    const [before, after] = [text.indexOf('<!-- answers -->'), text.indexOf('<!-- /answers -->')];
    const table = `<!-- answers -->\n${rows.join('\n')}\n`;
    if (isUpdating) writeFileSync(README, text.slice(0, before) + table + text.slice(after));
    else expect(text.slice(before, after)).toBe(table);
  });
});

/** Status, what was answered, whether a SOA came along; in few words. */
function sightOf(text: string): string {
  const status = /status: (\w+)/.exec(text)?.[1];
  if (status === undefined) return 'no answer';
  if (/Flags:[^;]* tc/.test(text)) return 'TC: ask again over TCP';
  const records = [...text.matchAll(/^www\.app\.example\.\s+\d+\s+IN\s+A+\s+(\S+)$/gm)].map((match) => match[1]);
  if (records.length > 0) return records.join(', ');
  const soa = /\sSOA\s/.test(text) ? ' + SOA' : '';
  return status === 'NOERROR' ? `NODATA${soa}` : `${status}${soa}`;
}

/** The shipped demo, its lists and all; only ports and upstream are the test's own. */
function demoOnFreePorts(upstreamPort: number): string {
  return readFileSync(join(ROOT, 'config/interdict.yaml'), 'utf8')
    .replace('listen: ["127.0.0.1:5300", "[::1]:5300"]', 'listen: ["127.0.0.1:0"]')
    .replace('listen: "127.0.0.1:9353"', 'listen: "127.0.0.1:0"')
    .replace('upstreams: [system]', `upstreams: ["127.0.0.1:${upstreamPort}"]`)
    .replace('blocklists: ../blocklists', `blocklists: ${join(ROOT, 'blocklists')}`);
}

function stepsOf(readme: string): Step[] {
  const tour = readme.slice(readme.indexOf('<!-- tour -->'), readme.indexOf('<!-- /tour -->'));
  return [...tour.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const end = step.indexOf('\n');
        return { command: step.slice(0, end), output: step.slice(end + 1) };
      }),
  );
}

function run(command: string): Promise<string> {
  const child = spawn('sh', ['-c', `${command} 2>&1`], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((done) => child.once('close', () => done(output.replace(/^\n+/, '').replace(/\n+$/, '\n'))));
}

/** Without what differs from run to run: message ids, and hash, counts and dates of lists that move on. */
function settled(text: string): string {
  return text
    .trim()
    .replaceAll(/id: \d+/g, 'id: N')
    .replaceAll(/generation \d+, [0-9a-f]+/g, 'generation N, HASH')
    .replaceAll(/\.yaml:\d+:\d+/g, '.yaml:L:C');
}
