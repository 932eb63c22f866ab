// What no change of the blocklists may break, each as a function that lists the faults it finds. They look at the text of the files, not at
// what the loader made of it, and so do not lean on the loader refusing what they look for.

import { getPublicSuffix } from 'tldts';
import { parse } from 'yaml';
import { containsPrefix, type Prefix, parsePrefix } from '../../src/base/addresses.ts';
import type { Disk } from '../../src/lists/disk.ts';
import { loadShipped, NOW, type Shipped } from './shipped.ts';

const DAY = 86_400_000;

interface RawRule {
  readonly app: string;
  readonly domain?: string;
  readonly exact?: string;
  readonly wildcard?: string;
  readonly address?: string;
  readonly except?: string;
  readonly role?: string;
  readonly confidence?: string;
  readonly evidence?: readonly string[];
  readonly recheck_by?: string;
  readonly asn?: number;
  readonly also_in?: readonly string[];
}

interface RawDirective {
  readonly id: string;
  readonly instrument: string;
  readonly status: string;
  readonly apps: readonly { readonly app: string }[];
  readonly review_by?: string;
}

interface RawApp {
  readonly id: string;
  readonly unassigned?: string;
  readonly rules: readonly Omit<RawRule, 'app'>[];
  readonly tests: { readonly blocked: readonly string[]; readonly free: readonly string[] };
}

/** Names and prefixes that the folder is held against. */
export interface Samples {
  /** Names that lists have blocked by mistake. */
  readonly others: readonly string[];
  /** The most asked names; those below an app's own domains are its to block. */
  readonly top: readonly string[];
  readonly ownDomains: Readonly<Record<string, readonly string[]>>;
  /** Prefixes of public clouds and large operators, without those that an operator publishes as its app's alone. */
  readonly clouds: readonly string[];
}

export interface Folder {
  readonly shipped: Shipped;
  readonly apps: readonly RawApp[];
  /** All but `except`. */
  readonly rules: readonly RawRule[];
  readonly directives: readonly RawDirective[];
  readonly carries: ReadonlyMap<string, string>;
  readonly zones: ReadonlySet<string>;
  readonly samples: Samples;
}

export function openFolder(folder: string, disk: Disk, samples: Samples): Folder {
  const read = (file: string): unknown => parse(textOf(disk, `${folder}/${file}`));
  const all = (kind: string): unknown[] => {
    const names = disk.list(`${folder}/${kind}`);
    return Array.isArray(names) ? names.map((name) => read(`${kind}/${name}`)) : [];
  };
  const apps = all('apps') as RawApp[];
  const { sources } = read('sources.yaml') as { sources: { id: string; carry: string }[] };
  const { zones } = read('cdn-zones.yaml') as { zones: { zone: string }[] };
  return {
    shipped: loadShipped(folder, disk),
    apps,
    rules: apps.flatMap((app) => app.rules.map((rule) => ({ ...rule, app: app.id }))).filter((rule) => !rule.except),
    directives: all('directives') as RawDirective[],
    carries: new Map(sources.map(({ id, carry }) => [id, carry])),
    zones: new Set(zones.map(({ zone }) => zone)),
    samples,
  };
}

function textOf(disk: Disk, file: string): string {
  const opened = disk.open(file);
  if (opened === undefined || 'fault' in opened) throw new Error(file);
  const bytes = Buffer.alloc(opened.sizeBytes);
  for (let at = 0; at < bytes.length; ) at += opened.read(bytes.subarray(at));
  opened.close();
  return bytes.toString();
}

type Guard = (folder: Folder) => string[];

