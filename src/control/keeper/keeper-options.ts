// What a policy keeper is given: clock, memory, disk and compiler, and whom to tell.

import type { Problem } from '../../base/problems.ts';
import type { Override } from '../../policy/model.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import type { Clock } from '../clock.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { ActivePolicy } from './active-policy.ts';
import type { Arena } from './arena.ts';
import type { CompileJob, CompileReport } from './compile-job.ts';
import type { KeptPolicy } from './kept-policies.ts';
import type { LastGood, openUnchanged } from './last-good.ts';

export interface KeeperOptions {
  readonly configFile: string;
  readonly lastGoodFolder: string;
  /** Policies to roll back to. */
  readonly keptFolder: string;
  /** Where the text of each activated policy's files is kept; absent: nowhere. */
  readonly sourcesFolder?: string;
  readonly maxShrink: number;
  readonly clock: Clock;
  readonly arena: Arena;
  /** Those that hold or may yet; asked for each compile. */
  readonly overrides: () => readonly Override[];
  /** Runs a job in the compiler process, writing the arena's spare slot; rejects when it dies or takes too long. */
  readonly compile: (job: CompileJob) => Promise<CompileReport>;
  /** Of bytes that the compiler process has verified. */
  readonly open: (bytes: Uint8Array) => Snapshot | { fault: string };
  /** The last good policy in the given bytes, when the files are still what it was made of. */
  readonly openUnchanged: typeof openUnchanged;
  readonly readLastGood: (folder: string) => Promise<LastGood | { fault: string }>;
  readonly writeLastGood: (folder: string, snapshot: Uint8Array, policy: LastGood) => Promise<void>;
  /** Adds what lies in the last good folder to the kept ones. */
  readonly keep: (keptFolder: string, lastGoodFolder: string) => Promise<void>;
  /** Oldest first. */
  readonly listKept: (keptFolder: string) => Promise<readonly KeptPolicy[]>;
  /** Called before the snapshot is published: no reader uses it yet, and all use the one before. */
  readonly beforeActive: (snapshot: Snapshot) => void;
  /** Hands the snapshot to the readers; those of this thread use it when the call returns. */
  readonly onActive: (policy: ActivePolicy) => void;
  /** After every look at the files, good or bad; gives what else is to be said about them. */
  readonly onRead: (report: CompileReport) => readonly Problem[];
  readonly journal: (entry: JournalEntry) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}
