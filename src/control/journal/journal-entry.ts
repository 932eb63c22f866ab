// What the journal says: plain data, one entry a line. Kinds and keys are read by programs; they are added to and never renamed.

import type { Instant } from '../../base/brand.ts';
import type { Override } from '../../policy/model.ts';

export type JournalEntry =
  | ActivatedEntry
  | RefusedEntry
  | OverrideEntry
  | ExpiryEntry
  | UnpinnedEntry
  | IdentifyEntry
  | StartEntry
  | { readonly kind: 'stop' };

/** Why a policy was compiled. */
export type Cause = 'start' | 'reload' | 'time' | 'override' | 'rollback';

export interface ActivatedEntry {
  readonly kind: 'activated';
  readonly cause: Cause;
  readonly origin: 'files' | 'last-good' | 'rollback';
  readonly hash: string;
  readonly generation: number;
  /** The moment it was compiled for. */
  readonly from: Instant;
  /** When its files were read. */
  readonly readAt: Instant;
  /** The git commit of the blocklists folder, and whether its files are that commit's; absent where that is not known. */
  readonly revision?: string | undefined;
  readonly dirty?: boolean | undefined;
  readonly counts: {
    readonly apps: number;
    readonly rules: number;
    readonly directives: number;
    readonly segments: number;
    readonly exemptions: number;
  };
  readonly overrides: readonly Override[];
  /** Names the kept text of its files: journal/sources. Absent: not kept. */
  readonly sources?: string | undefined;
  /** Likewise its department as JSON, where that is not the one of those files. */
  readonly department?: string | undefined;
  /** Who asked for the rollback. */
  readonly uid?: number | undefined;
}

export interface RefusedEntry {
  readonly kind: 'refused';
  readonly cause: Cause;
  readonly outcome: string;
  /** Of the policy that was not taken; absent when none was compiled. */
  readonly hash?: string | undefined;
  /** Errors, the first of them in words. */
  readonly errors: number;
  readonly problems: readonly string[];
}

/** `by`: who did it, absent where time did. */
export interface OverrideEntry {
  readonly kind: 'override';
  readonly act: 'added' | 'confirmed' | 'ended' | 'expired';
  readonly override: Override;
  readonly by?: string | undefined;
  readonly uid?: number | undefined;
  readonly because?: string | undefined;
}

/** What began and ended by date, since the policy before. */
export interface ExpiryEntry {
  readonly kind: 'expiry';
  readonly ended: readonly string[];
  readonly began: readonly string[];
}

export interface UnpinnedEntry {
  readonly kind: 'unpinned';
  /** What had been pinned. */
  readonly hash: string;
  readonly uid?: number | undefined;
}

export interface StartEntry {
  readonly kind: 'start';
  readonly version: string;
}

/** Written before anybody looks. */
export interface IdentifyEntry {
  readonly kind: 'identify';
  readonly reference: string;
  readonly case: string;
  readonly by: string;
  readonly confirmedBy: string;
  readonly uid?: number | undefined;
}
