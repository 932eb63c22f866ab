// The guards hold over the shipped folder, and each of them fails on a folder with the fault that it is there for.

import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/lists/disk.ts';
import { memoryDisk } from '../lists/memory-disk.ts';
import { corpus } from './corpus.ts';
import fixture from './guards.json' with { type: 'json' };
import { GUARDS, openFolder, type Samples } from './guards.ts';
import { FOLDER } from './shipped.ts';

describe('the shipped blocklists', () => {
  const folder = openFolder(FOLDER, nodeDisk, fixture);
  it.each(Object.keys(GUARDS))('%s', (name) => expect(GUARDS[name](folder)).toEqual([]));

  const lists = {
    others: [corpus('anudeepND-false-positives.txt'), corpus('anudeepND-whitelist.txt')],
    top: [corpus('umbrella-top-100k.txt.gz')?.slice(0, 1000)],
    clouds: [corpus('ipranges-all-ipv4_merged.txt.gz'), corpus('ipranges-all-ipv6_merged.txt.gz')],
  };
  const hasLists = Object.values(lists).every((parts) => parts.every((part) => part !== undefined));
  it.skipIf(!hasLists)('hold against whole lists too', () => {
    const own = new Set(fixture.ownPrefixes);
    const samples: Samples = {
      ...fixture,
      others: lists.others.flatMap((names) => names ?? []),
      top: lists.top.flatMap((names) => names ?? []),
      clouds: lists.clouds.flatMap((ranges) => ranges ?? []).filter((range) => !own.has(range)),
    };
    expect([samples.others.length > 900, samples.top.length, samples.clouds.length > 5000]).toEqual([true, 1000, true]);
    for (const [name, guard] of Object.entries(GUARDS))
      expect([name, guard({ ...folder, samples })]).toEqual([name, []]);
  });
});

const RULE = 'confidence: high, evidence: [good@2026-01-01], recheck_by: 2027-11-24';
const FILES: Readonly<Record<string, string>> = {
  'sources.yaml': `sources:
  - { id: good, title: A, licence: MIT, carry: "yes" }
  - { id: rank, title: A, licence: none stated, carry: evidence-only }
`,
  'cdn-zones.yaml': 'zones:\n  - { zone: edgekey.net, operator: Akamai, evidence: [rank@2026-01-01] }\n',
  'networks.yaml': `networks:
  - { asn: 64500, name: OWN, operator: A, evidence: [good@2026-01-01], prefixes: [198.51.100.0/24] }
  - { asn: 64501, name: OTHER, operator: B, evidence: [good@2026-01-01], prefixes: [203.0.113.0/24] }
`,
  'directives/act.yaml': `id: act
title: An act
instrument: act
authority: A
jurisdiction: GB
issued: 2026-01-01
status: in-force
binding: mandatory
scope: app
apps: [{ app: alpha, basis: named }]
source: { kind: memory }
review_by: 2027-05-24
`,
  'apps/alpha.yaml': `id: alpha
name: Alpha
rules:
  - { domain: alpha.example.com, ${RULE} }
  - { address: 198.51.100.0/25, asn: 64500, confidence: high, evidence: [good@2026-01-01], recheck_by: 2027-02-22 }
tests:
  blocked: [alpha.example.com, a.alpha.example.com, b.alpha.example.com, c.alpha.example.com, alpha.example.com.edgekey.net]
  free: [example.com, edgekey.net, beta.example.com, nalpha.example.com, alpha.example.org]
`,
  'apps/beta.yaml': `id: beta
name: Beta
unassigned: An example
rules:
  - { domain: beta.example.com, ${RULE} }
tests:
  blocked: [beta.example.com, a.beta.example.com, b.beta.example.com, c.beta.example.com, beta.example.com.edgekey.net]
  free: [example.com, edgekey.net, alpha.example.com, nbeta.example.com, beta.example.org]
`,
};
const SAMPLES: Samples = {
  others: ['others.example.net'],
  top: ['top.example.net', 'alpha.example.com'],
  ownDomains: { alpha: ['alpha.example.com'] },
  clouds: ['192.0.2.0/24'],
};

function faultsOf(changes: Readonly<Record<string, (text: string) => string>> = {}): Record<string, string[]> {
  const files = Object.entries(FILES).map(([name, text]) => [
    `lists/${name}`,
    (changes[name] ?? ((same) => same))(text),
  ]);
  const folder = openFolder('lists', memoryDisk(Object.fromEntries(files)), SAMPLES);
  const found = Object.entries(GUARDS).map(([name, guard]) => [name, guard(folder)] as const);
  return Object.fromEntries(found.filter(([, faults]) => faults.length > 0));
}

const replacing = (from: string | RegExp, to: string) => (text: string) => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
};
const adding = (rule: string) => replacing('rules:\n', `rules:\n  - ${rule}\n`);
const ADDRESS = 'confidence: high, evidence: [good@2026-01-01], recheck_by: 2027-02-22';

