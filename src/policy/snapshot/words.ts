// The words of a snapshot: every name that a person reads, as one JSON section beside the numbers. Checked on open: a snapshot from disk is
// as untrusted as any other file.

import { ANSWERS, type Answer, type AnswerSettings, type Override, ROLES, type Role } from '../model.ts';
import type { ModeOrNone } from '../modes.ts';
import { MAX_OVERRIDES } from './entries.ts';

interface AppWords {
  readonly id: string;
  readonly name: string;
  readonly kind: 'rules' | 'feed';
  /** The file its rules stand in, and that file's digest when it was read. */
  readonly file: string;
  readonly sha256: string;
}

interface DirectiveWords {
  readonly id: string;
  readonly title: string;
  readonly instrument: string;
  readonly authority: string;
  readonly binding: string;
  readonly issued: string;
  readonly ede: 'blocked' | 'censored';
  /** Indices of the apps it names. */
  readonly apps: readonly number[];
}

interface SegmentWords {
  readonly id: string;
  readonly publicName: string;
  readonly answer: Answer;
  /** `fallback`: the override that keeps the mode from being `enforce`. */
  readonly enforce: readonly { readonly directive: number; readonly mode: ModeOrNone; readonly fallback?: number }[];
}

/** An exemption is its id and what it lifts; who and why stay in the model. */
interface ExemptionWords {
  readonly id: string;
  readonly segment: string;
  readonly under: readonly string[];
  readonly apps: readonly string[];
}

/** One in force; who, why and for whom stay in the model. */
interface OverrideWords {
  readonly id: string;
  readonly kind: Override['kind'];
  /** First moment at which it no longer holds, in milliseconds. */
  readonly until: number;
}

export interface Words {
  readonly apps: readonly AppWords[];
  readonly directives: readonly DirectiveWords[];
  readonly segments: readonly SegmentWords[];
  readonly exemptions: readonly ExemptionWords[];
  /** Those in force. Absent in snapshots of programs that knew none. */
  readonly overrides: readonly OverrideWords[];
  /** Per derived segment: the exemptions in force, as indices. */
  readonly lifted: readonly (readonly number[])[];
  readonly attributes: readonly { role: Role; answer: Answer | null; alsoIn: readonly string[]; carrier: boolean }[];
  readonly answers: AnswerSettings;
}

/** The words, or undefined when the text is not what compile writes: shapes, and numbers that point into their lists. */
export function parseWords(text: string): Words | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const words = isRecord(value) ? { overrides: [], ...value } : value;
  return isWords(words) ? words : undefined;
}

function isWords(value: unknown): value is Words {
  if (!isRecord(value)) return false;
  const { apps, directives, segments, exemptions, overrides, lifted, attributes, answers } = value;
  return (
    isList(apps, (app) => hasTexts(app, ['id', 'name', 'kind', 'file', 'sha256'])) &&
    isList(directives, (d) => isDirective(d, apps.length)) &&
    isList(overrides, isOverride) &&
    overrides.length <= MAX_OVERRIDES &&
    isList(segments, (segment) => isSegment(segment, directives.length, overrides.length)) &&
    isList(exemptions, (e) => hasTexts(e, ['id', 'segment']) && isList(e.under, isText) && isList(e.apps, isText)) &&
    isList(lifted, (list) => isList(list, (exemption) => isIndex(exemption, exemptions.length))) &&
    isList(attributes, isAttributes) &&
    isAnswers(answers)
  );
}

function isDirective(value: unknown, apps: number): boolean {
  return (
    hasTexts(value, ['id', 'title', 'instrument', 'authority', 'binding', 'issued']) &&
    (value.ede === 'blocked' || value.ede === 'censored') &&
    isList(value.apps, (app) => isIndex(app, apps))
  );
}

function isSegment(value: unknown, directives: number, overrides: number): boolean {
  return (
    hasTexts(value, ['id', 'publicName']) &&
    ANSWERS.some((answer) => answer === value.answer) &&
    isList(
      value.enforce,
      (entry) =>
        isRecord(entry) &&
        isIndex(entry.directive, directives) &&
        isMode(entry.mode) &&
        (entry.fallback === undefined || isIndex(entry.fallback, overrides)),
    )
  );
}

function isMode(value: unknown): boolean {
  return value === 'enforce' || value === 'monitor' || value === 'none';
}

const OVERRIDE_KINDS: readonly Override['kind'][] = ['release', 'fallback', 'emergency-exemption'];

function isOverride(value: unknown): boolean {
  return (
    hasTexts(value, ['id']) && OVERRIDE_KINDS.some((kind) => kind === value.kind) && typeof value.until === 'number'
  );
}

function isAttributes(value: unknown): boolean {
  return (
    isRecord(value) &&
    ROLES.some((role) => role === value.role) &&
    (value.answer === null || ANSWERS.some((answer) => answer === value.answer)) &&
    isList(value.alsoIn, isText) &&
    typeof value.carrier === 'boolean'
  );
}

function isAnswers(value: unknown): boolean {
  return (
    hasTexts(value, ['mname', 'rname']) &&
    typeof value.ttlSeconds === 'number' &&
    (value.sinkholeIPv4 === undefined || isText(value.sinkholeIPv4)) &&
    (value.sinkholeIPv6 === undefined || isText(value.sinkholeIPv6))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isText(value: unknown): value is string {
  return typeof value === 'string';
}
function isIndex(value: unknown, length: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < length;
}
function isList(value: unknown, isItem: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every((item) => isItem(item));
}
function hasTexts(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && keys.every((key) => isText(value[key]));
}
