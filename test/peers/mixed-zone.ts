// A seeded zone of about 5,000 names of mixed types, with what resolvers find hard: unknown types, HTTPS, TXT of 4 kB, chains that end in
// NXDOMAIN, DNAME, wildcards, letter case, and signed children (NSEC, NSEC3, one with a broken signature).

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedZone } from './named.ts';

const ORIGIN = 'mix.example';
const OTHER = 'other.example';
const CHILDREN = ['nsec', 'nsec3', 'bogus'] as const;

export interface Asked {
  readonly name: string;
  readonly type: string;
}

export interface MixedZone {
  readonly zones: readonly NamedZone[];
  /** Names with the type to ask for; every name of the zones, and some that do not exist. */
  readonly asked: readonly Asked[];
  /** DS records of the signed children. */
  readonly trustAnchors: readonly string[];
}

/** mulberry32 */
function seededRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

type Random = (limit: number) => number;
/** Zone-file lines of one name, and what to ask. */
type Maker = (name: string, random: Random, zone: string) => { lines: string[]; asked: Asked[] };

const hex = (bytes: number, random: Random) =>
  Array.from({ length: bytes }, () => random(256).toString(16).padStart(2, '0')).join('');
const ipv4 = (random: Random) => `198.18.${random(256)}.${random(256)}`;
const ipv6 = (random: Random) => `2001:db8:${random(65_536).toString(16)}::${random(65_536).toString(16)}`;
const quoted = (length: number, random: Random) =>
  `"${Array.from({ length }, () => String.fromCharCode(97 + random(26))).join('')}"`;

function one(type: string, rdata: (random: Random, zone: string) => string): Maker {
  return (name, random, zone) => ({
    lines: [`${name} ${type} ${rdata(random, zone)}`],
    asked: [{ name: `${name}.${zone}`, type }],
  });
}

const MAKERS: readonly Maker[] = [
  one('A', ipv4),
  one('AAAA', ipv6),
  (name, random, zone) => ({
    lines: Array.from({ length: 2 + random(12) }, () => `${name} A ${ipv4(random)}`),
    asked: [{ name: `${name}.${zone}`, type: 'A' }],
  }),
  one('MX', (random, zone) => `${random(100)} Mail${random(50)}.${zone}.`),
  one('TXT', (random) => `${quoted(1 + random(200), random)} ${quoted(random(100), random)}`),
  one('TXT', (random) => Array.from({ length: 16 }, () => quoted(255, random)).join(' ')),
  one('SRV', (random, zone) => `${random(9)} ${random(9)} ${random(65_536)} Srv.${name(random)}.${zone}.`),
  one('NAPTR', (random, zone) => `${random(9)} 10 "u" "E2U+sip" "!^.*$!sip:x@y!" Next${random(9)}.${zone}.`),
  one('TYPE65280', (random) => {
    const bytes = random(60);
    return `\\# ${bytes} ${hex(bytes, random)}`;
  }),
  one(
    'HTTPS',
    (random, zone) => `1 Edge${random(9)}.${zone}. alpn=h2,h3 ipv4hint=${ipv4(random)} ipv6hint=${ipv6(random)}`,
  ),
  one('HTTPS', (random) => `1 . alpn=h3 port=${random(65_536)}`),
  one('HTTPS', (random, zone) => `0 Alias${random(9)}.${zone}.`),
  one('SVCB', (random) => `2 svc.${OTHER}. ipv4hint=${ipv4(random)},${ipv4(random)}`),
  one('CAA', (random) => `0 issue ${quoted(10, random)}`),
  one('PTR', (random, zone) => `Host${random(99)}.${zone}.`),
  one('RP', (random, zone) => `Admin.${zone}. txt${random(9)}.${zone}.`),
  one('SSHFP', (random) => `4 2 ${hex(32, random)}`),
  one('LOC', () => '51 30 12.748 N 0 7 39.612 W 0.00m'),
  (name, random, zone) => ({
    lines: [`${name} CNAME ${name}-b`, `${name}-b CNAME ${name}-C`, `${name}-C A ${ipv4(random)}`],
    asked: ['A', 'AAAA', 'CNAME'].map((type) => ({ name: `${name}.${zone}`, type })),
  }),
  (name, _random, zone) => ({
    lines: [`${name} CNAME ${name}-b`, `${name}-b CNAME gone-${name}.${zone}.`],
    asked: ['A', 'TXT'].map((type) => ({ name: `${name}.${zone}`, type })),
  }),
  (name, random, zone) => ({
    lines: [`${name} CNAME a${random(50)}.${OTHER}.`],
    asked: [{ name: `${name}.${zone}`, type: 'A' }],
  }),
  (name, random, zone) => ({
    lines: [`${name} DNAME ${OTHER}.`],
    asked: [
      { name: `a${random(50)}.${name}.${zone}`, type: 'A' },
      { name: `no${random(50)}.${name}.${zone}`, type: 'A' },
      { name: `${name}.${zone}`, type: 'DNAME' },
      { name: `${name}.${zone}`, type: 'A' },
    ],
  }),
  (name, random, zone) => ({
    lines: [`*.${name} A ${ipv4(random)}`, `*.${name} TXT ${quoted(20, random)}`],
    asked: [
      { name: `x${random(99)}.${name}.${zone}`, type: 'A' },
      { name: `Deep.x.${name}.${zone}`, type: 'TXT' },
      { name: `y.${name}.${zone}`, type: 'MX' },
    ],
  }),
  (name, random, zone) => ({
    lines: [`*.${name} CNAME a${random(50)}.${OTHER}.`],
    asked: [{ name: `x${random(99)}.${name}.${zone}`, type: 'A' }],
  }),
  (name, _random, zone) => ({
    lines: [],
    asked: [{ name: `${name}.${zone}`, type: 'A' }],
  }),
];

