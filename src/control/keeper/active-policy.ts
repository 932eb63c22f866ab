// The words between the policy keeper and those who watch or ask it: what is served, how a reload went, how all is.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Model } from '../../policy/model.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import type { RuleCount } from './rule-counts.ts';
import type { Shrink } from './shrink-guard.ts';
import type { Stamps } from './stamps.ts';

/** A rollback, which holds until somebody ends it. */
export interface Pin {
  /** Of the kept policy that was gone back to. */
  readonly hash: string;
  readonly at: Instant;
  /** Who asked, where the kernel told. */
  readonly uid?: number | undefined;
}

/** Where the text of the files lies that a policy was made of (control/journal/sources.ts). */
export interface KeptSources {
  readonly sha256: string;
  /** Its files are not those of the commit; absent where that is not known. */
  readonly dirty?: boolean | undefined;
  /** Its department as JSON, kept likewise, where that is not the one of those files. */
  readonly department?: string | undefined;
}

export interface ActivePolicy {
  readonly generation: number;
  readonly origin: 'files' | 'last-good' | 'rollback';
  /** With origin rollback. */
  readonly pinned?: Pin | undefined;
  readonly hash: string;
  /** Infinity when nothing known will begin or end. */
  readonly validUntil: number;
  readonly activatedAt: Instant;
  /** When the files were read that its rules come from. */
  readonly readAt: Instant;
  /** The moment it was compiled for. */
  readonly from: Instant;
  /** The files it was made of, where a later start can tell whether they changed. */
  readonly stamps: Stamps | undefined;
  readonly sources: KeptSources | undefined;
  /** Where it lies in the arena. */
  readonly slot: number;
  readonly length: number;
  readonly rules: readonly RuleCount[];
  readonly model: Model;
  readonly snapshot: Snapshot;
}

/** stuck: a reader did not move on, so that there was no room for the new snapshot. pinned: the files are good, and wait for a rollback's end. */
export const OUTCOMES = ['applied', 'unchanged', 'refused', 'stuck', 'pinned'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ReloadResult {
  readonly outcome: Outcome;
  /** Hash of the policy that was compiled; absent when none was. */
  readonly hash?: string;
  /** What is served now. */
  readonly generation: number;
  readonly problems: readonly Problem[];
  readonly shrinks: readonly Shrink[];
}

export interface PolicyStatus {
  readonly state: 'ready' | 'degraded' | 'not ready';
  readonly reasons: readonly string[];
  readonly active?: ActivePolicy;
  readonly overdue: boolean;
  /** Of the last start or reload. */
  readonly problems: readonly Problem[];
  readonly lastReloadSuccessful: boolean;
  readonly lastReloadSuccessAt?: Instant;
  readonly reloads: Readonly<Record<Outcome, number>>;
}
