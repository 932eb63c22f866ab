// Files of the state folder that a day names, and until when they are kept.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../base/brand.ts';
import { addSpan, isDate } from '../base/dates.ts';
import type { Span } from '../policy/model.ts';

const DATED = /^(\d{4}-\d{2}-\d{2})\.(?:ndjson|key)$/;
/** Of faults.ndjson, whose lines begin with their time. */
const FIRST_TIME = /^\{"time":"(\d{4}-\d{2}-\d{2})T/;

export interface DatedFile {
  readonly path: string;
  /** UTC date. */
  readonly day: string;
}

/** First moment at which what was written on that day may be gone, counted from the day's beginning: "7 days" is never eight. */
export function dueOf(day: string, span: Span): number {
  return addSpan(Date.parse(`${day}T00:00:00Z`) as Instant, span, 'UTC');
}

/** Files of a folder that a day names, the oldest first; none when there is no such folder. */
export async function datedFiles(folder: string): Promise<DatedFile[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().flatMap((name) => {
    const day = DATED.exec(name)?.[1];
    return day === undefined || !isDate(day) ? [] : [{ path: join(folder, name), day }];
  });
}

/** The file of faults under the day of its oldest sample; none when there is none. */
export async function faultsFile(path: string): Promise<DatedFile[]> {
  const day = FIRST_TIME.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  return day === undefined || !isDate(day) ? [] : [{ path, day }];
}
