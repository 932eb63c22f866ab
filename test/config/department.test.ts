// config/department.yaml: complete, commented, clean, and standing where a reader of the instruments says it stands.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Instant } from '../../src/base/brand.ts';
import { formatProblem } from '../../src/base/problems.ts';
import { loadSources } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { nodeDisk } from '../../src/lists/disk.ts';
import { standings } from '../../src/policy/catalogue.ts';
import { checkModel } from '../../src/policy/check/check-model.ts';
import { memoryDisk } from '../lists/memory-disk.ts';

const FILE = fileURLToPath(new URL('../../config/department.yaml', import.meta.url));
const TEXT = readFileSync(FILE, 'utf8');
const LINES = TEXT.split('\n');
const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;

/** Every key of a JSON Schema by its path, list items passed over: `segments.enforce.own_measure`. */
function keysOfSchema(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, items, anyOf } = node as { properties?: object; items?: unknown; anyOf?: unknown[] };
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, value]) => {
      const below = path === '' ? key : `${path}.${key}`;
      return [below, ...keysOfSchema(value, below)];
    }),
    ...keysOfSchema(items, path),
    ...(anyOf ?? []).flatMap((option) => keysOfSchema(option, path)),
  ];
}

/** Path → the lines (from 0) on which the key stands. */
function keysOfFile(text: string): Map<string, number[]> {
  const lines = new LineCounter();
  const found = new Map<string, number[]>();
  const walk = (node: unknown, path: string): void => {
    if (isSeq(node)) for (const item of node.items) walk(item, path);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const below = path === '' ? String(key.value) : `${path}.${key.value}`;
      const line = lines.linePos((key as Node).range?.[0] ?? 0).line - 1;
      found.set(below, [...(found.get(below) ?? []), line]);
      walk(value, below);
    }
  };
  walk(parseDocument(text, { lineCounter: lines }).contents, '');
  return found;
}

/** A comment on the line, or right above it. */
const isCommented = (line: number) => /#/.test(LINES[line]) || /^\s*#/.test(LINES[line - 1] ?? '');

const keys = keysOfFile(TEXT);

/** What comes of the file with one change, in the same folder. */
function load(change: (text: string) => string = (text) => text) {
  const changed = memoryDisk({ [FILE]: change(TEXT) });
  const sources = loadSources(FILE, NOW, { ...nodeDisk, open: (file) => changed.open(file) ?? nodeDisk.open(file) });
  if (sources.model === undefined) throw new Error(sources.problems.map(formatProblem).join('\n'));
  const own = [...sources.configProblems, ...checkModel(sources.model, NOW)].filter(({ where }) =>
    where.file.endsWith('department.yaml'),
  );
  return { model: sources.model, problems: own.map(({ severity, code }) => `${severity} ${code}`) };
}

describe('config/department.yaml', () => {
  it('holds every key of the configuration', () => {
    const all = [...new Set(keysOfSchema(z.toJSONSchema(configSchema, { io: 'input' })))];
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((key) => !keys.has(key))).toEqual([]);
  });

  it('comments every key where it first stands', () => {
    const bare = [...keys].filter(([, [first]]) => !isCommented(first)).map(([key, [first]]) => `${first + 1} ${key}`);
    expect(bare).toEqual([]);
  });

  it('gives its reason above every line of enforcement', () => {
    const entries = [...TEXT.matchAll(/^ {6}- (?=\{ directive|directive|[a-z])/gm)].map(
      ({ index }) => TEXT.slice(0, index).split('\n').length - 1,
    );
    const segments: { enforce: unknown[] }[] = parse(TEXT).segments;
    expect(entries.length).toBe(segments.flatMap(({ enforce }) => enforce).length);
    expect(entries.filter((line) => !/^\s*#/.test(LINES[line - 1])).map((line) => LINES[line])).toEqual([]);
  });

  it('has a network of each kind, guests who are left alone, and no problem of its own', () => {
    const { model, problems } = load();
    expect(problems).toEqual([]);
    expect([...new Set(model.department.segments.map(({ kind }) => kind))].sort()).toEqual(
      ['contractor', 'corporate', 'enrolled-personal', 'guest', 'mixed', 'parliamentary'].sort(),
    );
    expect(model.department.segments.find(({ id }) => id === 'guest')?.enforce).toEqual([]);
  });

  // Written by hand, from what the instruments say and docs/policy.md §4: the 2023 statement binds corporate devices and leaves personal ones
  // out; Parliament's decision the parliamentary network; the 2022 statement departments' core networks; the 2017 letter names neither devices
  // nor networks, which counts as corporate and enrolled-personal. Only Parliament asks for a block of traffic, so that only leaving it out
  // would be a gap.
  const STATEMENT = 'uk-cabinet-office-2023-03-16';
  const REVIEW = 'uk-cabinet-office-2023-03-16-review';
  const CAMERAS = 'uk-cabinet-office-2022-11-24';
  const LETTER = 'uk-ncsc-2017-12-01';
  const PARLIAMENT = 'uk-parliament-2023-03-23';
  const OWN = 'local-policy';
  const TABLE: Record<string, Record<string, string>> = {
    corporate: {
      [STATEMENT]: 'enforced',
      [REVIEW]: 'left',
      [CAMERAS]: 'monitored',
      [LETTER]: 'monitored',
      [OWN]: 'enforced',
    },
    'vpn-pool': {
      [STATEMENT]: 'enforced',
      [REVIEW]: 'left',
      [CAMERAS]: 'monitored',
      [LETTER]: 'monitored',
      [OWN]: 'enforced',
    },
    'enrolled-personal': {
      [STATEMENT]: 'enforced (own measure)',
      [LETTER]: 'left',
      [OWN]: 'monitored',
    },
    guest: {},
    contractor: { [STATEMENT]: 'enforced (own measure)', [OWN]: 'enforced' },
    parliamentary: { [PARLIAMENT]: 'enforced' },
    servers: {
      [STATEMENT]: 'enforced',
      [REVIEW]: 'left',
      [CAMERAS]: 'enforced',
      [LETTER]: 'enforced (own measure)',
      [OWN]: 'enforced',
    },
    'meeting-rooms': {
      [STATEMENT]: 'enforced',
      [REVIEW]: 'left',
      [CAMERAS]: 'monitored',
      [LETTER]: 'left',
      [PARLIAMENT]: 'enforced',
    },
  };

  it('stands where the table says, segment by segment', () => {
    const { model } = load();
    expect(Object.fromEntries(standings(model, NOW).map(({ segment, directives }) => [segment, directives]))).toEqual(
      TABLE,
    );
  });

  it.each([
    ["taking Parliament's decision out of its network is a gap", PARLIAMENT, OWN, 'warning gap'],
    [
      'enforcing where nothing reaches, without a reason, is told',
      'enforce: []',
      `enforce: [${STATEMENT}]`,
      'warning reach',
    ],
    [
      'enforcing advice without a reason is told',
      /own_measure: Server build[^}]*/,
      'mode: enforce',
      'warning mode-capped',
    ],
  ])('%s', (_, from, to, problem) => {
    expect(load((text) => text.replace(from, to)).problems).toContain(problem);
  });
});
