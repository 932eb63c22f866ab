// README's first screen and tour, run as they stand: each `$` command between the tour's marks, its output compared with what README shows.
// After an intended change, INTERDICT_UPDATE_README=1 writes the real output into README.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingPeers } from '../peers/peer.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';
import { demoOnFreePorts, isUpdating, ROOT, run, runPage, stepsOf } from './walk-through.ts';

const README = join(ROOT, 'README.md');

const missing = missingPeers('dig', 'curl');

describe.skipIf(missing !== undefined)('the tour in README', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    instance = await startInstance(writeFiles({ 'config/interdict.yaml': demoHere(upstream.port) }));
  });
  afterAll(async () => {
    await instance?.stop();
    await upstream?.close();
  });

  test('does what it shows', async () => {
    const text = readFileSync(README, 'utf8');
    const tour = text.slice(text.indexOf('<!-- tour -->'), text.indexOf('<!-- /tour -->'));
    expect(stepsOf(tour).length).toBeGreaterThan(8);
    const done = await runPage(tour, { ...instance, folder: ROOT });
    if (isUpdating)
      writeFileSync(
        README,
        text.replace(tour, () => done),
      );
  });
});

/** The lists stay where they are, so that places in them are shown as README shows them. */
function demoHere(upstreamPort: number): string {
  return demoOnFreePorts(upstreamPort).replace('blocklists: ../blocklists', `blocklists: ${join(ROOT, 'blocklists')}`);
}

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
        const text = await run(command, ROOT);
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
