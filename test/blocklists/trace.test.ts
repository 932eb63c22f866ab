// What a rule says of its sighting in traffic is held against the list of popular names itself: `umbrella@DATE#RANK` is the best rank of the
// name or, for a domain, of any name below it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { corpus } from './corpus.ts';
import { FOLDER } from './shipped.ts';

interface RawRule {
  readonly domain?: string;
  readonly exact?: string;
  readonly wildcard?: string;
  readonly evidence?: readonly string[];
}

interface Sighting {
  /** `tiktok tiktok.com 494` */
  readonly text: string;
  readonly name: string;
  readonly isExact: boolean;
  readonly rank: number;
}

const RANK = /^umbrella@2026-07-24#(\d+)$/;

function sightingsOf(file: string): Sighting[] {
  const { id, rules } = parse(readFileSync(join(FOLDER, 'apps', file), 'utf8')) as { id: string; rules: RawRule[] };
  return rules.flatMap(({ domain, exact, wildcard, evidence }) => {
    const name = domain ?? exact ?? wildcard ?? '';
    const ranks = (evidence ?? []).flatMap((entry) => RANK.exec(entry)?.[1] ?? []).map(Number);
    return ranks.map((rank) => ({ text: `${id} ${name} ${rank}`, name, isExact: exact !== undefined, rank }));
  });
}

/** Name → best rank of itself and of all below it. */
function bestRanks(names: readonly string[]): Map<string, number> {
  const best = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const labels = name.split('.');
    for (let first = 0; first < labels.length; first++) {
      const zone = labels.slice(first).join('.');
      if (!best.has(zone)) best.set(zone, i + 1);
    }
  }
  return best;
}

const names = corpus('umbrella-top-100k.txt.gz');

it.skipIf(names === undefined)('every sighting of a rule stands in the list, at the rank it tells', () => {
  const own = new Map((names ?? []).map((name, i) => [name, i + 1]));
  const best = bestRanks(names ?? []);
  const sightings = readdirSync(join(FOLDER, 'apps')).flatMap(sightingsOf);
  expect(sightings.length).toBeGreaterThan(200);
  const wrong = sightings.filter(({ name, isExact, rank }) => (isExact ? own : best).get(name) !== rank);
  expect(wrong.map(({ text }) => text)).toEqual([]);
});
