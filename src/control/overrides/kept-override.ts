// An override and what people did about it, as it is kept: plain data, and what can be said of it at a moment. Policy sees the override
// alone; who typed is for the record, and for telling two people apart.

import type { Instant } from '../../base/brand.ts';
import { endOf, type Override } from '../../policy/model.ts';

export interface KeptOverride {
  readonly override: Override;
  /** User id of whoever added it, where the kernel told. */
  readonly uid?: number | undefined;
  readonly confirmed?: { readonly at: Instant; readonly uid?: number | undefined };
  readonly ended?: Ending;
}

export interface Ending {
  readonly at: Instant;
  /** `unconfirmed`: nobody confirmed it in time. `refused`: no policy could be compiled with it, so that it never held. */
  readonly because: 'time' | 'unconfirmed' | 'person' | 'refused';
  readonly by?: string;
  readonly uid?: number | undefined;
}

/** A person as far as she is known here. */
export interface Person {
  readonly name: string;
  readonly uid?: number | undefined;
}

/** Root is an account of many people. */
const ROOT = 0;

/** By name, or by an account that is one person's. */
export function isSamePerson(a: Person, b: Person): boolean {
  return plain(a.name) === plain(b.name) || (a.uid !== undefined && a.uid !== ROOT && a.uid === b.uid);
}

function plain(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** Whoever added it. */
export function adderOf({ override, uid }: KeptOverride): Person {
  return { name: override.by, uid };
}

/** An end once noted stays one, whatever the clock shows later. */
export function holdsAt({ override, ended }: KeptOverride, now: Instant): boolean {
  return ended === undefined && endOf(override) > now;
}

/** When it ended, or will end. */
export function endedAt({ override, ended }: KeptOverride): Instant {
  return ended?.at ?? endOf(override);
}

/** As time has it, for one that nobody ended. */
export function endingByTime({ override }: KeptOverride): Ending {
  return { at: endOf(override), because: override.confirmedBy === undefined ? 'unconfirmed' : 'time' };
}

/** What it is about, the same for two that would do the same: a second one renews the first. */
export function subjectOf(override: Override): string {
  switch (override.kind) {
    case 'release': {
      const { what } = override;
      return what.kind === 'name' ? `release ${what.name}` : `release ${what.app}/${what.rule}`;
    }
    case 'fallback':
      return `fallback ${override.directive} ${override.segment}`;
    case 'emergency-exemption': {
      const { segment, clients, apps } = override.exemption;
      return `emergency-exemption ${segment} ${[...clients].sort().join(',')} ${[...apps].sort().join(',')}`;
    }
  }
}

/** For people: to the second. */
export function timeText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
