// The rules of decision written down a second time, straight from the words of the policy: labels as strings, linear scans, no tries, no
// numbers packed into others. Slow and obvious; the fast code must agree with it on everything.

import { parsePrefix } from '../../src/base/addresses.ts';
import type { Directive, EnforceEntry, Exemption, Model, Override } from '../../src/policy/model.ts';
import {
  KIND_ADDRESS,
  KIND_DOMAIN,
  KIND_EXACT,
  KIND_EXCEPT,
  KIND_EXCEPT_ADDRESS,
  KIND_WILDCARD,
} from '../../src/policy/verdict.ts';
import type { World, WorldRule } from '../policy/world.ts';
import { emergencyOf, isInForce, isReleaseOf, type ReleasedName, releasedLabels, releaseOf } from './overrides.ts';

export interface ReferenceHit {
  readonly rule: WorldRule;
  readonly subject: number;
  readonly walk: number;
  /** Labels of CDN zones taken off. */
  readonly skipped: number;
  readonly depth: number;
  /** The override that frees what is matched here. */
  readonly release?: string;
  /** An override frees this very rule. */
  readonly isReleasedRule?: boolean;
}

export interface ReferenceVerdict {
  readonly action:
    | 'refused'
    | 'protected'
    | 'not-listed'
    | 'excepted'
    | 'free'
    | 'released'
    | 'exempt'
    | 'monitored'
    | 'blocked';
  readonly segment?: string;
  readonly hit?: ReferenceHit;
  readonly directive?: string;
  readonly exemption?: string;
  readonly override?: string;
}

export type ReferenceSubject = { readonly labels: readonly string[] } | { readonly address: bigint };

/** A name's labels as byte strings. */
export function labelsOf(name: Uint8Array): string[] {
  const labels: string[] = [];
  for (let at = 0; at < name.length && name[at] !== 0; at += name[at] + 1) {
    labels.push(String.fromCharCode(...name.subarray(at + 1, at + 1 + name[at])));
  }
  return labels;
}

