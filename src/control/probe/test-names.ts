// Names that the probe asks for: the tests of the apps' own files. They say what a list is meant to match and what it is meant to leave
// alone; the rules say what it does match. So a wrong rule cannot make itself right.

import { getDomain } from 'tldts';
import type { WireName } from '../../base/brand.ts';
import { formatName, parseName } from '../../base/names.ts';
import { readName } from '../../lists/rules/names.ts';
import type { App, Model, Override } from '../../policy/model.ts';

/** Asked in each segment. */
const MAX_INNOCENTS = 20;
const MAX_PROTECTED = 20;
/** Zones that are taken off a name, as by the judge (docs/policy.md §5). */
const MAX_ZONES = 4;

export interface TestName {
  readonly text: string;
  readonly wire: WireName;
  /** Whose name it is: what somebody has registered, in front of any CDN zone. */
  readonly kin: string;
}

export class TestNames {
  readonly #zones: ReadonlySet<string>;
  readonly #protected: readonly TestName[];
  readonly #blocked: ReadonlyMap<string, readonly TestName[]>;
  readonly #free: readonly TestName[];
  /** By kin: the apps that are meant to match names of it. */
  readonly #claims = new Map<string, Set<string>>();

  constructor({ lists: { apps, cdnZones }, department }: Model) {
    this.#zones = new Set(cdnZones.map(({ name }) => name));
    this.#protected = this.#read(department.protectedNames.map(({ name }) => name));
    this.#blocked = new Map(apps.map(({ id, tests }) => [id, this.#read(tests.blocked)]));
    this.#free = this.#freeOf(apps);
    for (const [app, names] of this.#blocked) for (const { kin } of names) this.#claim(kin, app);
  }

  /** A name that the app is to match, and no app of `others` besides; the overrides free neither. Undefined: there is none. */
  matching(app: string, others: Iterable<string>, overrides: readonly Override[]): TestName | undefined {
    const rivals = [...others].filter((other) => other !== app);
    return this.#blocked
      .get(app)
      ?.find(
        (name) =>
          !this.#protected.some(({ text }) => isBelow(name.text, text)) &&
          !rivals.some((rival) => this.#isMeant(name, rival)) &&
          !overrides.some((override) => mayFree(override, app, this.#spellings(name.text))),
      );
  }

  /** Asked in a segment that blocks these apps: protected names, and tests of any app that none of them is to match. */
  innocents(blocked: readonly string[]): TestName[] {
    return [...this.#protected.slice(0, MAX_PROTECTED), ...this.free(blocked).slice(0, MAX_INNOCENTS)];
  }

  /** The free tests of all apps, but for names that one of `blocked` is to match. */
  free(blocked: readonly string[]): TestName[] {
    return this.#free.filter((name) => !blocked.some((app) => this.#isMeant(name, app)));
  }

  /** Rules are mostly of whole domains: what stands in an app's tests speaks for its domain. */
  #isMeant({ kin }: TestName, app: string): boolean {
    return this.#claims.get(kin)?.has(app) === true;
  }

  #claim(kin: string, app: string): void {
    const apps = this.#claims.get(kin) ?? new Set();
    this.#claims.set(kin, apps.add(app));
  }

  /** The first of each app, then the second of each: twenty speak for many apps. */
  #freeOf(apps: readonly App[]): TestName[] {
    const longest = Math.max(0, ...apps.map(({ tests }) => tests.free.length));
    const inTurn = Array.from({ length: longest }, (_, i) => apps.flatMap(({ tests }) => tests.free.slice(i, i + 1)));
    return this.#read([...new Set(inTurn.flat())]);
  }

  #read(texts: readonly string[]): TestName[] {
    return texts.flatMap((written) => {
      const wire = wireOf(written);
      if (wire === undefined) return [];
      const text = formatName(wire);
      const [bare] = this.#spellings(text).slice(-1);
      return [{ text, wire, kin: getDomain(bare, DOMAIN_OPTIONS) ?? bare }];
    });
  }

  /** The name, and what is left of it as CDN zones are taken off. */
  #spellings(text: string): string[] {
    const spellings = [text];
    for (
      let bare = this.#inFront(text);
      bare !== undefined && spellings.length <= MAX_ZONES;
      bare = this.#inFront(bare)
    ) {
      spellings.push(bare);
    }
    return spellings;
  }

  /** What stands in front of the deepest zone, while that is a name and no single label. */
  #inFront(text: string): string | undefined {
    for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) {
      if (!this.#zones.has(text.slice(dot + 1))) continue;
      const bare = text.slice(0, dot);
      return bare.includes('.') ? bare : undefined;
    }
    return undefined;
  }
}

/** What is no name was refused when the file was read; a stored model can hold none. Most are plain, and reading those is 1 µs, not 12. */
function wireOf(text: string): WireName | undefined {
  const plain = parseName(text);
  if (typeof plain !== 'string') return plain;
  const name = readName(text);
  return 'message' in name ? undefined : name;
}

const DOMAIN_OPTIONS = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };

function isBelow(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** On the safe side: it may be free, so nothing is expected. A release of an address frees no name. */
function mayFree(override: Override, app: string, spellings: readonly string[]): boolean {
  if (override.kind !== 'release') return false;
  const { what } = override;
  if (what.kind === 'rule' && what.app !== app) return false;
  const released = what.kind === 'name' ? what.name : what.rule.replace(/^(feed:)?(=|\*\.)?/, '');
  return spellings.some((spelling) => isBelow(spelling, released));
}
