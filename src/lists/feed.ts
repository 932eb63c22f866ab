// A feed's list on disk, streamed into the sink. What one line gets wrong never fails the load: it is left out, counted and, the first
// few, shown. A list that is not there, too large or has no rule at all is an error.

import type { Place, Problem } from '../base/problems.ts';
import type { AppSource } from '../policy/model.ts';
import type { RuleAttributes, RuleFault, RuleSink } from '../policy/rules.ts';
import { KIND_DOMAIN, KIND_EXACT, KIND_WILDCARD } from '../policy/verdict.ts';
import type { Disk } from './disk.ts';
import { FORMATS, type LineFault, type LineTarget } from './formats/format.ts';
import { isMachineName } from './formats/hosts.ts';
import { newPattern, type Pattern, type PatternFault, readPattern } from './formats/pattern.ts';
import { scanLines } from './rules/lines.ts';
import { isPublicSuffix } from './rules/names.ts';
import { quote } from './yaml/shape.ts';

/** Lines shown of those left out; the count tells the rest. */
const MAX_SHOWN = 10;
/** The longest entries of the public suffix list have five labels; one more for its wildcards. */
const MAX_SUFFIX_LABELS = 6;
const LETTER_L = 0x6c;

export type FeedSource = Extract<AppSource, { kind: 'feed' }>;

export interface FeedRules {
  readonly source: FeedSource;
  readonly attributes: RuleAttributes;
}

type Reason = LineFault | PatternFault | Exclude<RuleFault, 'taken'> | 'long-line' | 'single-label' | 'public-suffix';

const REASONS: Record<Reason, string> = {
  'long-line': 'the line is far too long',
  'no-address': 'no address stands in front of the name; a list of bare names has the format domains',
  'real-address': 'it sends the name to a real address, which blocks nothing',
  'two-words': 'a second word stands behind the name; a hosts file has the format hosts',
  'no-name': 'no name stands here',
  'empty-label': 'two dots in a row',
  'long-label': 'a label of more than 63 bytes',
  'long-name': 'more than 255 bytes',
  character: 'a character that no name in a list has',
  idna: 'cannot be written in A-labels (IDNA)',
  address: 'an address, not a name',
  'single-label': 'a whole top-level domain',
  'public-suffix': 'a public suffix, shared by everybody who registers below it',
  'cdn-zone': 'a CDN zone; the names in front of it are judged',
  protected: 'a protected name, or below one',
  claimed: 'another app has it',
  duplicate: 'it stands here twice',
  full: 'the snapshot is full',
};

/** Pushes every rule of the list; gives what there is to say about it. */
export function pushFeed(feed: FeedRules, app: number, sink: RuleSink, disk: Disk): Problem[] {
  const { source } = feed;
  const file = disk.open(source.list);
  const whole: Place = { file: source.list, line: 1, column: 1 };
  if (file === undefined || 'fault' in file) {
    return [
      problem('feed-unreadable', `the list of ${source.file} cannot be read: ${file?.fault ?? 'no such file'}`, whole),
    ];
  }
  try {
    const run = new FeedRun(feed, app, sink);
    const sha256 = scanLines(file, run.line);
    return run.isFull || sha256 === source.sha256 ? run.problems() : [changed(whole)];
  } finally {
    file.close();
  }
}

function changed(where: Place): Problem {
  return problem('feed-changed', 'the list changed while it was read; load it again', where);
}

function problem(code: string, message: string, where: Place): Problem {
  return { code, severity: 'error', message, where };
}

/** One pass over one list. */
class FeedRun implements LineTarget {
  private readonly feed: FeedRules;
  private readonly app: number;
  private readonly sink: RuleSink;
  private readonly attributes: number;
  private readonly bareKind: number;
  private readonly found: Pattern = newPattern();
  private readonly counts = new Map<Reason, number>();
  private readonly shown: Problem[] = [];
  private lineNumber = 0;
  private lineStart = 0;
  private taken = 0;
  isFull = false;

  constructor(feed: FeedRules, app: number, sink: RuleSink) {
    this.feed = feed;
    this.app = app;
    this.sink = sink;
    this.attributes = sink.attributes(feed.attributes);
    this.bareKind = feed.source.match === 'domain' ? KIND_DOMAIN : KIND_EXACT;
  }

  readonly line = (bytes: Uint8Array, start: number, end: number, isTooLong: boolean): boolean => {
    this.lineNumber++;
    this.lineStart = start;
    if (isTooLong) this.leaveOut('long-line', bytes, start, end);
    else FORMATS[this.feed.source.format].line(bytes, start, end, this);
    return this.isFull;
  };

  pattern(bytes: Uint8Array, start: number, end: number): void {
    const fault = readPattern(bytes, start, end, this.found) ?? this.unfit();
    // The machine's own names; only a faulty pattern or one that begins with l(ocalhost) can be one.
    if ((fault !== undefined || bytes[start] === LETTER_L) && isMachineName(bytes, start, end)) return;
    const result = fault ?? this.sink.name(this.app, this.kind(), this.attributes, this.found.wire, 0);
    if (result === 'taken') this.taken++;
    else this.leaveOut(result, bytes, start, end);
  }

  /** A well-formed name that no rule may take. */
  private unfit(): Reason | undefined {
    const { labels, text, length } = this.found;
    if (labels === 1) return 'single-label';
    if (labels > MAX_SUFFIX_LABELS) return undefined;
    return isPublicSuffix(text.toString('latin1', 0, length - 2)) ? 'public-suffix' : undefined;
  }

  private kind(): number {
    if (this.found.shape === 'bare') return this.bareKind;
    return this.found.shape === 'wildcard' ? KIND_WILDCARD : KIND_DOMAIN;
  }

  reject(fault: LineFault, start: number): void {
    this.leaveOut(fault, EMPTY, start, start);
  }

  private leaveOut(reason: Reason, bytes: Uint8Array, start: number, end: number): void {
    if (reason === 'full') this.isFull = true;
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    if (reason === 'duplicate' || this.shown.length >= MAX_SHOWN) return;
    const text = end > start ? `${quote(Buffer.from(bytes.subarray(start, end)).toString('latin1'))}: ` : '';
    const who =
      reason === 'claimed'
        ? `the app ${this.sink.claimedBy()} has it; name that app in also_in if both should`
        : REASONS[reason];
    this.shown.push({
      code: 'feed-line',
      severity: 'warning',
      message: `left out, ${text}${who}`,
      where: { file: this.feed.source.list, line: this.lineNumber, column: start - this.lineStart + 1 },
    });
  }

  problems(): Problem[] {
    const where: Place = { file: this.feed.source.list, line: 1, column: 1 };
    if (this.isFull) {
      const message = `the snapshot is full after ${this.taken} rules of this list; raise policy_max_bytes or take fewer`;
      return [problem('rules-full', message, { ...where, line: this.lineNumber })];
    }
    if (this.taken === 0) {
      return [
        ...this.shown,
        problem(
          'feed-empty',
          'the list has no rule at all; see that it was fetched whole and that its format is right',
          where,
        ),
      ];
    }
    const left = [...this.counts].filter(([reason]) => reason !== 'duplicate');
    const total = left.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) return [];
    const parts = left.map(([reason, count]) => `${count} ${reason}`).join(', ');
    const message = `${total} entries left out, ${this.taken} taken (${parts}); the first ${this.shown.length} are shown`;
    return [...this.shown, { code: 'feed-left-out', severity: 'warning', message, where }];
  }
}

const EMPTY = new Uint8Array(0);