/** Guard, file, fault planted in it, what the guard says. */
const PLANTS: [string, string, (text: string) => string, string[]][] = [
  [
    'every id resolves',
    'directives/act.yaml',
    replacing('apps: [', 'apps: [{ app: gamma, basis: named }, '),
    ['act: no app gamma'],
  ],
  [
    'every id resolves',
    'apps/alpha.yaml',
    adding(`{ domain: a.example.org, also_in: [gamma], ${RULE} }`),
    ['alpha: no app gamma'],
  ],
  [
    'every app is named by a directive, or says why not',
    'apps/beta.yaml',
    replacing('unassigned: An example\n', ''),
    ['beta'],
  ],
  [
    'every app is named by a directive, or says why not',
    'apps/alpha.yaml',
    replacing('rules:', 'unassigned: Not so\nrules:'),
    ['alpha'],
  ],
  ['only what is under review names no app', 'directives/act.yaml', replacing(/apps: .*/, 'apps: []'), ['act']],
  [
    'every rule has a source that may be carried',
    'apps/beta.yaml',
    replacing('good@', 'rank@'),
    ['beta: beta.example.com'],
  ],
  [
    'every rule has a source that may be carried',
    'apps/beta.yaml',
    replacing('good@', 'nobody@'),
    ['beta: beta.example.com'],
  ],
  [
    'every rule has a source that may be carried',
    'apps/beta.yaml',
    replacing('evidence: [good@2026-01-01], ', ''),
    ['beta: beta.example.com'],
  ],
  [
    'no evidence lies in the future',
    'apps/beta.yaml',
    replacing('good@2026-01-01', 'good@2026-11-25'),
    ['beta: beta.example.com'],
  ],
  ['every rule has high or medium confidence', 'apps/beta.yaml', replacing('high', 'low'), ['beta: beta.example.com']],
  [
    'no rule is a public suffix, a CDN zone or a single label',
    'apps/beta.yaml',
    adding(`{ exact: co.uk, ${RULE} }`),
    ['beta: co.uk'],
  ],
  [
    'no rule is a public suffix, a CDN zone or a single label',
    'apps/beta.yaml',
    adding(`{ wildcard: github.io, ${RULE} }`),
    ['beta: github.io'],
  ],
  [
    'no rule is a public suffix, a CDN zone or a single label',
    'apps/beta.yaml',
    adding(`{ domain: EdgeKey.net., ${RULE} }`),
    ['beta: edgekey.net'],
  ],
  [
    'no rule is a public suffix, a CDN zone or a single label',
    'apps/beta.yaml',
    adding(`{ domain: beta, ${RULE} }`),
    ['beta: beta'],
  ],
  [
    'no two apps claim one name or prefix without also_in',
    'apps/beta.yaml',
    adding(`{ domain: alpha.example.com, ${RULE} }`),
    ['beta: alpha.example.com'],
  ],
  [
    'no address rule speaks against networks.yaml',
    'apps/beta.yaml',
    adding(`{ address: 203.0.113.0/25, asn: 64500, ${ADDRESS} }`),
    [
      '203.0.113.0/25 and 203.0.113.0/24 overlap, which AS64501 (OTHER) announces, not AS64500; mend asn, or take the rule away',
    ],
  ],
  [
    'no prefix of a public cloud is blocked',
    'apps/beta.yaml',
    adding(`{ address: 192.0.2.0/28, asn: 64502, ${ADDRESS} }`),
    ['beta: 192.0.2.0/28'],
  ],
  [
    'no prefix of a public cloud is blocked',
    'apps/beta.yaml',
    adding(`{ address: 192.0.0.0/16, asn: 64502, ${ADDRESS} }`),
    ['beta: 192.0.0.0/16'],
  ],
  [
    'no name that others once blocked by mistake is blocked',
    'apps/beta.yaml',
    adding(`{ domain: others.example.net, ${RULE} }`),
    ['beta: others.example.net'],
  ],
  [
    "no name of the most asked is blocked but an app's own",
    'apps/beta.yaml',
    adding(`{ domain: top.example.net, ${RULE} }`),
    ['beta: top.example.net'],
  ],
  [
    'every app has five names that match, five that stay free, and all hold',
    'apps/beta.yaml',
    replacing('a.beta.example.com, ', ''),
    ['beta: too few'],
  ],
  [
    'every app has five names that match, five that stay free, and all hold',
    'apps/beta.yaml',
    replacing('a.beta.example.com, ', 'a.example.com, '),
    ['beta: a.example.com is free'],
  ],
  [
    'every app has five names that match, five that stay free, and all hold',
    'apps/beta.yaml',
    replacing('[example.com, ', '[x.beta.example.com, '),
    ['beta: x.beta.example.com matches'],
  ],
  [
    'every directive is reviewed between a day and a year ahead',
    'directives/act.yaml',
    replacing('review_by: 2027-05-24\n', ''),
    ['act'],
  ],
  [
    'every directive is reviewed between a day and a year ahead',
    'directives/act.yaml',
    replacing('2027-05-24', '2026-11-23'),
    ['act'],
  ],
  [
    'every rule is looked at again: names within a year or so, addresses within 90 days',
    'apps/beta.yaml',
    replacing(', recheck_by: 2027-11-24', ''),
    ['beta: beta.example.com'],
  ],
  [
    'every rule is looked at again: names within a year or so, addresses within 90 days',
    'apps/alpha.yaml',
    replacing('2027-02-22', '2027-05-22'),
    ['alpha: 198.51.100.0/25'],
  ],
];

describe('a small folder', () => {
  it('without a fault passes every guard', () => expect(faultsOf()).toEqual({}));

  it.each(PLANTS)('with a fault planted fails: %s (%s)', (guard, file, plant, faults) => {
    expect(faultsOf({ [file]: plant })).toMatchObject({ [guard]: faults });
  });

  it('is planted with a fault for each guard', () => {
    expect(Object.keys(GUARDS).filter((name) => !PLANTS.some(([guard]) => guard === name))).toEqual([]);
  });
});
