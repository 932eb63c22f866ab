// Where rules flow in: one call a rule, bytes only, so that a million feed lines never become a million objects. `lists/` calls it while
// it reads; a snapshot can replay its own rules into it, so that a last good policy is compiled again without its files.

import type { Answer, Role } from './model.ts';

/** A rule's own attributes, interned once and passed as a number. */
export interface RuleAttributes {
  readonly role: Role;
  /** Beats the segment's answer. */
  readonly answer?: Answer;
  /** Apps that may claim the same name. */
  readonly alsoIn: readonly string[];
  /** Names of other apps in front of this operator-run delivery zone are judged too: it is a CDN zone as well as a rule. */
  readonly carrier: boolean;
}

/** Why a rule was not taken. The caller knows the place and makes the Problem. */
export type RuleFault =
  | 'taken'
  /** The same app has the same rule already. */
  | 'duplicate'
  | 'cdn-zone'
  /** Equal to or below a protected name. */
  | 'protected'
  /** Another app claims the same name or prefix and neither names the other in also_in. */
  | 'claimed'
  /** A limit of the snapshot is reached (rules, bytes, sets). */
  | 'full';

export interface RuleSink {
  /** Interns attributes; equal ones get the same number. */
  attributes(attributes: RuleAttributes): number;
  /**
   * A rule on a name. `kind` is KIND_DOMAIN, KIND_EXACT, KIND_WILDCARD or KIND_EXCEPT of verdict.ts; the name stands in wire form at
   * bytes[at…], in lower case, and is copied. `app` is the index in Model.lists.apps.
   */
  name(app: number, kind: number, attributes: number, bytes: Uint8Array, at: number): RuleFault;
  /** A rule on a prefix: `kind` is KIND_ADDRESS or KIND_EXCEPT_ADDRESS; 16 address bytes at bytes[at…], `bits` counted on the 16-byte form. */
  address(app: number, kind: number, attributes: number, bytes: Uint8Array, at: number, bits: number): RuleFault;
  /** After 'claimed': the id of the app that has it. */
  claimedBy(): string;
}
