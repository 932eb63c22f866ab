// The tries against the naive twin, on random worlds that are made to collide: few labels, deep nesting, zones upon zones, bytes that no
// text would hold. The seed is printed; the counts say that every kind of outcome was met.

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { segmentOf, verdictForFacts, verdictForName } from '../../src/policy/decide/decide.ts';
import { formatSubject, type Subject } from '../../src/policy/decide/subjects.ts';
import type { Override } from '../../src/policy/model.ts';
import { outcomeDirective, outcomeExemption } from '../../src/policy/snapshot/outcome.ts';
import type { Snapshot } from '../../src/policy/snapshot/snapshot.ts';
import {
  actionOf,
  appOf,
  BLOCKED,
  EXEMPT,
  KIND_ADDRESS,
  KIND_DOMAIN,
  KIND_EXACT,
  KIND_EXCEPT,
  KIND_EXCEPT_ADDRESS,
  KIND_NONE,
  KIND_WILDCARD,
  kindOf,
  MONITORED,
  matchedOf,
  PROTECTED,
  prefixBitsOf,
  RELEASED,
  skippedOf,
} from '../../src/policy/verdict.ts';
import { textOf } from '../reference/overrides.ts';
import { labelsOf, numberOf, Reference, type ReferenceVerdict } from '../reference/policy.ts';
import { factsBlockOf } from './facts-block.ts';
import { compileWorld, NOW, overrideOf, randomFrom, type World, type WorldRule, worldOf } from './world.ts';

const SEED = Number(process.env.INTERDICT_SEED ?? 20_261_124);
const WORLDS = 120;
const ANSWERS_PER_WORLD = 350;

type Random = (below: number) => number;

// Few labels, so that names meet; among them what breaks code that thinks in strings.
const LABELS = [
  'a',
  'b',
  'tiktok',
  'com',
  'net',
  '_x',
  '_tcp',
  'a.b',
  '\\',
  '*',
  '=',
  '\u00ff\u0000',
  '\u00e9',
  'x'.repeat(63),
  '.',
  '/',
];

function pickLabel(random: Random): string {
  return LABELS[random(LABELS.length)];
}

function nameBytes(labels: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  for (const label of labels) bytes.push(label.length, ...Array.from(label, (c) => c.charCodeAt(0)));
  return Uint8Array.from([...bytes, 0]);
}

function randomLabels(random: Random, most: number): string[] {
  const labels = Array.from({ length: 1 + random(most) }, () => pickLabel(random));
  while (nameBytes(labels).length > 255) labels.pop();
  return labels;
}

function randomAddress(random: Random): Uint8Array {
  const address = new Uint8Array(16);
  if (random(3) > 0) address.set([0xff, 0xff, 10, random(2), random(4) << 6, random(256)], 10);
  else address.set([0x20, 1, 0x0d, 0xb8, 0, random(3), random(2) << 7, 0, 0, 0, 0, 0, 0, 0, 0, random(4)]);
  return address;
}

function randomPrefix(random: Random): { address: Uint8Array; bits: number } {
  const address = randomAddress(random);
  const isMapped = address[10] === 0xff;
  const bits = random(12) === 0 ? random(129) : isMapped ? 104 + random(25) : 16 + random(113);
  for (let bit = bits; bit < 128; bit++) address[bit >> 3] &= ~(0x80 >> (bit & 7));
  return { address, bits };
}

const NAME_KINDS = [KIND_DOMAIN, KIND_DOMAIN, KIND_EXACT, KIND_WILDCARD, KIND_EXCEPT];

