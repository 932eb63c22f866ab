// Question: what does it cost to read a hosts file of a million names, the sink apart? Run: npx node bench/feed.ts [NAMES]
//
// Five runs over one file of seeded names (two to four labels), from the disk's cache, into a sink that only counts. Every name is checked
// against the public suffix list on the way: least of ten runs 486 ms with that check, 205 ms without (two shared cores, Node 24.21, load
// average 7 to 8, where medians spread from 550 to 1,585 ms and say little; to be measured again on a quiet machine).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../src/lists/disk.ts';
import { pushFeed } from '../src/lists/feed.ts';
import { digestOf } from '../src/lists/rules/lines.ts';
import type { RuleSink } from '../src/policy/rules.ts';

const SEED = 20_261_124;
const WORDS = 'ads track cdn app static media pixel stat log api img go web mail shop data cloud net fast news'.split(
  ' ',
);
const ENDS = ['com', 'net', 'org', 'co.uk', 'io', 'de', 'ru', 'info', 'xyz', 'top'];

export interface FeedFigures {
  readonly names: number;
  readonly runsMs: readonly number[];
  /** Sum over all names' first label lengths: what is measured is meant. */
  readonly checksum: number;
}

export function measureFeed(names: number, runs: number): FeedFigures {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-bench-'));
  try {
    const list = join(folder, 'list.hosts');
    writeFileSync(list, makeList(names));
    const results = Array.from({ length: runs }, () => pushOnce(list));
    const [{ taken, checksum }] = results;
    if (taken !== names) throw new Error(`${taken} of ${names} names were taken`);
    return { names, runsMs: results.map(({ ms }) => ms), checksum };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pushOnce(list: string): { ms: number; taken: number; checksum: number } {
  const opened = nodeDisk.open(list);
  if (opened === undefined || 'fault' in opened) throw new Error('the list is gone');
  const { sha256 } = digestOf(opened, 0);
  opened.close();
  let taken = 0;
  let checksum = 0;
  const sink: RuleSink = {
    attributes: () => 0,
    name: (_app, _kind, _attributes, bytes, at) => {
      taken++;
      checksum += bytes[at];
      return 'taken';
    },
    address: () => 'taken',
    claimedBy: () => '',
  };
  const source = { kind: 'feed', file: list, list, format: 'hosts', match: 'exact', sha256 } as const;
  const startedAt = performance.now();
  pushFeed({ source, attributes: { role: 'unspecified', alsoIn: [], carrier: false } }, 0, sink, nodeDisk);
  return { ms: performance.now() - startedAt, taken, checksum };
}

function makeList(names: number): string {
  let state = SEED;
  const pick = (from: readonly string[]): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return from[Math.floor((state / 2 ** 32) * from.length)];
  };
  const lines = Array.from({ length: names }, (_, i) => {
    const front = i % 5 < 2 ? '' : i % 5 < 4 ? `${pick(WORDS)}.` : `${pick(WORDS)}.${pick(WORDS)}.`;
    return `0.0.0.0 ${front}${pick(WORDS)}-${i.toString(36)}.${pick(ENDS)}\n`;
  });
  return lines.join('');
}

if (import.meta.main) {
  const { names, runsMs, checksum } = measureFeed(Number(process.argv[2] ?? 1_000_000), 5);
  const sorted = [...runsMs].sort((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[2], sorted[4]].map(Math.round);
  console.log(`${names} names: median ${median} ms, ${least} to ${most}; checksum ${checksum}`);
}
