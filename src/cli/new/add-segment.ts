// A segment added to the text of interdict.yaml, with every other byte left where it is: people's comments and columns are theirs. The
// parsed document says where the list of segments ends; what comes out is read again, and must be the old content and the new entry.

import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, isSeq, type Pair, parse, parseDocument, type YAMLSeq } from 'yaml';
import { flow } from './yaml-lines.ts';

/** The new text with the line (from 1) at which the segment begins; undefined where this text has no place that is sure. */
export function addSegment(text: string, lines: readonly string[]): { text: string; line: number } | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const segment: unknown = parse(lines.join('\n'));
  const spot = spotOf(text, segment, lines);
  if (spot === undefined) return undefined;
  const before = text.slice(0, spot.from);
  const lead = spot.lead.replaceAll('\n', eol);
  const made = before + lead + spot.entry.replaceAll('\n', eol) + text.slice(spot.to);
  const old = parse(text) as { segments?: unknown[] | null };
  if (!isDeepStrictEqual(parse(made), { ...old, segments: [...(old.segments ?? []), segment] })) return undefined;
  return { text: made, line: (before + lead).split('\n').length };
}

/** What replaces the text between two offsets. */
interface Spot {
  readonly from: number;
  readonly to: number;
  /** What the entry needs in front of it. */
  readonly lead: string;
  readonly entry: string;
}

function spotOf(text: string, segment: unknown, lines: readonly string[]): Spot | undefined {
  const root = parseDocument(text).contents;
  if (!isMap(root) || root.flow) return undefined;
  const pair = (root.items as Pair[]).find(({ key }) => isScalar(key) && key.value === 'segments');
  if (pair === undefined) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return { from: text.length, to: text.length, lead: `${gap}\nsegments:\n`, entry: entryOf(lines, '  ') };
  }
  const list = pair.value;
  if (!isSeq(list) || !isNode(list) || list.range == null) return undefined;
  if (!list.flow) return behindLast(text, list, lines);
  const [from, to] = list.range;
  if (list.items.length === 0)
    return { from: text.slice(0, from).trimEnd().length, to, lead: '\n', entry: entryOf(lines, '  ').trimEnd() };
  return { from: to - 1, to: to - 1, lead: ', ', entry: flow(segment) };
}

/** Below the last entry and the comments that are indented with it, an empty line apart where the others are. */
function behindLast(text: string, list: YAMLSeq, lines: readonly string[]): Spot | undefined {
  const [first, last] = [list.items[0], list.items.at(-1)];
  if (!isNode(first) || !isNode(last) || first.range == null || last.range == null) return undefined;
  const lineStart = text.lastIndexOf('\n', first.range[0]) + 1;
  const indent = text.slice(lineStart, text.indexOf('-', lineStart));
  if (indent.trim() !== '') return undefined;
  let at = endOfLine(text, text[last.range[1] - 1] === '\n' ? last.range[1] - 1 : last.range[1]);
  for (;;) {
    const next = text.slice(at, endOfLine(text, at));
    const isOwnComment = new RegExp(`^${indent} +#`).test(next);
    if (!isOwnComment) break;
    at += next.length;
  }
  const gap = at > 0 && text[at - 1] !== '\n' ? '\n' : '';
  const space = list.items.length > 1 && !/\n[ \t]*\r?\n/.test(text.slice(first.range[0], last.range[0])) ? '' : '\n';
  return { from: at, to: at, lead: `${gap}${space}`, entry: entryOf(lines, indent) };
}

/** Offset behind the line that `at` is in. */
function endOfLine(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found + 1;
}

function entryOf(lines: readonly string[], indent: string): string {
  return lines.map((line, i) => `${indent}${i === 0 ? '- ' : '  '}${line}\n`).join('');
}