function randomRule(random: Random, app: number): WorldRule {
  const extra = { alsoIn: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'], carrier: random(12) === 0 };
  if (random(3) === 0) {
    const kind = random(4) === 0 ? KIND_EXCEPT_ADDRESS : KIND_ADDRESS;
    return { app, kind, name: new Uint8Array(0), ...randomPrefix(random), ...extra, carrier: false };
  }
  const name = nameBytes(randomLabels(random, 4));
  const kind = NAME_KINDS[random(NAME_KINDS.length)];
  return {
    app,
    kind,
    name,
    address: new Uint8Array(0),
    bits: 0,
    ...extra,
    carrier: extra.carrier && kind === KIND_DOMAIN,
  };
}

function randomWorld(random: Random): World {
  const plain = ['a.net', 'net', 'b.a.net', 'tiktok.com', 'x.com', 'com.net'].filter(() => random(3) === 0);
  const guards = ['gov.uk', 'b.tiktok.com', 'a.com'].filter(() => random(3) === 0);
  const ids = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];
  const world = worldOf({
    apps: Object.fromEntries(ids.map((id) => [id, []])),
    zones: plain,
    protected: guards,
    directives: {
      gov: { apps: ids.filter(() => random(2) === 0) },
      watch: { apps: ids.filter(() => random(2) === 0), binding: 'advisory' },
      local: { apps: ids.filter(() => random(3) === 0) },
    },
    segments: {
      devices: { clients: ['10.0.0.0/8', '2001:db8::/32', '10.1.0.0/16'], enforce: ['gov', 'watch', 'local'] },
      guest: { clients: ['10.0.64.0/18', '2001:db8:1::/48'], enforce: ['watch', 'gov:monitor'] },
    },
    exemptions: {
      E1: { clients: ['10.0.0.0/10'], under: ['gov'], apps: ids.filter(() => random(2) === 0) },
      E2: {
        clients: ['10.0.128.0/17', '2001:db8:2::/48'],
        under: ['gov', 'local'],
        apps: ids.filter(() => random(2) === 0),
      },
    },
  });
  const rules = Array.from({ length: 60 }, (_, i) => randomRule(random, Math.floor(i / 10)));
  return { model: { ...world.model, overrides: randomOverrides(random, rules) }, rules };
}

/** In two worlds of three: names that may meet rules, rules that are there or not, a fallback, an emergency; some unconfirmed or over. */
function randomOverrides(random: Random, rules: readonly WorldRule[]): Override[] {
  if (random(3) === 0) return [];
  return Array.from({ length: 1 + random(6) }, (_, i) => {
    const id = `OVR-${i + 1}`;
    const unconfirmed = { confirmBy: (NOW + random(3) - 1) as Instant, until: (NOW + random(20)) as Instant };
    const confirmed = { ...unconfirmed, confirmedBy: 'B. Operator' };
    const asked = random(3) === 0 ? unconfirmed : confirmed;
    const rule = rules[random(rules.length)];
    switch (random(8)) {
      case 0:
        return overrideOf(id, 'fallback gov in devices', asked);
      case 1:
        return overrideOf(id, { clients: ['10.0.192.0/19'], under: ['gov', 'watch'], apps: ['a0', 'a2'] }, asked);
      case 2:
      case 3:
      case 4:
        return overrideOf(id, `rule a${rule.app}/${textOf(rule)}`, asked);
      default:
        return overrideOf(id, `${random(2) === 0 ? 'exact' : 'domain'} ${plainName(random)}`, asked);
    }
  });
}

/** Of labels that stand for themselves in text. */
function plainName(random: Random): string {
  const plain = LABELS.filter((label) => /^[a-z]+$/.test(label));
  return Array.from({ length: 1 + random(3) }, () => plain[random(plain.length)]).join('.');
}

function randomSubjects(random: Random): Subject[] {
  const depth = random(40) === 0 ? 127 : 7;
  const subjects: Subject[] = [{ kind: 'name', name: nameBytes(randomLabels(random, depth)) }];
  for (let more = random(4); more > 0; more--) {
    if (random(2) === 0) subjects.push({ kind: 'name', name: nameBytes(randomLabels(random, 6)) });
    else subjects.push({ kind: 'address', address: randomAddress(random) });
  }
  return subjects;
}

/** What a verdict says, in the twin's words. */
function spell(snapshot: Snapshot, segment: number, verdict: number): object {
  const action = actionOf(verdict);
  const name = snapshot.segmentNames[snapshot.parents[segment]];
  if (action === PROTECTED) return { action: 'protected', segment: name };
  if (kindOf(verdict) === KIND_NONE) return { action: 'not-listed', segment: name };
  const kind = kindOf(verdict);
  const isAddress = kind === KIND_ADDRESS || kind === KIND_EXCEPT_ADDRESS;
  const outcome = snapshot.outcomes[segment * snapshot.apps + appOf(verdict)];
  const directive = { directive: snapshot.directiveIds[outcomeDirective(outcome)] };
  return {
    action: ACTIONS[action] ?? (kind === KIND_EXCEPT || kind === KIND_EXCEPT_ADDRESS ? 'excepted' : 'free'),
    segment: name,
    app: appOf(verdict),
    kind,
    depth: isAddress ? prefixBitsOf(verdict) : matchedOf(verdict),
    skipped: isAddress ? 0 : skippedOf(verdict),
    subject: snapshot.match.subject,
    ...(action === 0 ? {} : directive),
    ...(action === EXEMPT ? { exemption: snapshot.exemptionIds[outcomeExemption(outcome)] } : {}),
    ...(action === RELEASED ? { override: snapshot.overrideIds[snapshot.match.release - 1] } : {}),
  };
}

