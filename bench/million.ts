// Question: what do 1,000,000 names in a hosts file cost from text on disk to answers, in the program as people run it?
// Run: npx node bench/million.ts [FILE …]     (names of hosts files to use instead of made ones; .gz is read)
//
// The file is a feed like any other. An instance starts with another feed, then reads the large one by `interdict reload`: from the request
// to the moment of activation is text to served snapshot; the reply comes once the last good policy is safe on disk. A second reload, of as many other names, uses both snapshot slots: the peak
// resident memory of the whole process stands behind it. Then the snapshot is opened from disk, and `explain` finds a name's line.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { askControl } from '../src/control/control-socket.ts';
import { openSnapshot } from '../src/policy/snapshot/snapshot.ts';

export interface MillionFigures {
  readonly names: number;
  readonly bytesPerName: number;
  /** Request to activation, and to the reply. */
  readonly servedMs: readonly [number, number];
  readonly repliedMs: readonly [number, number];
  readonly peakMegabytes: number;
  readonly openMs: number;
  readonly explainMs: number;
  /** `file:line` that explain gave for the last name. */
  readonly place: string;
}

const MAIN = join(import.meta.dirname, '../src/main.ts');
const START_MS = 60_000;
const RELOAD_MS = 120_000;

/** `lists`: two texts in hosts format; the figures are of the first, the second replaces it. */
export async function measureMillion(
  lists: readonly [Iterable<string>, Iterable<string>],
  probe: string,
): Promise<MillionFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-million-'));
  const list = join(folder, 'blocklists/lists/bulk.hosts');
  writeDepartment(folder);
  writeFileSync(list, '0.0.0.0 small.example.com\n');
  const child = await startInstance(folder);
  try {
    const first = await reloadWith(folder, list, lists[0]);
    const rules = JSON.parse(
      spawnSync(process.execPath, [MAIN, 'compile', '--json', '--config', join(folder, 'config/interdict.yaml')], {
        maxBuffer: 1 << 28,
      }).stdout.toString(),
    );
    const names = rules.rules.find((app: { app: string }) => app.app === 'bulk').rules;
    const explained = explain(folder, probe);
    const openMs = openFromDisk(join(folder, 'state/last-good/snapshot.bin'));
    const second = await reloadWith(folder, list, lists[1]);
    return {
      names,
      bytesPerName: Math.round((rules.bytes / names) * 10) / 10,
      servedMs: [first.served, second.served],
      repliedMs: [first.replied, second.replied],
      peakMegabytes: Math.round(peakKilobytes(child) / 1024),
      openMs,
      ...explained,
    };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function reloadWith(
  folder: string,
  list: string,
  lines: Iterable<string>,
): Promise<{ served: number; replied: number }> {
  // Written beside and renamed by a shell's `mv`, as people and cron jobs do, so that the watcher never sees half a file.
  const out = createWriteStream(`${list}.new`);
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < 1 << 16) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  out.end(chunk);
  await once(out, 'finish');
  spawnSync('mv', [`${list}.new`, list]);
  const from = Date.now();
  const reply = (await askControl(join(folder, 'state/control.sock'), { verb: 'reload' }, RELOAD_MS)) as {
    outcome: string;
  };
  if (!['applied', 'unchanged'].includes(reply.outcome)) throw new Error(JSON.stringify(reply));
  const replied = Date.now() - from;
  await lastGoodWritten(folder);
  return { served: (await activatedAt()) - from, replied };
}

let adminPort = '';

async function activatedAt(): Promise<number> {
  const scrape = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const seconds = /^interdict_policy_activated_timestamp_seconds (\S+)/m.exec(scrape)?.[1];
  return Math.round(Number(seconds) * 1000);
}

/** The last good pair is written behind the reply: wait until it stands still. */
async function lastGoodWritten(folder: string): Promise<void> {
  let before = '';
  for (let i = 0; i < 100; i++) {
    await new Promise((done) => setTimeout(done, 200));
    const found = spawnSync('ls', [
      '-l',
      '--time-style=full-iso',
      join(folder, 'state/last-good'),
      join(folder, 'state'),
    ]).stdout.toString();
    if (found === before && !found.includes('last-good.new')) return;
    before = found;
  }
}

