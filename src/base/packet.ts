// One reusable record per thread for the query in hand: numbers and views only, so that nothing is allocated per query. A door fills in
// the upper half, answerQuery the lower half on the way, so that a MISS is not parsed twice.

import { type NameLabels, newNameLabels } from './name-labels.ts';

export const TRANSPORT_UDP = 0;
export const TRANSPORT_TCP = 1;

/** The door leaves the segment to the client's address. */
export const SEGMENT_UNRESOLVED = -1;
/** No segment holds the client: refused. */
export const NO_SEGMENT = -2;

export interface Packet {
  /**
   * The buffer the query lies in, and where its answer is written in place. A door with several buffers has a packet for each.
   */
  readonly bytes: Uint8Array;
  /** The same memory, for numbers at any place: one instruction each, where bytes take four. */
  readonly view: DataView;
  /** First byte of the message. */
  at: number;
  /** Length of the query in bytes. */
  length: number;
  /** Room from `at` on: nothing is ever written at or behind at + capacity. */
  capacity: number;
  /** 16 bytes, IPv4 mapped. */
  client: Uint8Array;
  clientPort: number;
  /** TRANSPORT_UDP or TRANSPORT_TCP. */
  transport: number;
  /** A derived segment's number set by the door, SEGMENT_UNRESOLVED or NO_SEGMENT. */
  segment: number;

  /** Offset (absolute in `bytes`) of the first byte behind the question. */
  questionEnd: number;
  qtype: number;
  /** Header flags of the query, bytes 2 and 3. */
  flags: number;
  /** 1 when the query carried an OPT record. */
  hasOpt: number;
  /** Requestor's UDP payload size (RFC 6891 §6.2.3), 0 without OPT. */
  udpSize: number;
  /** DO bit of the OPT (RFC 3225). */
  dnssecOk: number;
  /** The qname in lower case, wire form: the bytes of `labels`. */
  readonly qname: Uint8Array;
  /** The same bytes as words. */
  readonly qnameWords: Int32Array;
  qnameLength: number;
  readonly labels: NameLabels;
  /** 1: the labels are hashed under the policy in force. */
  hashed: number;
  /** 1: the next two are the question's hash in the response cache (dns/answer/response-cache/key.ts). */
  keyed: number;
  keyBucket: number;
  keyTag: number;
  /** Where in the response cache the answer seems to be, -1 for nowhere: a guess, which the look-up makes sure of. */
  slot: number;
  /** What readQuery found wrong (dns/wire/question.ts), 0 for nothing. */
  fault: number;
  /** What policy says: of the qname after answerQuery, of the whole answer after answerFromMemory. 32 bits of policy/verdict.ts. */
  verdict: number;
  /** 1: answered from the cache, and it is time to ask upstream again before the answer ends. The door hands the question to the resolver. */
  refresh: number;
}

export function newPacket(bytes: Uint8Array): Packet {
  const labels = newNameLabels();
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    at: 0,
    length: 0,
    capacity: bytes.length,
    client: new Uint8Array(16),
    clientPort: 0,
    transport: TRANSPORT_UDP,
    segment: SEGMENT_UNRESOLVED,
    questionEnd: 0,
    qtype: 0,
    flags: 0,
    hasOpt: 0,
    udpSize: 0,
    dnssecOk: 0,
    qname: labels.bytes,
    qnameWords: new Int32Array(labels.bytes.buffer),
    qnameLength: 0,
    labels,
    hashed: 0,
    keyed: 0,
    keyBucket: 0,
    keyTag: 0,
    slot: -1,
    fault: 0,
    verdict: 0,
    refresh: 0,
  };
}
