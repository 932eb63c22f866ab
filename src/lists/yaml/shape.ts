// A document against its schema: every deviation becomes a Problem with its place and a sentence that says what to write instead.

import { z } from 'zod';
import type { Problem } from '../../base/problems.ts';
import { type Path, valueAt, type YamlDocument } from './document.ts';
import { nearest } from './suggest.ts';

/** More would scroll the first one away. */
const MAX_SHAPE_PROBLEMS = 100;
/** Longest piece of a file that a message quotes. */
const MAX_QUOTE = 60;

export interface Shaped<T> {
  /** Absent when the shape is wrong anywhere. */
  readonly value?: T;
  readonly problems: Problem[];
  /** True when nothing is wrong at or below the path: such a part can be checked further although the whole is refused. */
  isSound(path: Path): boolean;
}

export function shapeOf<T extends z.ZodType>(schema: T, document: YamlDocument): Shaped<z.output<T>> {
  const parsed = schema.safeParse(document.value, { error: sentenceOf });
  if (parsed.success) return { value: parsed.data, problems: [], isSound: () => true };
  const issues = parsed.error.issues;
  const problems: Problem[] = [];
  for (let i = 0; i < issues.length && problems.length < MAX_SHAPE_PROBLEMS; i++) {
    problems.push(...problemsOf(issues[i], schema, document));
  }
  problems.length = Math.min(problems.length, MAX_SHAPE_PROBLEMS);
  return { problems, isSound: (path) => !issues.some((issue) => startsWith(issue.path, path)) };
}

function startsWith(path: readonly PropertyKey[], start: Path): boolean {
  return start.every((part, i) => path[i] === part);
}

/** For what a schema says itself (`error: …`) this is not asked. */
function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nameOfType(String(issue.expected))}, not ${typeNameOf(issue.input)}${cureOf(issue)}`;
    case 'invalid_value': {
      const words = issue.values.map(String);
      const near = typeof issue.input === 'string' ? nearest(issue.input, words) : undefined;
      const hint = near === undefined ? `choose one of ${words.join(', ')}` : `did you mean ${near}?`;
      return `${quote(issue.input)} is no known word here; ${hint}`;
    }
    case 'too_small':
      return issue.origin === 'array'
        ? `must have at least ${entries(issue.minimum)}`
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have at most ${entries(issue.maximum)}`
        : `must be at most ${issue.maximum}`;
    case 'invalid_union':
      return `${quote(issue.input)} has none of the shapes that may stand here`;
    default:
      return undefined;
  }
}

function entries(count: number | bigint): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

function cureOf(issue: z.core.$ZodRawIssue): string {
  const isScalar = ['number', 'boolean', 'bigint'].includes(typeof issue.input);
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isScalar) return '; put it in quotes';
  return '';
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a text',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function nameOfType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean' ? String(value) : nameOfType(typeof value);
}

export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return `"${text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text}"`;
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, document: YamlDocument): Problem[] {
  const path = issue.path as (string | number)[];
  // A schema that has a sentence of its own for its shapes knows best; ours begins with the quoted value.
  if (issue.code === 'invalid_union' && issue.message.startsWith('"')) {
    const meant = meantOption(issue);
    if (meant !== undefined) {
      return meant.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }, schema, document));
    }
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schemaAt(schema, path));
    // Not one more than is told: to find the place of each of 100,000 keys among the others took 100 s.
    return issue.keys.slice(0, MAX_SHAPE_PROBLEMS).map((key) => unknownKey(key, known, path, document));
  }
  if (path.length > 0 && valueAt(document.value, path) === undefined) {
    const about = schemaAt(schema, path)?.description;
    const meaning = about === undefined ? '' : ` (${about.replace(/\.$/, '')})`;
    const message = `the key ${String(path.at(-1))} is missing; add it${meaning}`;
    return [{ code: 'missing-key', severity: 'error', message, where: document.place(path.slice(0, -1)) }];
  }
  const code =
    issue.code === 'custom' && typeof issue.params?.code === 'string' ? issue.params.code : CODES[issue.code];
  const subject = path.length === 0 ? 'the file' : lastWord(path);
  const isSentence = issue.message.startsWith('"');
  const message = isSentence ? issue.message : `${subject} ${issue.message}`;
  return [{ code: code ?? 'bad-value', severity: 'error', message, where: document.place(path) }];
}

/** Of several shapes the one whose type the value has: its own faults say more than "none of these". */
function meantOption(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  return issue.errors.find((inner) => inner.every(({ code, path }) => path.length > 0 || code !== 'invalid_type'));
}

const CODES: Record<string, string> = { invalid_type: 'wrong-type', invalid_union: 'wrong-type' };

function lastWord(path: Path): string {
  const key = path.findLast((part) => typeof part === 'string');
  return typeof path.at(-1) === 'number' ? `an entry of ${key}` : String(key);
}

function unknownKey(key: string, known: readonly string[], path: Path, document: YamlDocument): Problem {
  const near = nearest(key, known);
  const cure = near === undefined ? `take it away; known are ${known.join(', ')}` : `did you mean ${near}?`;
  const message = `${quote(key)} is no known key here; ${cure}`;
  return { code: 'unknown-key', severity: 'error', message, where: document.keyPlace([...path, key]) };
}

function schemaAt(schema: z.ZodType | undefined, path: Path): z.ZodType | undefined {
  let found = schema;
  for (const part of path) {
    const inner: z.ZodType | undefined = bare(found);
    if (inner instanceof z.ZodObject) found = inner.shape[String(part)] as z.ZodType | undefined;
    else if (inner instanceof z.ZodArray) found = inner.element as z.ZodType;
    else return undefined;
  }
  return found;
}

/** Without optional, default and pipe; of a union, its map. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  let found = schema;
  for (let depth = 0; depth < 8; depth++) {
    if (found instanceof z.ZodOptional || found instanceof z.ZodDefault || found instanceof z.ZodPrefault) {
      found = found.unwrap() as z.ZodType;
    } else if (found instanceof z.ZodPipe) found = found.in as z.ZodType;
    else if (found instanceof z.ZodUnion) {
      found = (found.options as z.ZodType[]).find((option) => bare(option) instanceof z.ZodObject);
    } else return found;
  }
  return found;
}

function knownKeys(schema: z.ZodType | undefined): string[] {
  const inner = bare(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
