// Addresses and prefixes: 16 bytes, IPv4 mapped into ::ffff:0:0/96, so that one comparison and one trie shape serve both families.

import ipaddr from 'ipaddr.js';
import type { Address } from './brand.ts';

/** Bits in front of an IPv4 address in its mapped form. */
export const IPV4_OFFSET = 96;

export interface Prefix {
  readonly address: Address;
  /** 0–128, counted on the 16-byte form: 10.0.0.0/8 has 104. */
  readonly bits: number;
}

/** Dotted quad (four parts, decimal) or RFC 4291 text, without zone index. Undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return mapped(ipaddr.IPv4.parse(text).toByteArray());
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()) as Address;
}

function mapped(four: readonly number[]): Address {
  const bytes = new Uint8Array(16);
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  bytes.set(four, 12);
  return bytes as Address;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or a lone address as its /32 or /128. Undefined when it is none; a set host bit is a fault of its own. */
export function parsePrefix(text: string): Prefix | 'host-bits' | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const offset = isIPv4(address) && text.includes('.') ? IPV4_OFFSET : 0;
  const bitsText = slash < 0 ? String(128 - offset) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(bitsText)) return undefined;
  const bits = Number(bitsText) + offset;
  if (bits > 128) return undefined;
  for (let bit = bits; bit < 128; bit++) if (bitAt(address, bit) === 1) return 'host-bits';
  return { address, bits };
}

export function bitAt(address: Uint8Array, bit: number): number {
  return (address[bit >> 3] >> (7 - (bit & 7))) & 1;
}

/** True for the mapped form ::ffff:0:0/96. */
export function isIPv4(bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** RFC 5952 text; mapped addresses as a dotted quad. */
export function formatAddress(bytes: Uint8Array, at = 0): string {
  if (isIPv4(bytes, at)) return `${bytes[at + 12]}.${bytes[at + 13]}.${bytes[at + 14]}.${bytes[at + 15]}`;
  return new ipaddr.IPv6(Array.from(bytes.subarray(at, at + 16))).toRFC5952String();
}

export function formatPrefix(prefix: Prefix): string {
  const offset = isIPv4(prefix.address) && prefix.bits >= IPV4_OFFSET ? IPV4_OFFSET : 0;
  return `${formatAddress(prefix.address)}/${prefix.bits - offset}`;
}

/** True when `outer` holds every address of `inner`. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  if (outer.bits > inner.bits) return false;
  for (let bit = 0; bit < outer.bits; bit++) if (bitAt(outer.address, bit) !== bitAt(inner.address, bit)) return false;
  return true;
}
