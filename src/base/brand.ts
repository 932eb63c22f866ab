// Branded types: numbers and byte arrays that must not be mixed up. They exist at signatures only; they erase to plain values.

declare const brand: unique symbol;
export type Branded<T, B extends string> = T & { readonly [brand]: B };

/** A name in wire form (RFC 1035 §3.1), lower-case ASCII letters, length-prefixed labels, ending in the root's zero byte. */
export type WireName = Branded<Uint8Array, 'WireName'>;
/** 16 bytes of address; IPv4 stands mapped as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
export type Address = Branded<Uint8Array, 'Address'>;
/** Dense number of a derived segment inside one snapshot; NO_SEGMENT for a client that no segment holds. */
export type SegmentId = Branded<number, 'SegmentId'>;
/** 32 bits, packed and unpacked by policy/verdict.ts. */
export type Verdict = Branded<number, 'Verdict'>;
/** Milliseconds since 1970-01-01T00:00Z. */
export type Instant = Branded<number, 'Instant'>;

/** Marks a place that the type checker proves is never reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
