// A verdict spelled out for people, logs and every door that is not on the hot path.
//
// Decision id: `directive/app/rule`, split at the first two slashes, e.g. `uk-cabinet-office-2023-03-16/tiktok/tiktokv.com`. The rule
// part is `name` (domain), `=name` (exact), `*.name` (wildcard) or a CIDR; for a feed's app it is `feed:pattern`. What lets through says
// why in the same grammar, prefixed: `monitored:…`, `exempt:EXM-2026-014:…`, `released:OVR-7:…`, `protected:gov.uk`.

import type { Answer, Role } from '../model.ts';

export type Action = 'blocked' | 'monitored' | 'exempt' | 'released';

/** The rule that matched, in words. */
export interface RuleMatch {
  readonly app: string;
  readonly appName: string;
  /** The rule part of the decision id. */
  readonly rule: string;
  readonly kind: 'domain' | 'exact' | 'wildcard' | 'address' | 'except' | 'except-address';
  readonly role: Role;
  /** What of the request matched: the name asked for, or a name or address of its answer. */
  readonly subject: string;
  /** CDN zone labels taken off before the rule matched, as text; absent when none. */
  readonly through?: string;
}

export type Decision =
  | {
      readonly kind: 'allow';
      readonly because: 'not-listed' | 'excepted' | 'not-enforced' | 'monitored' | 'exempt' | 'released' | 'protected';
      readonly segment: string;
      readonly directive?: string;
      readonly exemption?: string;
      /** The override that releases it. */
      readonly override?: string;
      readonly match?: RuleMatch;
      /** Prefixed id where something matched; absent for not-listed. */
      readonly id?: string;
    }
  | {
      readonly kind: 'block';
      readonly segment: string;
      readonly directive: string;
      readonly match: RuleMatch;
      readonly answer: Answer;
      readonly ede: 'blocked' | 'censored';
      readonly id: string;
    }
  | { readonly kind: 'refuse'; readonly because: 'no-segment' };

/** One blocked, monitored, exempt or released decision, as it leaves a door. */
export interface DecisionEvent {
  /** Wall clock, milliseconds. */
  readonly wallMs: number;
  /** Monotonic clock, seconds: the order of events while the wall clock is being set. */
  readonly monotonicSeconds: number;
  readonly generation: number;
  readonly door: 'dns' | 'proxy';
  readonly action: Action;
  readonly id: string;
  readonly segment: string;
  readonly directive: string;
  readonly app: string;
  readonly role: Role;
  /** 16 bytes; whoever stores it turns it into a pseudonym first. */
  readonly client: Uint8Array;
  /** Wire form, lower case. */
  readonly qname: Uint8Array;
  readonly qtype: number;
  readonly transport: 'udp' | 'tcp';
}
