// Where workers' misses come in and their answers go out: takes them from the rings in slices, so that upstream sockets get their turn in
// between, hands them to the resolver, and sends what it answers through the socket that each query came by, in batches.
//
//   bell ─▶ turn: rings ─▶ resolver ─▶ (now or later) deliver ─▶ batch ─▶ flush, once a turn

import type { Bell } from '../workers/bell.ts';
import { MissConsumer, REFRESH } from '../workers/miss-ring.ts';
import type { BatchSender } from '../workers/sockets/batch-sender.ts';
import type { ResolverWithStats } from './resolve.ts';
import type { Waiter } from './waiter.ts';

/** Of one ring in one turn: about 0.3 ms of work. */
const SLICE = 64;

export interface MissDeskOptions {
  readonly resolver: Pick<ResolverWithStats, 'newWaiter' | 'begin' | 'refreshFor'>;
  /** One a worker, with the descriptors of its sockets in the order in which it numbers them. */
  readonly rings: readonly { readonly memory: SharedArrayBuffer; readonly fds: ArrayLike<number> }[];
  readonly bell: Bell;
  readonly sender: Pick<BatchSender, 'add' | 'flush'>;
}

export class MissDesk {
  readonly #o: MissDeskOptions;
  readonly #rings: readonly MissConsumer[];
  readonly #turn = () => this.#takeTurn();
  readonly #flush = () => this.#send();
  readonly #deliver = (waiter: Waiter, bytes: Uint8Array, length: number) => this.#answer(waiter, bytes, length);
  #hasAnswers = false;

  constructor(options: MissDeskOptions) {
    this.#o = options;
    this.#rings = options.rings.map(({ memory }) => new MissConsumer(memory));
  }

  start(): void {
    this.#turn();
  }

  #takeTurn(): void {
    let taken = 0;
    for (let i = 0; i < this.#rings.length; i++) taken += this.#takeFrom(i);
    this.#send();
    if (taken > 0) setImmediate(this.#turn);
    else void this.#o.bell.wait(() => this.#rings.some((ring) => !ring.isEmpty())).then(this.#turn);
  }

  #takeFrom(ring: number): number {
    const { resolver } = this.#o;
    let taken = 0;
    for (; taken < SLICE; taken++) {
      if (this.#rings[ring].isEmpty()) break;
      const waiter = resolver.newWaiter();
      const flags = this.#rings[ring].take(waiter);
      if (flags === REFRESH) {
        resolver.refreshFor(waiter);
        continue;
      }
      waiter.fd = this.#o.rings[ring].fds[waiter.socket] ?? -1;
      waiter.deliver = this.#deliver;
      resolver.begin(waiter);
    }
    return taken;
  }

  #answer({ fd, returnPath }: Waiter, bytes: Uint8Array, length: number): void {
    if (length === 0 || fd < 0) return;
    this.#o.sender.add(fd, returnPath, 0, bytes.subarray(0, length));
    if (this.#hasAnswers) return;
    this.#hasAnswers = true;
    setImmediate(this.#flush);
  }

  #send(): void {
    this.#hasAnswers = false;
    this.#o.sender.flush();
  }
}
