// The policy as people wrote it, checked and normalised: rich objects at edit time only. `lists/` and `config/` build it, policy/compile
// turns it into a snapshot, and it is kept beside the snapshot as JSON, so every field is plain data. Words: POLICY.md §1.
// The rules themselves are not in here: they stream through a RuleSink (rules.ts), a million feed lines never become a million objects.

import type { Instant } from '../base/brand.ts';
import type { Place } from '../base/problems.ts';

export const INSTRUMENTS = [
  'statement',
  'act',
  'order',
  'regulation',
  'decision',
  'memorandum',
  'direction',
  'warning',
  'advice',
  'policy',
] as const;
export const STATUSES = ['in-force', 'under-review', 'suspended', 'repealed'] as const;
export const BINDINGS = ['mandatory', 'advisory'] as const;
export const DEVICES = ['corporate', 'enrolled-personal', 'contractor', 'personal'] as const;
export const NETWORKS = ['corporate', 'contractor', 'guest', 'parliamentary'] as const;
export const DEMANDS = ['remove-app', 'prevent-install', 'block-traffic'] as const;
export const SCOPES = ['app', 'app-and-successors', 'vendor', 'category'] as const;
export const BASES = ['named', 'successor', 'vendor', 'category'] as const;
export const CLASSES = [
  'law-enforcement',
  'national-security',
  'security-research',
  'regulatory',
  'operational',
  'communications',
] as const;
export const SOURCE_KINDS = ['issuer', 'secondary', 'memory'] as const;
export const SEGMENT_KINDS = [
  'corporate',
  'enrolled-personal',
  'contractor',
  'guest',
  'parliamentary',
  'mixed',
] as const;
export const MODES = ['enforce', 'monitor'] as const;
/** DNS.md §2. The order is the number stored in a snapshot, 0 standing for "the segment's own". */
export const ANSWERS = ['sinkhole', 'null', 'nxdomain', 'nodata', 'refused', 'drop', 'tcp-only'] as const;
export const ROLES = [
  'web',
  'api',
  'cdn',
  'login',
  'telemetry',
  'ads',
  'embed',
  'update',
  'shop',
  'media',
  'mini-apps',
  'links',
  'infra',
  'resolver',
  'relay',
  'canary',
  'unspecified',
] as const;

/** One of INSTRUMENTS, or a word that vocabulary.yaml adds; what it means to us is the same for all but `policy`. */
export type Instrument = string;
export type Status = (typeof STATUSES)[number];
export type Binding = (typeof BINDINGS)[number];
/** One of CLASSES, or a word that vocabulary.yaml adds. */
export type ExemptionClass = string;
export type SegmentKind = (typeof SEGMENT_KINDS)[number];
export type Mode = (typeof MODES)[number];
export type Answer = (typeof ANSWERS)[number];
export type Role = (typeof ROLES)[number];

/** Places of an object's keys by path (`apps.0.basis`); `''` is the object itself. */
export type Places = Readonly<Record<string, Place>>;

export interface Span {
  readonly amount: number;
  readonly unit: 'hours' | 'days' | 'weeks' | 'months' | 'years';
}

export interface DirectiveApp {
  readonly app: string;
  readonly basis: (typeof BASES)[number];
  readonly decidedBy?: string;
  readonly decidedOn?: string;
  readonly reason?: string;
}

export interface Directive {
  readonly id: string;
  readonly title: string;
  readonly instrument: Instrument;
  readonly authority: string;
  readonly jurisdiction: string;
  /** As written (date or RFC 3339) beside the instants made from it in the department's time zone. */
  readonly dates: {
    readonly issued: string;
    readonly effective?: string;
    readonly ends?: string;
    readonly reviewBy?: string;
  };
  readonly issued: Instant;
  /** The issue date when the file states none. */
  readonly effective: Instant;
  /** First moment at which it no longer holds. */
  readonly ends?: Instant;
  readonly reviewBy?: Instant;
  readonly status: Status;
  readonly binding: Binding;
  /** Absent: not stated by the source. */
  readonly binds: {
    readonly bodies?: string;
    readonly devices?: readonly (typeof DEVICES)[number][];
    readonly networks?: readonly (typeof NETWORKS)[number][];
  };
  readonly demands: readonly (typeof DEMANDS)[number][];
  readonly scope: (typeof SCOPES)[number];
  readonly apps: readonly DirectiveApp[];
  readonly exemptions: {
    readonly classes?: readonly ExemptionClass[];
    readonly grantedBy?: string;
    readonly longest?: Span;
  };
  readonly source: { readonly kind: (typeof SOURCE_KINDS)[number]; readonly url?: string; readonly retrieved?: string };
  readonly ede: 'blocked' | 'censored';
  readonly openQuestions: readonly string[];
  readonly places: Places;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly operator?: { readonly name: string; readonly asOf: string; readonly notes: readonly string[] };
  /** Reason why no shipped directive names it. */
  readonly unassigned?: string;
  readonly openQuestions: readonly string[];
  readonly tests: { readonly blocked: readonly string[]; readonly free: readonly string[] };
  /** The file its rules stand in: the app's YAML, or a feed's list. */
  readonly source: AppSource;
  /** Earliest `recheck_by` of its rules that was still to come when they were read; those passed are problems of the rules. */
  readonly recheckBy?: Instant;
  readonly places: Places;
}

