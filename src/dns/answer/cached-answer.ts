// What is kept of an upstream's answer: truth, no verdict (DNS.md §4). The key is view, qname in lower case, qtype, DO, CD.

export interface CachedAnswer {
  /**
   * The message as it came, scrubbed: 12 bytes of header (id 0; flags as received), the question with the qname in lower case, ANSWER,
   * AUTHORITY, no OPT; compression pointers hold, since the client's question has the same length. Behind it the facts block.
   */
  readonly bytes: Uint8Array;
  /** The same memory, where whoever keeps it has one: for copies by fours. At least 3 bytes lie behind the message. */
  readonly view?: DataView;
  /** Length of the message; the facts block of policy/decide/facts.ts starts here. */
  readonly factsAt: number;
  readonly rcode: number;
  /** NXDOMAIN, or no RRset at the chain's end: the limit on negative TTLs applies. */
  readonly isNegative: boolean;
  /** The upstream is trusted and set AD. */
  readonly authentic: boolean;
  /** Monotonic seconds. */
  readonly insertedAt: number;
  readonly expiresAt: number;
  /** Offsets in `bytes` of each TTL field that falls with age (an RRSIG's original TTL is none); a 0 ends them early. */
  readonly ttlOffsets: Uint16Array;
  /** INFO-CODE of the one EDE kept with it (RFC 8914), -1 for none. */
  readonly ede: number;
  /** Served behind its expiry because the upstream did not answer (RFC 8767). */
  readonly stale: boolean;
}