function name(random: Random): string {
  return `n${random(5000)}`;
}

/** Makes the zones and signs the children, whose keys and files go to `folder`. */
export function mixedZone(count: number, seed: number, folder: string): MixedZone {
  const random = seededRandom(seed);
  const parent = namesOf(Math.floor(count * 0.8), ORIGIN, random);
  const children = CHILDREN.map((child) => ({ child, zone: `${child}.${ORIGIN}` }));
  const made = children.map(({ zone }) => namesOf(Math.floor(count / 15), zone, random));
  const signed = children.map(({ child, zone }, i) => sign(child, zone, made[i].lines, folder));
  const delegations = children.map(({ child }) => `${child} NS ns.${ORIGIN}.`);
  const other = Array.from({ length: 50 }, (_, i) => `a${i} A ${ipv4(random)}`);
  return {
    zones: [
      { zone: ORIGIN, text: zoneText(ORIGIN, [...delegations, ...parent.lines]) },
      { zone: OTHER, text: zoneText(OTHER, [...other, `svc A ${ipv4(random)}`]) },
      ...children.map(({ zone }, i) => ({ zone, text: signed[i].text })),
    ],
    asked: [parent, ...made].flatMap((part) => part.asked),
    trustAnchors: signed.map(({ ds }) => ds),
  };
}

function namesOf(count: number, zone: string, random: Random): { lines: string[]; asked: Asked[] } {
  const lines: string[] = [];
  const asked: Asked[] = [];
  for (let i = 0; i < count; i++) {
    const made = MAKERS[i % MAKERS.length](`${random(3) === 0 ? 'MiXeD' : 'n'}${i}`, random, zone);
    lines.push(...made.lines);
    asked.push(...made.asked);
  }
  return { lines, asked };
}

function zoneText(zone: string, lines: readonly string[]): string {
  const head = [
    `$ORIGIN ${zone}.`,
    '$TTL 3600',
    `@ SOA ns.${ORIGIN}. hostmaster.${ORIGIN}. 1 3600 600 86400 300`,
    `@ NS ns.${ORIGIN}.`,
    ...(zone === ORIGIN ? ['ns A 127.0.0.1'] : []),
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}

function sign(child: (typeof CHILDREN)[number], zone: string, lines: readonly string[], folder: string) {
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder, stdio: 'pipe' });
  const key = run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone).toString().trim();
  writeFileSync(join(folder, `${zone}.db`), `${zoneText(zone, lines)}$INCLUDE ${key}.key\n`);
  const nsec3 = child === 'nsec3' ? ['-3', '-'] : [];
  run('dnssec-signzone', '-z', '-P', ...nsec3, '-o', zone, '-f', `${zone}.signed`, `${zone}.db`);
  const text = readFileSync(join(folder, `${zone}.signed`), 'utf8');
  const ds = run('dnssec-dsfromkey', '-2', `${key}.key`).toString().trim();
  return { ds, text: child === 'bogus' ? spoil(text) : text };
}

/** Every address changed after signing. */
function spoil(text: string): string {
  return text.replaceAll(/(\bA\s+)198\.18\./g, '$1198.19.');
}
