// What the upstream knows: A, AAAA, HTTPS and negative answers for the names that are asked again and again, 30 % of the positive ones at
// the end of a chain of one to three CNAMEs through delivery zones.

import { writeU16, writeU32 } from '../../src/base/bytes.ts';
import { type Answer, type QType, TYPES, wireName } from './messages.ts';
import { randomFrom } from './random.ts';

export interface ZoneAnswer extends Answer {
  readonly name: string;
  readonly type: QType;
  readonly authorities: number;
  /** The sections behind the question. */
  readonly body: Uint8Array;
  /** The same from each name of the chain on: some resolvers ask for every link. */
  readonly links: readonly ZoneAnswer[];
}

/** Longer than any run. */
const TTL = 3600;
const CNAME = 5;
const SOA = 6;
const QNAME_POINTER = [0xc0, 12];

/** Of 20 answers 10 are A, 4 AAAA, 3 HTTPS, 3 negative: one NXDOMAIN, two without data. */
export function makeZone(count: number, cdnZones: readonly string[]): ZoneAnswer[] {
  const random = randomFrom(7);
  return Array.from({ length: count }, (_, i): ZoneAnswer => {
    const name = `${['www', 'api', 'mail', 'static'][i % 4]}.site${i}.t${i % 150}`;
    const kind = i % 20;
    if (kind >= 17) return negative(name, kind === 17 ? 3 : 0, kind === 18 ? 'AAAA' : 'A');
    const type: QType = kind < 10 ? 'A' : kind < 14 ? 'AAAA' : 'HTTPS';
    return positive(name, type, i, random(10) < 3 ? chainOf(name, 1 + random(3), cdnZones) : []);
  });
}

function chainOf(name: string, links: number, cdnZones: readonly string[]): string[] {
  return Array.from({ length: links }, (_, link) => `${name}.${cdnZones[(name.length + link) % cdnZones.length]}`);
}

/** The owner behind a CNAME is a pointer to that record's target, as servers write it. */
function positive(name: string, type: QType, i: number, chain: readonly string[]): ZoneAnswer {
  const start = 12 + wireName(name).length + 4;
  let owner: readonly number[] = QNAME_POINTER;
  const body: number[] = [];
  for (const target of chain) {
    const rdata = [...wireName(target)];
    body.push(...record(owner, CNAME, rdata));
    const at = start + body.length - rdata.length;
    owner = [0xc0 | (at >> 8), at & 255];
  }
  const data = dataOf(type, i);
  for (const rdata of data) body.push(...record(owner, TYPES[type], rdata));
  const counts = { rcode: 0, answers: chain.length + data.length, authorities: 0 };
  const links = chain.map((target, at) => positive(target, type, i, chain.slice(at + 1)));
  return { name, type, ...counts, body: Uint8Array.from(body), links };
}

function dataOf(type: QType, i: number): number[][] {
  const [high, low] = [i >> 8, i & 255];
  if (type === 'A') return Array.from({ length: 1 + (i % 3) }, (_, n) => [198, 18 + n, high, low]);
  if (type === 'AAAA') return [[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low]];
  // 1 . alpn=h2,h3 ipv4hint=198.18.x.y
  return [[0, 1, 0, 0, 1, 0, 6, 2, 104, 50, 2, 104, 51, 0, 4, 0, 4, 198, 18, high, low]];
}

function negative(name: string, rcode: number, type: QType): ZoneAnswer {
  const parent = wireName(name.slice(name.indexOf('.') + 1));
  const numbers = new Uint8Array(20);
  for (let i = 0; i < 5; i++) writeU32(numbers, 4 * i, i === 0 ? 1 : TTL);
  const body = record([...parent], SOA, [...wireName('ns.example'), ...wireName('admin.example'), ...numbers]);
  return { name, type, rcode, answers: 0, authorities: 1, body: Uint8Array.from(body), links: [] };
}

function record(owner: readonly number[], type: number, rdata: readonly number[]): number[] {
  const head = new Uint8Array(10);
  writeU16(head, 0, type);
  writeU16(head, 2, 1);
  writeU32(head, 4, TTL);
  writeU16(head, 8, rdata.length);
  return [...owner, ...head, ...rdata];
}

/** The file that limit/upstream.c reads. */
export function zoneFile(zone: readonly ZoneAnswer[]): Buffer {
  return Buffer.concat(withLinks(zone).map(fileRecord));
}

export function withLinks(zone: readonly ZoneAnswer[]): ZoneAnswer[] {
  return zone.flatMap((row) => [row, ...row.links]);
}

function fileRecord({ name, type, rcode, answers, authorities, body }: ZoneAnswer): Uint8Array {
  const owner = wireName(name);
  const head = new Uint8Array(2 + owner.length + 2 + 7);
  const at = 2 + owner.length;
  writeU16(head, 0, owner.length + 2);
  head.set(owner, 2);
  writeU16(head, at, TYPES[type]);
  head[at + 2] = rcode;
  writeU16(head, at + 3, answers);
  writeU16(head, at + 5, authorities);
  writeU16(head, at + 7, body.length);
  return Buffer.concat([head, body]);
}
