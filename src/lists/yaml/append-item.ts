// One more item in a list of a YAML file, written as the item before it is. The rest stays byte for byte: people's comments, order and
// line breaks are theirs, and a pull request shows one line.

import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isSeq, type Node, parseDocument, stringify } from 'yaml';
import { type Path, valueAt } from './document.ts';

/** What is added: keys with values of a flow (`{ except: a.example }`), or a scalar. */
export type Item = string | Readonly<Record<string, string | readonly string[]>>;

export interface Appended {
  readonly text: string;
  /** What was put in: its lines as they stand there, or that it is the last of a list in brackets. */
  readonly added: string;
}

/**
 * Behind the last item for which `after` holds, else behind the last one. Undefined where the file has no such list, or writes it in a way
 * that leaves no place to put a line: then a person must.
 */
export function appendItem(
  text: string,
  path: Path,
  item: Item,
  after: (value: unknown) => boolean = () => false,
): Appended | undefined {
  const document = parseDocument(text);
  const list = document.getIn(path, true);
  if (document.errors.length > 0 || !isSeq(list) || list.items.length === 0) return undefined;
  const items = list.items.filter(isNode);
  const last = items.findLast((node) => after(node.toJS(document))) ?? items.at(-1);
  if (last?.range == null) return undefined;
  const appended = list.flow ? inFlow(text, path, last, item) : inBlock(text, last, item);
  const index = list.items.indexOf(last) + 1;
  return appended !== undefined && addsOnly(appended.text, path, index, item, document.toJS()) ? appended : undefined;
}

function inFlow(text: string, path: Path, last: Node, item: Item): Appended | undefined {
  const at = last.range?.[1] ?? 0;
  const added = flowText(item);
  return { text: `${text.slice(0, at)}, ${added}${text.slice(at)}`, added: `${path.join('.')}: […, ${added}]` };
}

function inBlock(text: string, last: Node, item: Item): Appended | undefined {
  const [start, end] = last.range ?? [0, 0];
  const lead = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  if (!/^ *- +$/.test(lead)) return undefined;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lineEnd = text.indexOf('\n', text[end - 1] === '\n' ? end - 1 : end);
  const at = lineEnd < 0 ? text.length : lineEnd + 1;
  const isOneLine = typeof item === 'string' || !isMap(last) || last.flow === true;
  const lines = isOneLine ? [flowText(item)] : Object.entries(item).map(([key, value]) => `${key}: ${flowText(value)}`);
  const indent = ' '.repeat(lead.length);
  const added = lines.map((line, i) => `${i === 0 ? lead : indent}${line}`).join(eol);
  return { text: `${text.slice(0, at)}${lineEnd < 0 ? eol : ''}${added}${eol}${text.slice(at)}`, added };
}

/** Reads it back: whatever is odd about the file, the item stands where it should and nothing else has changed. */
function addsOnly(text: string, path: Path, index: number, item: Item, before: unknown): boolean {
  const document = parseDocument(text);
  if (document.errors.length > 0) return false;
  const value: unknown = document.toJS();
  const list = valueAt(value, path);
  const added: unknown = Array.isArray(list) ? list.splice(index, 1)[0] : undefined;
  return isDeepStrictEqual(added, item) && isDeepStrictEqual(value, before);
}

function flowText(value: Item | readonly string[]): string {
  if (typeof value === 'string') return scalarText(value);
  if (Array.isArray(value)) return `[${value.map(scalarText).join(', ')}]`;
  const pairs = Object.entries(value as Exclude<Item, string>).map(([key, inner]) => `${key}: ${flowText(inner)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** In quotes where it has signs that mean something, or would not be read back as this text (in YAML 1.1 `yes` is true). */
function scalarText(value: string): string {
  const isPlain = /^[A-Za-z0-9][\w./-]*$/.test(value) && stringify(value, { version: '1.1' }).trimEnd() === value;
  return isPlain ? value : JSON.stringify(value);
}
