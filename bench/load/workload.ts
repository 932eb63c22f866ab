// What is listed and what is asked, the same for every server; all of it from seeds.
//
// Listed: a feed of a million names with everything below them, the names of 19 apps, and 1,000 address rules. Asked: half of it blocked
// (nine in ten by the feed; half of them a listed name itself, half a name below it), half answers that are in the cache, one in ten with DO.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { framed, type Question, queryBytes } from './messages.ts';
import { randomFrom, word } from './random.ts';
import { makeZone, type ZoneAnswer, zoneFile } from './zone.ts';

export const APPS = 20;
export const NAMES_AN_APP = 50;
export const ADDRESS_RULES = 1000;
const CDN_ZONES = 60;
const CACHED_NAMES = 2000;
export const QUERIES = 200_000;
/** The file's writers buffer about so many characters. */
const CHUNK = 1 << 20;

export interface Workload {
  readonly folder: string;
  readonly listed: number;
  readonly cdnZones: readonly string[];
  readonly zone: readonly ZoneAnswer[];
  /** Some names of the feed, its last one last. */
  readonly sample: readonly string[];
  readonly questions: { readonly mixed: readonly Question[]; readonly allowed: readonly Question[] };
  /** Files for `dnsperf -B`. */
  readonly files: { readonly mixed: string; readonly allowed: string; readonly zone: string };
  /** Every question that is to be in the cache before a run. */
  readonly cached: readonly Question[];
}

/** Four kinds of names as feeds have them: one to three labels below 200 top-level ones. */
export function* listedNames(count: number, seed = 1): Generator<string> {
  const random = randomFrom(seed);
  for (let i = 0; i < count; i++) {
    const front = random(2) === 0 ? '' : `${word(random, 2, 9)}.`;
    yield `${front}${word(random, 5, 14)}${i}.t${random(200)}`;
  }
}

export function appNames(app: number): string[] {
  return Array.from({ length: NAMES_AN_APP }, (_, i) => `${['www', 'api', 'cdn', 'log'][i % 4]}${i}.app${app}.example`);
}

/** 800 IPv4 networks of 256 addresses and 200 of IPv6; none holds an address of the zone. */
export function listedPrefixes(): string[] {
  return Array.from({ length: ADDRESS_RULES }, (_, i) =>
    i < 800 ? `45.${64 + (i >> 8)}.${i & 255}.0/24` : `2a0f:${(i - 800 + 0x100).toString(16)}::/32`,
  );
}

/** The list of another seed has as many other names; a reload brings it. */
export function lastName(listed: number, seed = 1): string {
  let last = '';
  for (const name of listedNames(listed, seed)) last = name;
  return last;
}

export function makeWorkload(folder: string, listed: number, queries = QUERIES): Workload {
  const cdnZones = Array.from({ length: CDN_ZONES }, (_, i) => `edge${i}.delivery${i % 7}.net`);
  const zone = makeZone(CACHED_NAMES, cdnZones);
  const sample = sampleOf(listed);
  const cached = zone.flatMap(({ name, type }) => [false, true].map((dnssecOk) => ({ name, type, dnssecOk })));
  const files = { mixed: join(folder, 'mixed'), allowed: join(folder, 'allowed'), zone: join(folder, 'zone') };
  writeFileSync(files.zone, zoneFile(zone));
  const questions = {
    mixed: makeQuestions(queries, zone, sample, 2),
    allowed: makeQuestions(queries, zone, sample, Number.POSITIVE_INFINITY),
  };
  writeFileSync(files.mixed, framed(questions.mixed.map(queryBytes)));
  writeFileSync(files.allowed, framed(questions.allowed.map(queryBytes)));
  return { folder, listed, cdnZones, zone, sample, questions, files, cached };
}

function sampleOf(listed: number): string[] {
  const every = Math.max(1, Math.floor(listed / 100_000));
  const sample: string[] = [];
  let i = 0;
  for (const name of listedNames(listed)) {
    if (++i % every === 0 || i === listed) sample.push(name);
  }
  return sample;
}

/** One in `blockedEvery` is blocked. */
function makeQuestions(
  count: number,
  zone: readonly ZoneAnswer[],
  sample: readonly string[],
  blockedEvery: number,
): Question[] {
  const random = randomFrom(11);
  return Array.from({ length: count }, (_, i) => {
    const dnssecOk = random(10) === 0;
    if (i % blockedEvery !== 1) {
      const { name, type } = zone[random(zone.length)];
      return { name, type, dnssecOk };
    }
    const type = random(4) === 0 ? 'AAAA' : 'A';
    return { name: blockedName(sample, random), type, dnssecOk };
  });
}

function blockedName(sample: readonly string[], random: (below: number) => number): string {
  if (random(10) === 0) return appNames(1 + random(APPS - 1))[random(NAMES_AN_APP)];
  const name = sample[random(sample.length)];
  return random(2) === 0 ? name : `${word(random, 1, 8)}.${name}`;
}

export interface NameFormat {
  readonly head: string;
  /** Gives the lines of one name. */
  readonly line: (name: string) => string;
}

/** The names of the lists, written in pieces. */
export function writeNames(path: string, { head, line }: NameFormat, listed: number, seed = 1): void {
  const file = openSync(path, 'w');
  let text = head;
  const take = (name: string) => {
    text += line(name);
    if (text.length < CHUNK) return;
    writeSync(file, text);
    text = '';
  };
  for (const name of listedNames(listed, seed)) take(name);
  for (let app = 1; app < APPS; app++) appNames(app).forEach(take);
  writeSync(file, text);
  closeSync(file);
}
