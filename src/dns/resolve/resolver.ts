// The resolver as its callers see it: messages in, messages out. It shares no object with doors or control, so that it can live in a
// thread of its own.

export interface Asker {
  /** 16 bytes, IPv4 mapped. */
  readonly client: Uint8Array;
  readonly clientPort: number;
  /** TRANSPORT_UDP or TRANSPORT_TCP of base/packet.ts: decides sizes and truncation. */
  readonly transport: number;
  /** As in Packet.segment. */
  readonly segment: number;
}

export interface Resolver {
  /**
   * Takes a query that answerQuery called a MISS and gives the whole answer, judged, sized for the transport and ready to send;
   * undefined means drop it. Never rejects: a failure is SERVFAIL with its EDE. The query bytes are copied before the first wait.
   */
  resolve(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined>;
  /** An answer in the cache nears its end: fetches it anew, at most once a second. Nobody waits; the same holds for the query bytes. */
  refresh(query: Uint8Array, asker: Asker): void;
  close(): Promise<void>;
}
