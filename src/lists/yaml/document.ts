// One YAML file as plain values that remember where they stand. Syntax errors, duplicate keys and documents made to explode become
// Problems; time and memory are bounded by the limits below and in text.ts.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Place, Problem } from '../../base/problems.ts';
import type { Places } from '../../policy/model.ts';
import { decodeText } from './text.ts';

/** Values a file may unfold to; a file of MAX_YAML_BYTES without aliases stays below. */
const MAX_VALUES = 200_000;
/** The schemas need six. */
const MAX_DEPTH = 32;
/** One broken bracket makes many errors; the first few say it all. */
const MAX_SYNTAX_PROBLEMS = 10;

export type Path = readonly (string | number)[];

export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Of the value at the path, or of the nearest value around it. */
  place(path: Path): Place;
  /** Of the key itself that the path ends in. */
  keyPlace(path: Path): Place;
  /** Of every value below `path`, keys joined by dots, but for what stands under the keys of `without`. */
  places(path: Path, without?: readonly string[]): Places;
}

/** The document is absent only when nothing could be made of the bytes. */
export function readYaml(file: string, bytes: Uint8Array): { document?: YamlDocument; problems: Problem[] } {
  const text = decodeText(file, bytes);
  if (typeof text !== 'string') return { problems: [text] };
  const lines = new LineCounter();
  try {
    // Keys are checked for doubles below: the parser's own check compares each with each.
    const parsed = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    return fromParsed(file, parsed, lines);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problems: [tooDeep({ file, line: 1, column: 1 })] };
  }
}

function fromParsed(file: string, parsed: Document.Parsed, lines: LineCounter): ReturnType<typeof readYaml> {
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...parsed.errors, ...parsed.warnings];
  if (faults.length > 0) {
    const problems = faults
      .slice(0, MAX_SYNTAX_PROBLEMS)
      .map((fault) => problem('yaml-syntax', syntaxMessage(fault.code, fault.message), at(fault.pos[0])));
    return { problems };
  }
  const unfolding: Unfolding = { at, problems: [], anchors: new Map(), values: 0 };
  const root = parsed.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    return {
      problems: [problem('empty-file', 'the file is empty; fill it or take it away', { file, line: 1, column: 1 })],
    };
  }
  const value = unfold(root, unfolding, 0);
  if (unfolding.problems.length > 0) return { problems: unfolding.problems };
  return { document: documentOf(file, value, root, unfolding), problems: [] };
}

function syntaxMessage(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; one file holds one';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; use spaces';
  if (code === 'TAG_RESOLVE_FAILED') return 'tags (!…) mean nothing here; take it away';
  return `YAML cannot be read here: ${message.split('\n')[0]}; mend the syntax`;
}

interface Unfolding {
  readonly at: (offset: number) => Place;
  readonly problems: Problem[];
  readonly anchors: Map<string, Node>;
  values: number;
}

/** Stops at the first value beyond a limit, so that aliases of aliases cost no more than that. */
function unfold(node: Node | null, to: Unfolding, depth: number): unknown {
  if (node === null) return null;
  const offset = node.range?.[0] ?? 0;
  if (depth > MAX_DEPTH) return fail(to, tooDeep(to.at(offset)));
  if (++to.values > MAX_VALUES) {
    if (to.values > MAX_VALUES + 1) return undefined;
    return fail(
      to,
      problem('yaml-too-large', `more than ${MAX_VALUES} values, aliases unfolded; split the file`, to.at(0)),
    );
  }
  if (isAlias(node)) {
    const target = to.anchors.get(node.source);
    if (target === undefined)
      return fail(to, problem('yaml-syntax', `no anchor &${node.source} before this alias`, to.at(offset)));
    return unfold(target, to, depth + 1);
  }
  const value = isMap(node)
    ? unfoldMap(node, to, depth)
    : isSeq(node)
      ? node.items.map((item) => unfold(item as Node, to, depth + 1))
      : (node as Scalar).value;
  // Registered only now, so that an alias inside its own anchor finds nothing.
  if ('anchor' in node && typeof node.anchor === 'string') to.anchors.set(node.anchor, node);
  return value;
}

function unfoldMap(map: YAMLMap, to: Unfolding, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const { key, value: item } of map.items as Pair<Node, Node | null>[]) {
    const where = () => to.at(key?.range?.[0] ?? 0);
    if (!isScalar(key) || typeof key.value !== 'string' || key.value === '__proto__') {
      fail(to, problem('key-not-text', 'a key must be a word; put it in quotes', where()));
    } else if (Object.hasOwn(value, key.value)) {
      fail(to, problem('duplicate-key', `the key ${key.value} stands here twice; take one away`, where()));
    } else {
      value[key.value] = unfold(item, to, depth + 1);
    }
  }
  return value;
}

function fail(to: Unfolding, found: Problem): undefined {
  if (to.problems.length < MAX_SYNTAX_PROBLEMS) to.problems.push(found);
  return undefined;
}

function documentOf(file: string, value: unknown, root: Node, unfolding: Unfolding): YamlDocument {
  const { at, anchors } = unfolding;
  const follow = (node: Node | null) => (isAlias(node) ? (anchors.get(node.source) ?? node) : node);
  const child = (
    node: Node | null,
    key: string | number,
  ): Pair<Node, Node | null> | { key: null; value: Node | null } | undefined => {
    const target = follow(node);
    if (isSeq(target)) return { key: null, value: (target.items[Number(key)] as Node | undefined) ?? null };
    if (!isMap(target)) return undefined;
    return (target.items as Pair<Node, Node | null>[]).find((pair) => isScalar(pair.key) && pair.key.value === key);
  };
  const offsets = (path: Path): { key: number; value: number } => {
    let node: Node | null = root;
    let found = { key: root.range?.[0] ?? 0, value: root.range?.[0] ?? 0 };
    for (const part of path) {
      const next = child(node, part);
      if (next === undefined) break;
      const keyAt = next.key?.range?.[0] ?? next.value?.range?.[0] ?? found.key;
      found = { key: keyAt, value: next.value?.range?.[0] ?? keyAt };
      node = next.value;
    }
    return found;
  };
  const place = (path: Path) => at(offsets(path).value);
  const places = (path: Path, without: readonly string[] = []): Places => {
    const found: Record<string, Place> = {};
    const walk = (below: unknown, tail: Path): void => {
      found[tail.join('.')] = place([...path, ...tail]);
      if (typeof below !== 'object' || below === null) return;
      for (const [key, item] of Object.entries(below)) {
        const isLeftOut = tail.length === 0 && without.includes(key);
        if (!isLeftOut) walk(item, [...tail, Array.isArray(below) ? Number(key) : key]);
      }
    };
    walk(valueAt(value, path), []);
    return found;
  };
  return { file, value, place, keyPlace: (path) => at(offsets(path).key), places };
}

export function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

function tooDeep(where: Place): Problem {
  return problem('yaml-too-deep', `nested deeper than ${MAX_DEPTH} levels; flatten it`, where);
}

function problem(code: string, message: string, where: Place): Problem {
  return { code, severity: 'error', message, where };
}