export const GUARDS: Readonly<Record<string, Guard>> = {
  'every id resolves': ({ apps, directives, rules }) => {
    const known = new Set(apps.map(({ id }) => id));
    const used = [
      ...directives.flatMap(({ id, apps: named }) => named.map(({ app }) => [id, app])),
      ...rules.flatMap(({ app, also_in }) => (also_in ?? []).map((other) => [app, other])),
    ];
    return used.filter(([, id]) => !known.has(id)).map(([where, id]) => `${where}: no app ${id}`);
  },

  'every app is named by a directive, or says why not': ({ apps, directives }) => {
    // A policy is the department's own: an example, and no public instrument.
    const named = new Set(
      directives.filter(({ instrument }) => instrument !== 'policy').flatMap((one) => one.apps.map(({ app }) => app)),
    );
    return apps.filter(({ id, unassigned }) => named.has(id) === (unassigned !== undefined)).map(({ id }) => id);
  },

  'only what is under review names no app': ({ directives }) =>
    directives.filter(({ apps, status }) => apps.length === 0 && status !== 'under-review').map(({ id }) => id),

  'every rule has a source that may be carried': ({ rules, carries }) =>
    rules
      .filter(({ evidence }) => {
        const found = (evidence ?? []).map((entry) => carries.get(entry.split('@')[0]));
        return found.includes(undefined) || !found.some((carry) => carry !== 'evidence-only');
      })
      .map(patternOf),

  'no evidence lies in the future': ({ rules }) =>
    rules
      .filter(({ evidence }) =>
        evidence?.some((entry) => Date.parse(/@(\d{4}-\d\d-\d\d)/.exec(entry)?.[1] ?? '') > NOW),
      )
      .map(patternOf),

  'every rule has high or medium confidence': ({ rules }) =>
    rules.filter(({ confidence }) => confidence !== 'high' && confidence !== 'medium').map(patternOf),

  'no rule is a public suffix, a CDN zone or a single label': ({ rules, zones }) =>
    rules.filter((rule) => rule.address === undefined && isShared(nameOf(rule), zones)).map(patternOf),

  'no two apps claim one name or prefix without also_in': ({ rules }) => {
    const firsts = new Map<string, RawRule>();
    return rules
      .filter((rule) => {
        const key = rule.address ?? nameOf(rule);
        const first = firsts.get(key) ?? rule;
        firsts.set(key, first);
        return first.app !== rule.app && !first.also_in?.includes(rule.app) && !rule.also_in?.includes(first.app);
      })
      .map(patternOf);
  },

  'no address rule speaks against networks.yaml': ({ shipped }) =>
    shipped.problems.filter(({ code }) => code.startsWith('asn-')).map(({ message }) => message),

  'no prefix of a public cloud is blocked': ({ rules, samples }) => {
    const clouds = samples.clouds.map(prefixOf);
    const touches = (own: Prefix) => clouds.some((cloud) => containsPrefix(cloud, own) || containsPrefix(own, cloud));
    // A public resolver's own address is one address in a cloud, and nothing else answers there.
    return rules
      .filter(({ address, role }) => address !== undefined && (role !== 'resolver' || prefixOf(address).bits < 128))
      .filter(({ address }) => touches(prefixOf(address ?? '')))
      .map(patternOf);
  },

  'no name that others once blocked by mistake is blocked': (folder) => blocked(folder, folder.samples.others),

  "no name of the most asked is blocked but an app's own": (folder) => blocked(folder, folder.samples.top),

  'every app has five names that match, five that stay free, and all hold': ({ apps, shipped }) =>
    apps.flatMap(({ id, tests }) =>
      !shipped.lists.apps.some((app) => app.id === id)
        ? [`${id}: does not load`]
        : [
            ...(tests.blocked.length < 5 || tests.free.length < 5 ? [`${id}: too few`] : []),
            ...tests.blocked
              .filter((name) => shipped.reach(id, name) === 'free')
              .map((name) => `${id}: ${name} is free`),
            ...tests.free.filter((name) => shipped.reach(id, name) !== 'free').map((name) => `${id}: ${name} matches`),
          ],
    ),

  'every directive is reviewed between a day and a year ahead': ({ directives }) =>
    directives.filter(({ review_by }) => !isAhead(review_by, 366)).map(({ id }) => id),

  'every rule is looked at again: names within a year or so, addresses within 90 days': ({ rules }) =>
    rules.filter(({ address, recheck_by }) => !isAhead(recheck_by, address === undefined ? 400 : 91)).map(patternOf),
};

function patternOf(rule: RawRule): string {
  return `${rule.app}: ${rule.address ?? nameOf(rule)}`;
}

function nameOf({ domain, exact, wildcard }: RawRule): string {
  return (domain ?? exact ?? wildcard ?? '').toLowerCase().replace(/^\*\.|\.$/g, '');
}

function isShared(name: string, zones: ReadonlySet<string>): boolean {
  return !name.includes('.') || zones.has(name) || getPublicSuffix(name, { allowPrivateDomains: true }) === name;
}

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined || prefix === 'host-bits') throw new Error(text);
  return prefix;
}

function blocked({ shipped, samples }: Folder, names: readonly string[]): string[] {
  const isOwn = (app: string, name: string) =>
    samples.ownDomains[app]?.some((domain) => name === domain || name.endsWith(`.${domain}`)) ?? false;
  return names.flatMap((name) =>
    shipped.lists.apps
      .filter(({ id }) => shipped.reach(id, name) !== 'free' && !isOwn(id, name))
      .map(({ id }) => `${id}: ${name}`),
  );
}

function isAhead(date: string | undefined, mostDays: number): boolean {
  const days = (Date.parse(date ?? '') - NOW) / DAY;
  return days > 1 && days < mostDays;
}
