// Names that never leave the house: special-use names and private reverse zones, answered here whatever the policy says, unless the
// department forwards a zone at or below one of them. One small hash table over whole suffixes; names under other top-level labels are
// turned away by three bytes of their last label before anything is hashed.

import { LOWER, MAX_LABELS, parseName } from '../../base/names.ts';

/** The name is none of ours. */
export const LOCAL_NONE = 0;
/** Loopback addresses (RFC 6761 §6.3). */
export const LOCAL_LOOPBACK = 1;
/** An empty zone: NODATA at its apex, NXDOMAIN below. */
export const LOCAL_EMPTY = 2;
/** As LOCAL_EMPTY, but DS at the apex belongs to the parent and is resolved (RFC 8375 §4). */
export const LOCAL_EMPTY_SIGNED_PARENT = 3;
/** resolver.arpa (RFC 9462): NODATA for every name in it, never forwarded. */
export const LOCAL_RESOLVER = 4;
/** A forward zone of the department: not ours after all. */
const FORWARDED = 5;

const EMPTY_ZONES = [
  // RFC 6761, RFC 6762, RFC 7686.
  'test',
  'invalid',
  'local',
  'onion',
  // RFC 6303 §4.
  ...['0', '10', '127', '254.169', '168.192', '2.0.192', '100.51.198', '113.0.203', '255.255.255.255'].map(inAddr),
  ...range(16, 31).map((octet) => inAddr(`${octet}.172`)),
  // RFC 7793.
  ...range(64, 127).map((octet) => inAddr(`${octet}.100`)),
  // RFC 6303 §4: the unspecified and the loopback address, unique local and link-local addresses, documentation.
  `${'0.'.repeat(32)}ip6.arpa`,
  `1.${'0.'.repeat(31)}ip6.arpa`,
  'd.f.ip6.arpa',
  ...['8', '9', 'a', 'b'].map((nibble) => `${nibble}.e.f.ip6.arpa`),
  '8.b.d.0.1.0.0.2.ip6.arpa',
];

function inAddr(octets: string): string {
  return `${octets}.in-addr.arpa`;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

export interface LocalZones {
  /** Open-addressed: index in `zones` plus one, 0 for an empty slot. */
  readonly slots: Uint16Array;
  readonly hashes: Uint32Array;
  readonly zones: readonly LocalZone[];
  /** By topMark, 1 for the zones' last labels: names under others are none of ours, but for one in forty that are looked up in vain. */
  readonly tops: Uint8Array;
  /** Where the labels of the name in hand start. */
  readonly starts: Uint8Array;
  /** After a match: bytes of the qname in front of the zone's apex; 0 when the name is the apex. */
  apexAt: number;
}

interface LocalZone {
  readonly name: Uint8Array;
  readonly kind: number;
}

/** `forwardZones` are names as text; those outside the local zones do no harm. */
export function newLocalZones(forwardZones: readonly string[]): LocalZones {
  const kinds = new Map<string, number>(EMPTY_ZONES.map((zone) => [zone, LOCAL_EMPTY]));
  kinds.set('localhost', LOCAL_LOOPBACK);
  kinds.set('home.arpa', LOCAL_EMPTY_SIGNED_PARENT);
  for (const zone of forwardZones) kinds.set(zone.toLowerCase().replace(/\.$/, ''), FORWARDED);
  for (const zone of kinds.keys()) if (/(^|\.)resolver\.arpa$/.test(zone)) kinds.delete(zone);
  kinds.set('resolver.arpa', LOCAL_RESOLVER);
  return buildTable([...kinds].flatMap(([text, kind]) => zoneOf(text, kind)));
}

/** A forward zone that is no name is config's problem, not ours; the root covers no special name more closely than its own zone. */
function zoneOf(text: string, kind: number): LocalZone[] {
  const name = text === '' ? 'empty' : parseName(text);
  return typeof name === 'string' || name.length === 1 ? [] : [{ name, kind }];
}

function buildTable(zones: readonly LocalZone[]): LocalZones {
  // A load of at most a half keeps probes short; a power of two turns modulo into a mask.
  const size = 2 ** Math.ceil(Math.log2(zones.length * 2));
  const slots = new Uint16Array(size);
  const hashes = new Uint32Array(size);
  const starts = new Uint8Array(MAX_LABELS + 1);
  const tops = new Uint8Array(256);
  zones.forEach((zone, index) => {
    const labels = labelStarts(zone.name, starts);
    let hash = 0;
    for (let i = labels - 1; i >= 0; i--) hash = hashLabel(hash, zone.name, starts[i]);
    let slot = hash & (size - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
    slots[slot] = index + 1;
    hashes[slot] = hash >>> 0;
    if (zone.kind === FORWARDED) return;
    tops[topMark(zone.name, starts[labels - 1])] = 1;
  });
  return { slots, hashes, zones, tops, starts, apexAt: 0 };
}

/**
 * The kind of the deepest zone that holds the name (wire form, lower case), LOCAL_NONE for most; sets `apexAt`. The name's last label starts at
 * `topAt`.
 */
export function localKind(local: LocalZones, name: Uint8Array, length: number, topAt: number): number {
  if (local.tops[topMark(name, topAt)] === 0) return LOCAL_NONE;
  const labels = labelStarts(name, local.starts);
  let hash = 0;
  let kind = LOCAL_NONE;
  for (let i = labels - 1; i >= 0; i--) {
    const at = local.starts[i];
    hash = hashLabel(hash, name, at);
    const found = find(local, hash, name, at, length - at);
    if (found === LOCAL_NONE) continue;
    kind = found;
    local.apexAt = at;
  }
  return kind === FORWARDED ? LOCAL_NONE : kind;
}

/** Of a last label's length, first byte and last byte: a number below 256. */
function topMark(name: Uint8Array, at: number): number {
  const size = name[at];
  return (size * 59 + name[at + 1] * 7 + name[at + size]) & 255;
}

function equal(whole: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < whole.length; i++) if (whole[i] !== bytes[at + i]) return false;
  return true;
}

function labelStarts(name: Uint8Array, starts: Uint8Array): number {
  let labels = 0;
  for (let at = 0; name[at] !== 0 && labels < MAX_LABELS; at += name[at] + 1) starts[labels++] = at;
  return labels;
}

/** FNV-1a over a label with its length byte, from the right label to the left. The table's keys are ours, so nobody can aim at it. */
function hashLabel(seed: number, name: Uint8Array, at: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let i = at; i <= at + name[at]; i++) hash = Math.imul(hash ^ LOWER[name[i]], 0x01000193);
  return hash ^ (hash >>> 15);
}

function find(local: LocalZones, hash: number, name: Uint8Array, at: number, length: number): number {
  const { slots, hashes, zones } = local;
  const mask = slots.length - 1;
  for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    if (hashes[slot] !== hash >>> 0) continue;
    const zone = zones[slots[slot] - 1];
    if (zone.name.length === length && equal(zone.name, name, at)) return zone.kind;
  }
  return LOCAL_NONE;
}
