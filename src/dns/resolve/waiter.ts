// A query in the resolver's hands: what is needed to judge it again and to send its answer, however long that takes. Records are used over
// and over, so that a miss costs no garbage.

import { SEGMENT_UNRESOLVED, TRANSPORT_UDP } from '../../base/packet.ts';
import type { CachedAnswer } from '../answer/cached-answer.ts';
import { giveShareBack, newShares, type Shares, takeShare } from '../listeners/shares.ts';
import type { MissRecord } from '../workers/miss-ring.ts';
import { RETURN_PATH_BYTES } from '../workers/sockets/return-path.ts';

/** Queries that wait for upstreams at once: 20,000 a second, half a second each. Beyond: SERVFAIL. */
const MAX_WAITING = 10_000;
/** Nearly every query fits; 10,000 of them are 2.5 MB. */
const USUAL_QUERY = 256;

/** Takes the whole answer, `bytes[0, length)`, which it must copy if it keeps it; `length` 0: send nothing. */
export type Deliver = (waiter: Waiter, bytes: Uint8Array, length: number) => void;

export class Waiter implements MissRecord {
  query: Uint8Array = new Uint8Array(USUAL_QUERY);
  length = 0;
  /** 16 bytes, IPv4 mapped. */
  readonly client = new Uint8Array(16);
  clientPort = 0;
  transport = TRANSPORT_UDP;
  segment = SEGMENT_UNRESOLVED;
  arrivedSeconds = 0;
  /** Where a worker's answer goes: which of its sockets, that socket's descriptor, and the way back from there. */
  readonly returnPath = new Uint8Array(RETURN_PATH_BYTES);
  socket = 0;
  fd = -1;
  /** Or whom to tell. */
  answered: ((answer: Uint8Array | undefined) => void) | undefined;
  deliver: Deliver = dropped;
  /** Of its network's share, -1 while it does not wait. */
  share = -1;
  /** To be given when the upstreams fail. */
  stale: CachedAnswer | undefined;
  cancelStale: () => void = nothing;

  /** Room for `length` bytes of query; sets `length`. */
  room(length: number): Uint8Array {
    if (length > this.query.length) this.query = new Uint8Array(length);
    this.length = length;
    return this.query;
  }
}

export class Waiters {
  readonly #free: Waiter[] = [];
  readonly #shares: Shares;
  #waiting = 0;

  constructor(seed: number) {
    this.#shares = newShares(MAX_WAITING, seed);
  }

  take(): Waiter {
    return this.#free.pop() ?? new Waiter();
  }

  /** It is going to wait for an upstream; false when too many do. */
  admit(waiter: Waiter): boolean {
    if (this.#waiting >= MAX_WAITING) return false;
    waiter.share = takeShare(this.#shares, waiter.client);
    if (waiter.share < 0) return false;
    this.#waiting++;
    return true;
  }

  /** It has its answer. Its record is somebody else's from here on. */
  release(waiter: Waiter): void {
    if (waiter.share >= 0) {
      giveShareBack(this.#shares, waiter.share);
      this.#waiting--;
      waiter.share = -1;
    }
    waiter.cancelStale();
    waiter.cancelStale = nothing;
    waiter.stale = undefined;
    waiter.answered = undefined;
    waiter.deliver = dropped;
    if (waiter.query.length > USUAL_QUERY) waiter.query = new Uint8Array(USUAL_QUERY);
    this.#free.push(waiter);
  }
}

function nothing(): void {}
function dropped(): void {}