const ACTIONS: Record<number, string> = {
  [BLOCKED]: 'blocked',
  [MONITORED]: 'monitored',
  [EXEMPT]: 'exempt',
  [RELEASED]: 'released',
};

function spellTwin({ hit, ...rest }: ReferenceVerdict): object {
  if (hit === undefined) return rest;
  const { rule, depth, skipped, subject } = hit;
  return { ...rest, app: rule.app, kind: rule.kind, depth, skipped, subject };
}

describe('the tries and the naive twin agree', () => {
  test(`on 100,000 names and addresses in ${WORLDS * ANSWERS_PER_WORLD} answers of ${WORLDS} worlds (seed ${SEED})`, () => {
    const random = randomFrom(SEED);
    const met = new Map<string, number>();
    for (let i = 0; i < WORLDS; i++) {
      const world = randomWorld(random);
      const { snapshot, faults } = compileWorld(world);
      const twin = new Reference(
        world,
        world.rules.filter((_, at) => faults[at] === 'taken'),
      );
      for (let n = 0; n < ANSWERS_PER_WORLD; n++) compareOne(snapshot, twin, random, met);
    }
    expect(met.get('subjects')).toBeGreaterThan(100_000);
    for (const action of [
      'blocked',
      'monitored',
      'exempt',
      'released',
      'excepted',
      'free',
      'protected',
      'not-listed',
      'refused',
    ]) {
      expect(met.get(action) ?? 0, action).toBeGreaterThan(40);
    }
    for (const shape of [
      'through a zone',
      'by a target',
      'by an address',
      'by 10 labels or more',
      'released content',
      'fallback',
    ]) {
      expect(met.get(shape) ?? 0, shape).toBeGreaterThan(40);
    }
  });
});

function compareOne(snapshot: Snapshot, twin: Reference, random: Random, met: Map<string, number>): void {
  const count = (key: string) => met.set(key, (met.get(key) ?? 0) + 1);
  const client = random(30) === 0 ? new Uint8Array(16).fill(9) : randomAddress(random);
  const subjects = randomSubjects(random);
  met.set('subjects', (met.get('subjects') ?? 0) + subjects.length);
  const asked = subjects.map((s) =>
    s.kind === 'name' ? { labels: labelsOf(s.name) } : { address: numberOf(s.address) },
  );
  const wanted = twin.decide(numberOf(client), NOW, asked);
  const twinSays = spellTwin(wanted);
  // expect() on each of 300,000 objects would take a minute.
  const mustBe = (found: object) => {
    if (!isDeepStrictEqual(found, twinSays)) expect(found, subjects.map(formatSubject).join(' | ')).toEqual(twinSays);
  };
  count(wanted.action);
  if (wanted.action === 'released' && (wanted.hit?.subject ?? 0) > 0) count('released content');
  if (wanted.action === 'monitored' && wanted.directive === 'gov' && wanted.segment === 'devices') count('fallback');
  const segment = segmentOf(snapshot, client, 0, NOW);
  if (wanted.action === 'refused' || segment < 0) {
    mustBe({ action: segment < 0 ? 'refused' : 'a segment' });
    return;
  }
  if ((wanted.hit?.skipped ?? 0) > 0) count('through a zone');
  if ((wanted.hit?.subject ?? 0) > 0) count(wanted.hit?.rule.bits === 0 ? 'by a target' : 'by an address');
  const name = subjects[0].kind === 'name' ? subjects[0].name : new Uint8Array(1);
  if (wanted.hit !== undefined && labelsOf(name).length >= 10) count('by 10 labels or more');
  const byName = verdictForName(snapshot, segment, name, 0);
  if (subjects.length === 1) mustBe(spell(snapshot, segment, byName));
  const { bytes, factsAt } = factsBlockOf(subjects, random(5));
  mustBe(spell(snapshot, segment, verdictForFacts(snapshot, segment, byName, bytes, factsAt)));
  // Now from the memo.
  mustBe(spell(snapshot, segment, verdictForFacts(snapshot, segment, byName, bytes, factsAt)));
}
