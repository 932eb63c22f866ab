// The import table of ARCHITECTURE.md §2 as data: who may import whom. Read from the sources' own text, so that a tool's blind spot
// cannot hide an arrow.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Room {
  /** Folders below src/ whose files this room may import, its own left out. `policy`: with the rooms in it; `policy/`: straight in it only. */
  readonly rooms: readonly string[];
  /** `true`: node: modules and packages. A list: only these packages, only in these files. */
  readonly outside: true | Readonly<Record<string, readonly string[]>>;
}

const PURE = {} as const;
const BROTHERS_OF_POLICY = ['base', 'policy'];
const DNS = ['base', 'policy', 'dns'];

const TABLE: Readonly<Record<string, Room>> = {
  base: { rooms: [], outside: { 'addresses.ts': ['ipaddr.js'] } },
  policy: { rooms: ['base'], outside: PURE },
  'policy/snapshot': { rooms: ['base', 'policy/'], outside: PURE },
  'policy/check': { rooms: ['base', 'policy/'], outside: PURE },
  'policy/compile': { rooms: ['base', 'policy/', 'policy/check', 'policy/snapshot'], outside: PURE },
  'policy/decide': { rooms: ['base', 'policy/', 'policy/snapshot'], outside: PURE },
  'policy/explain': { rooms: ['base', 'policy/', 'policy/snapshot', 'policy/decide'], outside: PURE },
  'dns/wire': { rooms: ['base', 'policy'], outside: PURE },
  'dns/answer': { rooms: ['base', 'policy', 'dns/wire'], outside: PURE },
  'dns/workers': { rooms: DNS, outside: true },
  'dns/resolve': { rooms: DNS, outside: true },
  'dns/listeners': { rooms: DNS, outside: true },
  lists: { rooms: BROTHERS_OF_POLICY, outside: true },
  config: { rooms: [...BROTHERS_OF_POLICY, 'lists'], outside: true },
  rpz: { rooms: [...BROTHERS_OF_POLICY, 'dns/wire', 'lists'], outside: true },
  proxy: { rooms: BROTHERS_OF_POLICY, outside: true },
  plugins: { rooms: BROTHERS_OF_POLICY, outside: true },
  control: { rooms: [...BROTHERS_OF_POLICY, 'lists', 'config'], outside: true },
  observe: { rooms: [...BROTHERS_OF_POLICY, 'config'], outside: true },
  admin: { rooms: [...BROTHERS_OF_POLICY, 'config'], outside: true },
  cli: { rooms: [''], outside: true },
  threads: { rooms: [''], outside: true },
};

/** Files straight in src/ are composition roots. */
const ROOTS: Room = { rooms: [''], outside: true };

/** What a pure room may not touch, imported or not. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|crypto\.|process\.|setTimeout|setInterval|require\()/;

const SRC = join(import.meta.dirname, '../../src');

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'));
}

/** The innermost room that holds the file. */
function roomOf(path: string): string | undefined {
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    if (TABLE[folder] !== undefined) return folder;
  }
  return undefined;
}

function allows(allowed: string, room: string): boolean {
  return allowed === '' || room === allowed || `${room}/` === allowed || room.startsWith(`${allowed}/`);
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(SRC, path), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
  );
  return Array.from(found, (match) => match[1] ?? match[2] ?? match[3]);
}

function faultOf(path: string, specifier: string): string | undefined {
  const name = roomOf(path);
  const room = name === undefined ? ROOTS : TABLE[name];
  if (!specifier.startsWith('.')) {
    if (room.outside === true || room.outside[posix.basename(path)]?.includes(specifier) === true) return undefined;
    return `${path} imports ${specifier}: ${name} is pure`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetRoom = roomOf(target) ?? '';
  if (targetRoom === name || room.rooms.some((allowed) => allows(allowed, targetRoom))) return undefined;
  return `${path} imports ${target}: ${name} may import ${room.rooms.join(', ') || 'nothing'}`;
}

describe('import rules', () => {
  test('every folder below src has a row in the table', () => {
    const strays = sources().filter((path) => dirname(path) !== '.' && roomOf(path) === undefined);
    expect(strays).toEqual([]);
  });

  test('no file imports what its row does not allow', () => {
    const faults = sources().flatMap((path) => importsOf(path).map((specifier) => faultOf(path, specifier)));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  test('pure rooms use no clock, randomness or process', () => {
    const pure = sources().filter((path) => (TABLE[roomOf(path) ?? ''] ?? ROOTS).outside !== true);
    expect(pure.length).toBeGreaterThan(70);
    const faults = pure.filter((path) => IMPURE.test(withoutComments(readFileSync(join(SRC, path), 'utf8'))));
    expect(faults).toEqual([]);
  });

  test('the rules catch a brother reaching for a brother and a package in a pure room', () => {
    expect(faultOf('observe/metrics.ts', '../control/keeper.ts')).toContain('observe may import');
    expect(faultOf('policy/decide/decide.ts', 'node:fs')).toContain('policy/decide is pure');
    expect(faultOf('policy/decide/decide.ts', '../../base/names.ts')).toBeUndefined();
    expect(faultOf('policy/decide/decide.ts', '../model.ts')).toBeUndefined();
    expect(faultOf('policy/decide/decide.ts', '../compile/compile.ts')).toContain('policy/decide may import');
    expect(faultOf('policy/model.ts', './snapshot/layout.ts')).toContain('policy may import');
    expect(faultOf('lists/push.ts', '../policy/snapshot/entries.ts')).toBeUndefined();
    expect(faultOf('dns/wire/scrub.ts', '../answer/answer.ts')).toContain('dns/wire may import');
  });

  test('no barrels: no file only re-exports', () => {
    const barrels = sources().filter((path) => {
      const lines = withoutComments(readFileSync(join(SRC, path), 'utf8'))
        .split('\n')
        .filter((line) => line.trim() !== '');
      return lines.length > 0 && lines.every((line) => /^export (\*|\{.*\}) from /.test(line));
    });
    expect(barrels).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}
