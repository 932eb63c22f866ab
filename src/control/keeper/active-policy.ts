// The words between the policy keeper and those who watch or ask it: what is served, how a reload went, how all is.

import type { Instant } from '../../base/brand.ts';
import type { Problem } from '../../base/problems.ts';
import type { Model } from '../../policy/model.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import type { RuleCount } from './rule-counts.ts';
import type { Shrink } from './shrink-guard.ts';
import type { Stamps } from './stamps.ts';

export interface ActivePolicy {
  readonly generation: number;
  readonly origin: 'files' | 'last-good';
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
  /** Where it lies in the arena. */
  readonly slot: number;
  readonly length: number;
  readonly rules: readonly RuleCount[];
  readonly model: Model;
  readonly snapshot: Snapshot;
}

/** stuck: a reader did not move on, so that there was no room for the new snapshot. */
export const OUTCOMES = ['applied', 'unchanged', 'refused', 'stuck'] as const;
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
