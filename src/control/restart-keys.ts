// A reload takes segments, exemptions, protected names and lists; sockets and sizes were made at the start and stay.

import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../base/problems.ts';
import type { Config } from '../config/config.ts';

/** `state` is left out: the demo's stands elsewhere than its file says. */
const FIXED = [
  'dns',
  'upstreams',
  'cache',
  'admin',
  'policyMaxBytes',
  'reload',
  'events',
  'privacy',
  'history',
  'metrics',
  'log',
] as const;

/** One warning for each part of the new configuration that only a restart puts in force. */
export function restartWarnings(running: Config, read: Config | undefined): Problem[] {
  if (read === undefined) return [];
  return FIXED.filter((key) => !isDeepStrictEqual(running[key], read[key])).map((key) => ({
    code: 'restart-needed',
    severity: 'warning',
    message: `${key} has changed since the start; restart interdict to put it in force`,
    where: { file: read.file, line: 1, column: 1 },
  }));
}
