// interdict.yaml after parsing and normalising: absolute paths, numbers in the unit of their name, every default filled in. The text's
// own shape is schema.ts; nobody outside config/ sees it.

import type { Address } from '../base/brand.ts';
import type { DepartmentModel, Span } from '../policy/model.ts';
import type { Retention, RetentionProfile } from './retention.ts';

export interface Endpoint {
  /** 16 bytes, IPv4 mapped. */
  readonly address: Address;
  /** Text as given, without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Upstream {
  /** The configured text: the label of its metrics. */
  readonly name: string;
  readonly transport: 'udp' | 'tls';
  readonly endpoint: Endpoint;
  /** TLS server name to verify; only for tls. */
  readonly serverName?: string;
  /** Its AD bit is believed. */
  readonly trusted: boolean;
}

export interface ForwardZone {
  /** Text form, no trailing dot. */
  readonly zone: string;
  readonly to: readonly Upstream[];
}

export interface Config {
  /** Absolute path of the file. */
  readonly file: string;
  readonly dns: {
    readonly listen: readonly Endpoint[];
    readonly io: 'auto' | 'batch' | 'portable';
    readonly workers: number | 'auto';
    readonly maxUdpSize: number;
    readonly forward: readonly ForwardZone[];
    /** Answer RD=0 from cache and upstreams too (default false: refused, no cache snooping). */
    readonly allowNonRecursive: boolean;
    readonly tcpIdleMs: number;
    readonly tcpMaxConnections: number;
    readonly tcpMaxPerClient: number;
    /** From the query's arrival to SERVFAIL. */
    readonly deadlineMs: number;
    readonly case0x20: boolean;
  };
  /** `system` stands for the machine's own resolvers, read by dns/resolve at start; never ourselves. */
  readonly upstreams: 'system' | readonly Upstream[];
  readonly cache: { readonly maxBytes: number; readonly maxTtlSeconds: number; readonly negativeMaxTtlSeconds: number };
  /** Absolute folders. */
  readonly blocklists: string;
  readonly state: string;
  readonly exemptionsFolder?: string;
  readonly admin: { readonly listen: Endpoint };
  readonly policyMaxBytes: number;
  readonly reload: { readonly maxShrink: number };
  readonly events: { readonly file: boolean; readonly maxPerSecond: number };
  readonly privacy: {
    readonly profile: RetentionProfile;
    readonly kept: Retention;
    /** Counts of clients below it are not shown. */
    readonly smallestGroup: number;
  };
  /** The text of the files of past policies: how long after a policy's end, and how much of it. */
  readonly history: { readonly kept: Span; readonly maxBytes: number };
  readonly metrics: { readonly maxSeries: number };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  /** Segments, exemptions, protected names, answers: what becomes policy. */
  readonly department: DepartmentModel;
}

/** Which configuration an instance or a verb works on. */
export interface ConfigChoice {
  readonly file: string;
  /** In place of the file's own `state`: the demo inside the package has no folder to write to. */
  readonly state?: string;
}
