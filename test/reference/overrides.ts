// What overrides do, for the naive twin: straight from the words of the policy, by linear scans over what was met.

import { formatPrefix } from '../../src/base/addresses.ts';
import type { Address } from '../../src/base/brand.ts';
import { formatName } from '../../src/base/names.ts';
import type { Exemption, Model, Override } from '../../src/policy/model.ts';
import { KIND_DOMAIN, KIND_EXACT, KIND_EXCEPT_ADDRESS, KIND_WILDCARD } from '../../src/policy/verdict.ts';
import type { WorldRule } from '../policy/world.ts';
import type { ReferenceHit } from './policy.ts';

/** A name that an override releases, met while a subject was judged. */
export interface ReleasedName {
  readonly id: string;
  readonly subject: number;
  readonly walk: number;
  readonly depth: number;
}

export function isInForce({ from, until, confirmBy, confirmedBy }: Override, now: number): boolean {
  return from <= now && now < until && (confirmedBy !== undefined || now < confirmBy);
}

export function emergencyOf(override: Override): Exemption[] {
  if (override.kind !== 'emergency-exemption') return [];
  const { id, from, until, confirmBy, confirmedBy } = override;
  const end = confirmedBy === undefined && confirmBy < until ? confirmBy : until;
  return [{ ...override.exemption, id, from, until: end }];
}

export function releasedLabels(override: Override): { id: string; labels: string[]; isExact: boolean }[] {
  if (override.kind !== 'release' || override.what.kind !== 'name') return [];
  const { name, match } = override.what;
  return [{ id: override.id, labels: name.split('.'), isExact: match === 'exact' }];
}

/** A name met in an earlier subject or walk frees everything after it; in the same walk, what is no deeper. */
export function releaseOf(hit: ReferenceHit, released: readonly ReleasedName[]): string | undefined {
  const inWalk = (name: ReleasedName) => name.subject === hit.subject && name.walk === hit.walk;
  const isEarlier = (name: ReleasedName) =>
    name.subject < hit.subject || (name.subject === hit.subject && name.walk < hit.walk);
  const first = released.find(isEarlier);
  const earlier = released.filter((name) => name.subject === first?.subject && name.walk === first?.walk);
  if (earlier.length > 0) return deepest(earlier).id;
  const here = released.filter((name) => inWalk(name) && name.depth >= hit.depth && hit.rule.name.length > 0);
  return here.length > 0 ? deepest(here).id : undefined;
}

/** The first of equals. */
function deepest(names: readonly ReleasedName[]): ReleasedName {
  return names.reduce((best, name) => (name.depth > best.depth ? name : best));
}

export function isReleaseOf(override: Override, rule: WorldRule, { lists }: Model): boolean {
  if (override.kind !== 'release' || override.what.kind !== 'rule') return false;
  if (rule.kind === KIND_EXCEPT_ADDRESS) return false;
  return override.what.app === lists.apps[rule.app].id && override.what.rule.replace(/^feed:/, '') === textOf(rule);
}

/** As in a decision id, where `* / : =` mean something. */
export function textOf({ kind, name, address, bits }: WorldRule): string {
  if (name.length === 0) return formatPrefix({ address: address as Address, bits });
  const marks: Record<number, string> = { [KIND_DOMAIN]: '', [KIND_EXACT]: '=', [KIND_WILDCARD]: '*.' };
  const text = formatName(name).replace(/[*/:=]/g, (c) => `\\0${c.charCodeAt(0)}`);
  return `${marks[kind] ?? 'except '}${text}`;
}