export function numberOf(address: Uint8Array): bigint {
  return address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

export class Reference {
  readonly model: Model;
  readonly rules: readonly { rule: WorldRule; labels: string[]; network: bigint }[];
  readonly zones: string[][];
  readonly guards: string[][];
  readonly exemptions: readonly Exemption[];
  /** Client prefixes of segments and exemptions by id, parsed once. */
  readonly clients: ReadonlyMap<string, readonly { network: bigint; bits: number }[]>;

  /** `rules`: those that the sink took. */
  constructor(world: World, rules: readonly WorldRule[]) {
    this.model = world.model;
    this.rules = rules.map((rule) => ({ rule, labels: labelsOf(rule.name), network: numberOf(rule.address) }));
    const carriers = this.rules.filter(({ rule }) => rule.carrier).map(({ labels }) => labels);
    this.zones = [...world.model.lists.cdnZones.map(({ name }) => name.split('.')), ...carriers];
    this.guards = world.model.department.protectedNames.map(({ name }) => name.split('.'));
    const { segments, exemptions } = world.model.department;
    this.exemptions = [...exemptions, ...world.model.overrides.flatMap(emergencyOf)];
    this.clients = new Map([...segments, ...this.exemptions].map(({ id, clients }) => [id, clients.flatMap(parsed)]));
  }

  decide(client: bigint, now: number, subjects: readonly ReferenceSubject[]): ReferenceVerdict {
    const place = this.placeOf(client, now);
    if (place === undefined) return { action: 'refused' };
    const segment = place.segment;
    const first = subjects[0];
    if ('labels' in first && this.guards.some((guard) => isAtOrBelow(first.labels, guard))) {
      return { action: 'protected', segment };
    }
    const hits = this.hits(subjects, now);
    const apps = new Set(hits.map(({ rule }) => rule.app));
    const verdicts = [...apps]
      .map((app) => this.settling(hits, app))
      .map((hit) => ({ segment, hit, ...this.outcome(hit, place, now) }));
    verdicts.sort(
      (a, b) =>
        WEIGHT[b.action] - WEIGHT[a.action] ||
        a.hit.subject - b.hit.subject ||
        a.hit.walk - b.hit.walk ||
        b.hit.depth - a.hit.depth ||
        a.hit.rule.app - b.hit.rule.app,
    );
    return verdicts[0] ?? { action: 'not-listed', segment };
  }

  /** The hit that settles an app: no other of its hits comes before it. */
  settling(hits: readonly ReferenceHit[], app: number): ReferenceHit {
    return hits.filter(({ rule }) => rule.app === app).reduce((best, hit) => (isBefore(hit, best) ? hit : best));
  }

  /** What the client's segment makes of a hit that settles its app. */
  actionOf(hit: ReferenceHit, client: bigint, now: number): ReferenceVerdict['action'] {
    const place = this.placeOf(client, now);
    return place === undefined ? 'free' : this.outcome(hit, place, now).action;
  }

  /** Every rule that any subject meets, in no promised order. */
  hits(subjects: readonly ReferenceSubject[], now: number): ReferenceHit[] {
    const releases = this.model.overrides.filter((o) => isInForce(o, now));
    const released: ReleasedName[] = [];
    const hits = subjects.flatMap((subject, i) =>
      'labels' in subject
        ? this.hitsOfName(subject.labels, i, releases, released)
        : this.hitsOfAddress(subject.address, i),
    );
    return hits.map((hit) => {
      const ofRule = releases.find((override) => isReleaseOf(override, hit.rule, this.model))?.id;
      const release = releaseOf(hit, released) ?? ofRule;
      return { ...hit, ...(release === undefined ? {} : { release }), isReleasedRule: ofRule !== undefined };
    });
  }

  /** Adds to `released` the released names that are met on the way. */
  private hitsOfName(
    name: readonly string[],
    subject: number,
    releases: readonly Override[],
    released: ReleasedName[],
  ): ReferenceHit[] {
    let rest = [...name];
    while (rest[0]?.startsWith('_')) rest.shift();
    const hits: ReferenceHit[] = [];
    let skipped = 0;
    for (let walk = 0; walk <= 4; walk++) {
      for (const { rule, labels } of this.rules) {
        if (labels.length === 0 || !matches(rule.kind, rest, labels)) continue;
        hits.push({ rule, subject, walk, skipped, depth: labels.length });
      }
      for (const { id, labels, isExact } of releases.flatMap(releasedLabels)) {
        if (isAtOrBelow(rest, labels) && !(isExact && rest.length > labels.length))
          released.push({ id, subject, walk, depth: labels.length });
      }
      const around = this.zones.filter((zone) => isAtOrBelow(rest, zone));
      const deepest = Math.max(0, ...around.map((zone) => zone.length));
      if (deepest === 0) break;
      rest = rest.slice(0, rest.length - deepest);
      skipped += deepest;
      if (rest.length < 2) break;
    }
    return hits;
  }

  private hitsOfAddress(address: bigint, subject: number): ReferenceHit[] {
    return this.rules
      .filter(({ rule }) => rule.kind === KIND_ADDRESS || rule.kind === KIND_EXCEPT_ADDRESS)
      .filter(({ rule, network }) => holds(network, rule.bits, address))
      .map(({ rule }) => ({ rule, subject, walk: 0, skipped: 0, depth: rule.bits }));
  }

  /** Segment by the longest prefix, and the exemptions of that segment that hold the client and are in force. */
  placeOf(client: bigint, now: number): { segment: string; exemptions: string[] } | undefined {
    let segment: string | undefined;
    let longest = -1;
    for (const { id } of this.model.department.segments) {
      for (const { network, bits } of this.clients.get(id) ?? []) {
        if (bits <= longest || !holds(network, bits, client)) continue;
        segment = id;
        longest = bits;
      }
    }
    if (segment === undefined) return undefined;
    const exemptions = this.exemptions.filter(
      (exemption) =>
        exemption.segment === segment &&
        exemption.from <= now &&
        now < exemption.until &&
        this.clients.get(exemption.id)?.some(({ network, bits }) => holds(network, bits, client)),
    );
    return { segment, exemptions: exemptions.map(({ id }) => id) };
  }

  private outcome(
    { rule, release }: ReferenceHit,
    place: { segment: string; exemptions: string[] },
    now: number,
  ): Pick<ReferenceVerdict, 'directive' | 'exemption' | 'override'> & { action: ReferenceVerdict['action'] } {
    if (rule.kind === KIND_EXCEPT || rule.kind === KIND_EXCEPT_ADDRESS) return { action: 'excepted' };
    const enforced = this.enforced(rule, place, now);
    if (release === undefined || enforced.action === 'free') return enforced;
    const { exemption: _, ...rest } = enforced;
    return { ...rest, action: 'released', override: release };
  }

  private isFallenBack(segment: string, directive: string, now: number): boolean {
    return this.model.overrides.some(
      (o) => o.kind === 'fallback' && o.segment === segment && o.directive === directive && isInForce(o, now),
    );
  }

  private enforced(
    rule: WorldRule,
    place: { segment: string; exemptions: string[] },
    now: number,
  ): Pick<ReferenceVerdict, 'directive' | 'exemption'> & { action: ReferenceVerdict['action'] } {
    const { lists, department } = this.model;
    const app = lists.apps[rule.app].id;
    const enforce = department.segments.find(({ id }) => id === place.segment)?.enforce ?? [];
    const exemptions = this.exemptions.filter(({ id }) => place.exemptions.includes(id));
    let monitored: string | undefined;
    let lifted: { directive: string; exemption: string } | undefined;
    for (const entry of enforce) {
      const directive = lists.directives.find(({ id }) => id === entry.directive);
      if (directive === undefined || !directive.apps.some((named) => named.app === app)) continue;
      const asked = modeOf(directive, entry, now);
      const mode = asked === 'enforce' && this.isFallenBack(place.segment, directive.id, now) ? 'monitor' : asked;
      if (mode === 'none') continue;
      const exemption = exemptions.find((e) => e.under.includes(directive.id) && e.apps.includes(app));
      if (exemption !== undefined) lifted ??= { directive: directive.id, exemption: exemption.id };
      else if (mode === 'enforce') return { action: 'blocked', directive: directive.id };
      else monitored ??= directive.id;
    }
    if (monitored !== undefined) return { action: 'monitored', directive: monitored };
    return lifted === undefined ? { action: 'free' } : { action: 'exempt', ...lifted };
  }
}

const WEIGHT: Record<ReferenceVerdict['action'], number> = {
  refused: -1,
  protected: -1,
  'not-listed': -1,
  excepted: 0,
  free: 1,
  released: 2,
  exempt: 3,
  monitored: 4,
  blocked: 5,
};

function modeOf(directive: Directive, entry: EnforceEntry, now: number): 'enforce' | 'monitor' | 'none' {
  if (directive.status === 'repealed') return 'none';
  if (directive.ends !== undefined && directive.ends <= now) return 'none';
  const mayEnforce =
    directive.status === 'in-force' &&
    directive.effective <= now &&
    (directive.binding === 'mandatory' || entry.ownMeasure !== undefined);
  const isOver = entry.until !== undefined && entry.until <= now;
  const asked = isOver ? (entry.then ?? 'enforce') : entry.mode;
  return mayEnforce && asked === 'enforce' ? 'enforce' : 'monitor';
}

function parsed(text: string): { network: bigint; bits: number }[] {
  const prefix = parsePrefix(text);
  return typeof prefix === 'object' ? [{ network: numberOf(prefix.address), bits: prefix.bits }] : [];
}

function isAtOrBelow(name: readonly string[], zone: readonly string[]): boolean {
  if (zone.length > name.length) return false;
  return zone.every((label, i) => label === name[name.length - zone.length + i]);
}

function matches(kind: number, name: readonly string[], rule: readonly string[]): boolean {
  if (!isAtOrBelow(name, rule)) return false;
  if (kind === KIND_EXACT) return name.length === rule.length;
  if (kind === KIND_WILDCARD) return name.length > rule.length;
  return kind === KIND_DOMAIN || kind === KIND_EXCEPT;
}

/** A prefix shorter than /96 is about IPv6 alone: it never holds a mapped IPv4 address. */
function holds(network: bigint, bits: number, address: bigint): boolean {
  if (bits < 96 && address >> 32n === 0xffffn) return false;
  const shift = BigInt(128 - bits);
  return network >> shift === address >> shift;
}

/** Earlier subject, then earlier walk, then deeper, then except > released rule > exact > domain > wildcard. */
function isBefore(a: ReferenceHit, b: ReferenceHit): boolean {
  if (a.subject !== b.subject) return a.subject < b.subject;
  if (a.walk !== b.walk) return a.walk < b.walk;
  if (a.depth !== b.depth) return a.depth > b.depth;
  return strengthOf(a) < strengthOf(b);
}

const STRENGTH = [KIND_EXCEPT, KIND_EXCEPT_ADDRESS, KIND_EXACT, KIND_ADDRESS, KIND_DOMAIN, KIND_WILDCARD];

function strengthOf({ rule, isReleasedRule }: ReferenceHit): number {
  const isExcept = rule.kind === KIND_EXCEPT || rule.kind === KIND_EXCEPT_ADDRESS;
  return isReleasedRule === true && !isExcept ? 1.5 : STRENGTH.indexOf(rule.kind);
}