export type AppSource =
  | { readonly kind: 'rules'; readonly file: string; readonly sha256: string }
  | {
      readonly kind: 'feed';
      /** The feed's YAML, and the list it names. */
      readonly file: string;
      readonly list: string;
      readonly format: FeedFormat;
      readonly match: 'exact' | 'domain';
      readonly sha256: string;
    };

export type FeedFormat = 'hosts' | 'domains';

export interface EnforceEntry {
  readonly directive: string;
  /** What the segment asks for; the directive's highest mode caps it. */
  readonly mode: Mode;
  readonly until?: Instant;
  readonly then?: Mode;
  readonly ownMeasure?: string;
  readonly places: Places;
}

export interface Segment {
  readonly id: string;
  readonly kind: SegmentKind;
  /** Why the kind is `mixed`. */
  readonly reason?: string;
  readonly jurisdiction?: string;
  /** Text form, canonical (`10.0.0.0/8`). */
  readonly clients: readonly string[];
  readonly publicName: string;
  readonly contact?: string;
  readonly answer: Answer;
  readonly enforce: readonly EnforceEntry[];
  readonly places: Places;
}

export interface Exemption {
  readonly id: string;
  readonly segment: string;
  readonly clients: readonly string[];
  readonly under: readonly string[];
  readonly apps: readonly string[];
  readonly class: ExemptionClass;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly approvedOn: string;
  readonly ticket: string;
  readonly justification: string;
  readonly mitigations: readonly string[];
  /** As written. */
  readonly dates: { readonly from: string; readonly until: string };
  readonly from: Instant;
  /** First moment at which it no longer holds. */
  readonly until: Instant;
  readonly places: Places;
}

export interface ExemptionLimits {
  readonly longest: Span;
  readonly maxShare: number;
  readonly maxIPv4: number;
  readonly maxIPv6Subnets: number;
}

/** A name with the place it was written at; `name` is text as base/names.formatName gives it. */
export interface PlacedName {
  readonly name: string;
  readonly where: Place;
}

/** How blocked names are answered; DNS.md §2. */
export interface AnswerSettings {
  readonly sinkholeIPv4?: string;
  readonly sinkholeIPv6?: string;
  readonly ttlSeconds: number;
  /** MNAME and RNAME of the SOA in negative answers, as names. */
  readonly mname: string;
  readonly rname: string;
}

/** Words of other administrations: a circular, a class that only they know. They name, and change no decision. */
export interface Vocabulary {
  readonly instruments: readonly Instrument[];
  readonly classes: readonly ExemptionClass[];
}

/** What the blocklists folder says, rules apart. */
export interface ListsModel {
  readonly directives: readonly Directive[];
  readonly apps: readonly App[];
  readonly cdnZones: readonly PlacedName[];
  /** What the folder adds to INSTRUMENTS and CLASSES; absent: nothing. */
  readonly vocabulary?: Vocabulary;
  /** The git commit that the folder is checked out at; absent where there is none. Changes no decision. */
  readonly revision?: string;
}

/** What the department's configuration says. */
export interface DepartmentModel {
  readonly operator: string;
  readonly timeZone: string;
  readonly segments: readonly Segment[];
  readonly exemptions: readonly Exemption[];
  readonly exemptionLimits: ExemptionLimits;
  readonly protectedNames: readonly PlacedName[];
  readonly answers: AnswerSettings;
}

/**
 * A measure of the moment, beside the files (POLICY.md §6). `by` asks for it, `confirmedBy` is another person; without one it ends at
 * `confirmBy`. Holds from `from` until `endOf`.
 */
export type Override = OverrideTerms & (Release | Fallback | EmergencyExemption);

export interface OverrideTerms {
  /** `OVR-7`. */
  readonly id: string;
  readonly ticket: string;
  readonly reason: string;
  readonly by: string;
  readonly confirmedBy?: string;
  readonly confirmBy: Instant;
  readonly from: Instant;
  /** First moment at which it no longer holds, once confirmed. */
  readonly until: Instant;
}

/** A false positive: the name, or what one rule of one app matches, is free in every segment. */
export interface Release {
  readonly kind: 'release';
  readonly what:
    | { readonly kind: 'name'; readonly name: string; readonly match: 'exact' | 'domain' }
    /** `rule` as in a decision id: `=name`, `name`, `*.name` or a prefix. */
    | { readonly kind: 'rule'; readonly app: string; readonly rule: string };
}

/** An incident: one directive is monitored, not enforced, in one segment. */
export interface Fallback {
  readonly kind: 'fallback';
  readonly directive: string;
  readonly segment: string;
}

export interface EmergencyExemption {
  readonly kind: 'emergency-exemption';
  /** Its id is the override's, its `from` and `until` are the override's. */
  readonly exemption: Exemption;
}

/** First moment at which it no longer holds. */
export function endOf({ confirmedBy, confirmBy, until }: OverrideTerms): Instant {
  return confirmedBy === undefined && confirmBy < until ? confirmBy : until;
}

export interface Model {
  readonly lists: ListsModel;
  readonly department: DepartmentModel;
  /** In the order of their ids; those that ended may be left out. */
  readonly overrides: readonly Override[];
}
