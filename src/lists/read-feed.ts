// feeds/*.yaml → an App of the model, and where its list is. The list itself is read twice: here for its digest and format, later by
// feed.ts for its rules. So a million names never lie in memory.

import { dirname, isAbsolute, join } from 'node:path';
import { instantOf } from '../base/dates.ts';
import type { Problem } from '../base/problems.ts';
import type { App, FeedFormat } from '../policy/model.ts';
import type { Disk, OpenFile } from './disk.ts';
import type { FeedRules, FeedSource } from './feed.ts';
import { DETECT_BYTES, detectFormat } from './formats/detect.ts';
import { FORMATS } from './formats/format.ts';
import { checkTests, headOf } from './read-app.ts';
import { digestOf } from './rules/lines.ts';
import type { RuleContext } from './rules/rule.ts';
import { parseSize } from './rules/sizes.ts';
import { type FeedText, feedSchema } from './schema/schema-app.ts';
import type { Path } from './yaml/document.ts';
import { quote, shapeOf } from './yaml/shape.ts';

/** About ten million names; a larger list is asked for by its own max_bytes. */
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

export interface FeedReading {
  /** Absent when the file has not the shape of a feed, or its list cannot be read. */
  readonly app?: App;
  readonly feed?: FeedRules;
  readonly problems: Problem[];
}

export function readFeed(context: RuleContext, disk: Disk): FeedReading {
  const { document, clock } = context;
  const { value: text, problems } = shapeOf(feedSchema, document);
  if (text === undefined) return { problems };
  const fail = (code: string, message: string, path: Path): void => {
    problems.push({ code, severity: 'error', message, where: document.place(path) });
  };
  problems.push(...checkTests(text.tests ?? {}, document));
  const due = text.recheck_by === undefined ? undefined : instantOf(text.recheck_by, 'end', clock.timeZone);
  if (due !== undefined && due <= clock.now) {
    const message = `recheck_by ${text.recheck_by} has passed; look at the feed again and set a new date`;
    problems.push({ code: 'recheck-overdue', severity: 'overdue', message, where: document.place(['recheck_by']) });
  }
  const source = readSource(text, document.file, disk, fail);
  if (source === undefined) return { problems };
  const app: App = {
    ...headOf(text),
    tests: { blocked: text.tests?.blocked ?? [], free: text.tests?.free ?? [] },
    source,
    ...(due !== undefined && due > clock.now && { recheckBy: due }),
    places: document.places([]),
  };
  const attributes = {
    role: text.role ?? 'unspecified',
    ...(text.answer !== undefined && { answer: text.answer }),
    alsoIn: text.also_in ?? [],
    carrier: false,
  };
  return { app, feed: { source, attributes }, problems };
}

type Fail = (code: string, message: string, path: Path) => void;

function readSource(text: FeedText, file: string, disk: Disk, fail: Fail): FeedSource | undefined {
  const { url, file: named, max_bytes } = text.source;
  if (url !== undefined) {
    fail('feed-url-unsupported', 'fetching a list is not supported yet; fetch it to disk and name it in file', [
      'source',
      'url',
    ]);
    return undefined;
  }
  if (named === undefined) {
    fail('missing-key', 'the key file is missing; name the list on disk', ['source']);
    return undefined;
  }
  const maxBytes = max_bytes === undefined ? DEFAULT_MAX_BYTES : parseSize(max_bytes);
  if (maxBytes === undefined) {
    fail('bad-value', `${quote(max_bytes)} is no size; write it as 64MiB`, ['source', 'max_bytes']);
    return undefined;
  }
  const list = isAbsolute(named) ? named : join(dirname(file), named);
  const opened = disk.open(list);
  if (opened === undefined || 'fault' in opened) {
    fail('feed-unreadable', `the list ${list} cannot be read: ${opened?.fault ?? 'no such file'}`, ['source', 'file']);
    return undefined;
  }
  try {
    return inspect(text, file, list, opened, maxBytes, fail);
  } finally {
    opened.close();
  }
}

function inspect(
  text: FeedText,
  file: string,
  list: string,
  opened: OpenFile,
  maxBytes: number,
  fail: Fail,
): FeedSource | undefined {
  if (opened.sizeBytes > maxBytes) {
    const message = `the list ${list} has ${opened.sizeBytes} bytes, at most ${maxBytes} are read; check it, or raise max_bytes`;
    fail('feed-too-large', message, ['source', 'file']);
    return undefined;
  }
  const { sha256, head } = digestOf(opened, DETECT_BYTES);
  const format: FeedFormat | undefined = text.format === 'auto' ? detectFormat(head) : text.format;
  if (format === undefined) {
    const known = Object.keys(FORMATS).join(' nor ');
    fail('feed-format', `the list ${list} looks like neither ${known}; name its format, or bring it into one of them`, [
      'source',
      'file',
    ]);
    return undefined;
  }
  return { kind: 'feed', file, list, format, match: text.match ?? FORMATS[format].habit, sha256 };
}
