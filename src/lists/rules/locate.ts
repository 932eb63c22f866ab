// Where a rule stands: its file is read again, so that a snapshot needs no line numbers. Slow and for people.

import { createHash } from 'node:crypto';
import type { Place } from '../../base/problems.ts';
import type { App } from '../../policy/model.ts';
import { KIND_DOMAIN, KIND_EXACT, KIND_WILDCARD } from '../../policy/verdict.ts';
import { type Disk, readWhole } from '../disk.ts';
import type { FeedSource } from '../feed.ts';
import { FORMATS, type LineTarget } from '../formats/format.ts';
import { newPattern, type Pattern, readPattern as readFeedPattern } from '../formats/pattern.ts';
import { PATTERNS, ruleSchema } from '../schema/schema-app.ts';
import { readYaml, valueAt, type YamlDocument } from '../yaml/document.ts';
import { MAX_YAML_BYTES } from '../yaml/text.ts';
import { scanLines } from './lines.ts';
import { type ReadPattern, readPattern } from './rule.ts';
import { parseRulePart, type RulePart } from './rule-part.ts';

interface RuleLocation {
  readonly place: Place;
  /** The rule's name or prefix, as it stands there. */
  readonly text: string;
  /** The file is not the one that was loaded any more. */
  readonly isChanged: boolean;
}

/** `rulePart`: of a decision id. Undefined when the rule is not to be found (any more). */
export type RuleLocator = (appId: string, rulePart: string) => RuleLocation | undefined;

/** Keeps what it has read, for the many rules of one explanation. */
export function ruleLocator(apps: readonly App[], disk: Disk): RuleLocator {
  const files = new Map<string, OpenedYaml | undefined>();
  return (appId, rulePart) => {
    const app = apps.find(({ id }) => id === appId);
    const wanted = parseRulePart(rulePart);
    if (app === undefined || wanted === undefined || wanted.isFeed !== (app.source.kind === 'feed')) return undefined;
    if (app.source.kind === 'feed') return locateInFeed(app.source, wanted, disk);
    const { file, sha256 } = app.source;
    if (!files.has(file)) files.set(file, openYaml(file, disk));
    return locateInYaml(files.get(file), wanted, sha256);
  };
}

interface OpenedYaml {
  readonly rules: readonly WrittenRule[];
  readonly sha256: string;
}

interface WrittenRule {
  readonly pattern: ReadPattern;
  readonly place: Place;
  readonly text: string;
}

function openYaml(file: string, disk: Disk): OpenedYaml | undefined {
  const read = readWhole(disk, file, MAX_YAML_BYTES);
  if (read === undefined || 'fault' in read) return undefined;
  const { document } = readYaml(file, read.bytes);
  return document && { rules: rulesOf(document), sha256: createHash('sha256').update(read.bytes).digest('hex') };
}

/** All that can be read: the file may have been edited since it was loaded. */
function rulesOf(document: YamlDocument): WrittenRule[] {
  const items = valueAt(document.value, ['rules']);
  if (!Array.isArray(items)) return [];
  return items.flatMap((item, i) => {
    const rule = ruleSchema.safeParse(item).data;
    const key = PATTERNS.find((key) => rule?.[key] !== undefined);
    const text = key && rule?.[key];
    if (key === undefined || text === undefined) return [];
    const pattern = readPattern(key, text);
    return 'message' in pattern ? [] : [{ pattern, place: document.place(['rules', i, key]), text }];
  });
}

function locateInYaml(opened: OpenedYaml | undefined, wanted: RulePart, sha256: string): RuleLocation | undefined {
  for (const kind of wanted.kinds) {
    const found = opened?.rules.find(
      ({ pattern }) => pattern.kind === kind && pattern.bits === wanted.bits && equal(pattern.bytes, wanted.bytes),
    );
    if (found !== undefined) return { place: found.place, text: found.text, isChanged: opened?.sha256 !== sha256 };
  }
  return undefined;
}

function locateInFeed(source: FeedSource, wanted: RulePart, disk: Disk): RuleLocation | undefined {
  const file = disk.open(source.list);
  if (file === undefined || 'fault' in file) return undefined;
  try {
    const search = new FeedSearch(source, wanted);
    // To the end, also after the hit: the digest tells whether this is the list that was loaded.
    const sha256 = scanLines(file, search.line);
    return search.found && { ...search.found, isChanged: sha256 !== source.sha256 };
  } finally {
    file.close();
  }
}

class FeedSearch implements LineTarget {
  private readonly source: FeedSource;
  private readonly wanted: RulePart;
  private readonly scratch: Pattern = newPattern();
  private lineNumber = 0;
  private lineStart = 0;
  found: Omit<RuleLocation, 'isChanged'> | undefined;

  constructor(source: FeedSource, wanted: RulePart) {
    this.source = source;
    this.wanted = wanted;
  }

  readonly line = (bytes: Uint8Array, start: number, end: number, isTooLong: boolean): boolean => {
    this.lineNumber++;
    this.lineStart = start;
    if (this.found === undefined && !isTooLong) FORMATS[this.source.format].line(bytes, start, end, this);
    return false;
  };

  pattern(bytes: Uint8Array, start: number, end: number): void {
    const { scratch, wanted } = this;
    if (this.found !== undefined || readFeedPattern(bytes, start, end, scratch) !== undefined) return;
    if (scratch.length !== wanted.bytes.length || this.kind() !== wanted.kinds[0]) return;
    if (!equal(scratch.wire.subarray(0, scratch.length), wanted.bytes)) return;
    this.found = {
      place: { file: this.source.list, line: this.lineNumber, column: start - this.lineStart + 1 },
      text: Buffer.from(bytes.subarray(start, end)).toString('utf8'),
    };
  }

  private kind(): number {
    if (this.scratch.shape === 'bare') return this.source.match === 'domain' ? KIND_DOMAIN : KIND_EXACT;
    return this.scratch.shape === 'wildcard' ? KIND_WILDCARD : KIND_DOMAIN;
  }

  reject(): void {}
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