function openFromDisk(path: string): number {
  const bytes = readFileSync(path);
  const from = performance.now();
  const snapshot = openSnapshot(bytes, (data) => createHash('sha256').update(data).digest());
  const took = Math.round((performance.now() - from) * 10) / 10;
  if ('fault' in snapshot) throw new Error(snapshot.fault);
  return took;
}

function explain(folder: string, name: string): Pick<MillionFigures, 'explainMs' | 'place'> {
  const from = performance.now();
  const args = [
    MAIN,
    'explain',
    name,
    '--client',
    '127.0.0.1',
    '--json',
    '--config',
    join(folder, 'config/interdict.yaml'),
  ];
  const found = JSON.parse(spawnSync(process.execPath, args, { cwd: folder, maxBuffer: 1 << 28 }).stdout.toString());
  const { place } = found.rules[0];
  return { explainMs: Math.round(performance.now() - from), place: `${place.file}:${place.line}` };
}

/** VmHWM: the most that was ever resident. */
function peakKilobytes(child: ChildProcess): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
}

async function startInstance(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', join(folder, 'config/interdict.yaml')], {
    cwd: folder,
  });
  let output = '';
  child.stderr.on('data', (data) => {
    output += data;
  });
  const until = performance.now() + START_MS;
  while (!output.includes('metrics on port') && performance.now() < until && child.exitCode === null) {
    const [data] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    output += data;
  }
  adminPort = /metrics on port (\d+)/.exec(output)?.[1] ?? '';
  if (adminPort === '') throw new Error(output);
  return child;
}

function writeDepartment(folder: string): void {
  const files: Record<string, string> = {
    'config/interdict.yaml': `operator: Bench
dns: { listen: ["127.0.0.1:0"] }
upstreams: ["127.0.0.1:9"]
blocklists: ../blocklists
state: ../state
admin: { listen: "127.0.0.1:0" }
reload: { max_shrink: 1 }
segments:
  - { id: office, kind: corporate, clients: [127.0.0.0/8], enforce: [local] }
`,
    'blocklists/feeds/bulk.yaml':
      'id: bulk\nname: Bulk\nsource: { file: ../lists/bulk.hosts }\nformat: hosts\nmatch: domain\n',
    'blocklists/directives/local.yaml': `id: local
title: Policy of the bench
instrument: policy
authority: Bench
jurisdiction: bench
issued: 2026-01-01
status: in-force
binding: mandatory
demands: [block-traffic]
scope: app
apps: [{ app: bulk, basis: named }]
source: { kind: memory }
review_by: 2099-01-01
`,
    'blocklists/cdn-zones.yaml': 'zones: []\n',
    'blocklists/sources.yaml':
      'sources:\n  - { id: bench, title: Bench, url: "https://example.com/", licence: CC0-1.0, carry: yes }\n',
  };
  mkdirSync(join(folder, 'blocklists/lists'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Names as feeds have them: two to four labels, from a seed. */
export function* madeHosts(count: number, seed: number): Generator<string> {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const word = (length: number) => Array.from({ length }, () => String.fromCharCode(97 + next(26))).join('');
  for (let i = 0; i < count; i++) {
    const front = next(2) === 0 ? '' : `${word(2 + next(8))}.`;
    yield `0.0.0.0 ${front}${word(5 + next(10))}${i}.t${next(200)}`;
  }
}

function* linesOf(files: readonly string[]): Generator<string> {
  for (const file of files) {
    const bytes = readFileSync(file);
    yield (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  }
}

function lastName(lines: Iterable<string>): string {
  let last = '';
  for (const line of lines) last = line;
  return last.trim().split('\n').at(-1)?.split(/\s+/)[1] ?? '';
}

if (import.meta.main) {
  const files = process.argv.slice(2);
  const first = () => (files.length > 0 ? linesOf(files) : madeHosts(1_000_000, 1));
  const second = () => (files.length > 0 ? linesOf(files) : madeHosts(1_000_000, 2));
  console.log(JSON.stringify(await measureMillion([first(), second()], lastName(first())), null, 2));
}
