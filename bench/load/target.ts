// A server under load, whoever made it.

import type { Answer, Question } from './messages.ts';
import type { Core, Program } from './processes.ts';
import { lastName, type Workload } from './workload.ts';

/** What a server is started with. */
export interface Site {
  /** A folder of its own. */
  readonly folder: string;
  readonly workload: Workload;
  readonly upstreamPort: number;
  readonly core: Core;
  readonly workers: number;
  /** Ours alone: dns.io and dns.listen. */
  readonly io: string;
  readonly listen: string;
}

export interface Target {
  readonly name: string;
  /** The program on the PATH; undefined: made here. */
  readonly program: string | undefined;
  /** How much of the policy it does, for the table. */
  readonly does: string;
  /** Arguments that print the version, and what to take of it. */
  readonly version?: { readonly args: readonly string[]; readonly pattern: RegExp };
  start(site: Site): Promise<Started>;
}

export interface Started {
  readonly program: Program;
  readonly port: number;
  /** When it was started, of performance.now(). */
  readonly since: number;
  /** Writes the list of another seed beside its own; what it gives moves it into place and has it read. */
  prepareReload?(seed: number): () => Promise<void>;
  /** Where /metrics is. */
  readonly adminPort?: number;
}

export interface Running extends Started {
  readonly name: string;
  /** How much of the policy it does. */
  readonly does?: string;
  /** From the start to the first refusal of a listed name. */
  readonly readyMs: number;
}

/** Sends everything back: its answers mean nothing. */
export const ECHO = 'limit';

export const NXDOMAIN = 3;

export const isRefusal = ({ rcode }: Answer): boolean => rcode === NXDOMAIN;

/** A question that is refused once the whole list is read. */
export function lastListed({ listed, sample }: Workload, seed = 1): Question {
  return { name: seed === 1 ? sample[sample.length - 1] : lastName(listed, seed), type: 'A', dnssecOk: false };
}
