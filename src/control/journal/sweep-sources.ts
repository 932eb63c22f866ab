// What of the kept sources goes: the text of policies that were last served too long ago, then of the oldest while all take too much room.
// What is served now always stays. A text used within a day stays too: its policy's line may not be in the journal yet.

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import { addSpan } from '../../base/dates.ts';
import type { Span } from '../../policy/model.ts';
import { readHistory, type Served } from './history.ts';
import type { ActivatedEntry } from './journal-entry.ts';
import { readJournal } from './journal-files.ts';
import { loadManifest } from './sources.ts';

const DAY_MS = 86_400_000;
/** The whole journal is read for it. */
const SELDOM_MS = DAY_MS / 4;
const FOLDER = /^[0-9a-f]{2}$/;
const FILE = /^[0-9a-f]{62}\.gz(?:\.new)?$/;

export interface SourceLimits {
  /** How long after a policy's end. */
  readonly kept: Span;
  readonly maxBytes: number;
}

interface Kept {
  readonly sizeBytes: number;
  readonly usedMs: number;
}

/** Gives how many files are gone. */
export async function sweepSources(
  journal: string,
  sources: string,
  limits: SourceLimits,
  now: Instant,
): Promise<number> {
  const kept = await listKept(sources);
  const newest = Math.max(0, ...[...kept.values()].map(({ usedMs }) => usedMs)); // The disk's own clock.
  const wanted = await wantedOf(await readHistory(readJournal(journal)), sources, kept, limits, now);
  let gone = 0;
  for (const [name, { usedMs }] of kept) {
    if (wanted.has(name) || usedMs > newest - DAY_MS) continue;
    await rm(join(sources, name), { force: true });
    gone++;
  }
  return gone;
}

/** For a caller that looks more often: once in a few hours is enough. */
export function seldom(sweep: (now: Instant) => Promise<number>): (now: Instant) => Promise<number> {
  let last = Number.NEGATIVE_INFINITY;
  return async (now) => {
    if (Math.abs(now - last) < SELDOM_MS) return 0;
    last = now;
    return sweep(now);
  };
}

/** Newest policy first, each whole or not at all. */
async function wantedOf(
  history: readonly Served[],
  sources: string,
  kept: ReadonlyMap<string, Kept>,
  { kept: span, maxBytes }: SourceLimits,
  now: Instant,
): Promise<Set<string>> {
  const wanted = new Set<string>();
  const seen = new Set<string>();
  let bytes = 0;
  for (const { policy, until } of history.toReversed()) {
    if (until !== undefined && addSpan(until, span, 'UTC') <= now) continue;
    const key = `${policy.sources} ${policy.department}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const names = (await namesOf(policy, sources)).filter((name) => !wanted.has(name));
    const more = names.reduce((sum, name) => sum + (kept.get(name)?.sizeBytes ?? 0), 0);
    if (until !== undefined && bytes + more > maxBytes) break;
    bytes += more;
    for (const name of names) wanted.add(name);
  }
  return wanted;
}

async function namesOf({ sources: manifest, department }: ActivatedEntry, sources: string): Promise<string[]> {
  if (manifest === undefined) return [];
  const files = Object.values((await loadManifest(sources, manifest))?.files ?? {});
  const hashes = files.flatMap((file) => (typeof file === 'string' ? [] : [file.sha256]));
  return [manifest, ...(department === undefined ? [] : [department]), ...new Set(hashes)].map(nameOf);
}

function nameOf(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256.slice(2)}.gz`;
}

/** By their names below the folder, what a crash left half written included. */
async function listKept(sources: string): Promise<Map<string, Kept>> {
  const kept = new Map<string, Kept>();
  const folders = await readdir(sources).catch(() => []);
  for (const folder of folders.filter((name) => FOLDER.test(name))) {
    for (const file of (await readdir(join(sources, folder))).filter((name) => FILE.test(name))) {
      const found = await stat(join(sources, folder, file)).catch(() => undefined);
      if (found !== undefined) kept.set(`${folder}/${file}`, { sizeBytes: found.size, usedMs: found.mtimeMs });
    }
  }
  return kept;
}
