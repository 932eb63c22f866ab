// The resolver of another thread, seen from this one: messages both ways, those of a turn of the event loop in one, since the price of a
// message lies in its sending.
//
//   doors ─▶ RemoteResolver ── {asked: [{id, query, asker} …]} ─▶ ResolverServer ─▶ Resolver
//                           ◀─ {answered: [{id, answer} …]} ─────

import type { Asker, Resolver } from './resolver.ts';

/** A thread or a port to one. */
export interface Channel {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

interface Asked {
  /** 0: a refresh, which nobody waits for. */
  readonly id: number;
  readonly query: Uint8Array;
  readonly asker: Asker;
}

interface Answered {
  readonly id: number;
  readonly answer: Uint8Array | undefined;
}

/** To the resolver's thread. */
type Request = { readonly asked: readonly Asked[] } | { readonly wants: 'stats' | 'end' };

/** From it. */
export type Report<Stats> =
  | { readonly answered: readonly Answered[] }
  /** Told every second, too, without being asked. */
  | { readonly stats: Stats; readonly wereAsked: boolean }
  | { readonly warning: string }
  | { readonly fault: { readonly error: string; readonly query: Uint8Array } }
  | { readonly ended: true };

/** What came besides answers. */
export interface RemoteEvents {
  readonly onWarning: (message: string) => void;
  /** A query that made the resolver throw. */
  readonly onFault: (fault: { readonly error: string; readonly query: Uint8Array }) => void;
}

export class RemoteResolver<Stats> implements Resolver {
  readonly #channel: Channel;
  readonly #events: RemoteEvents;
  readonly #pending = new Map<number, (answer: Uint8Array | undefined) => void>();
  #batch: Asked[] = [];
  #lastId = 0;
  #stats: Stats | undefined;
  #isClosed = false;
  #ended: () => void = () => {};
  /** The question for present numbers that is on its way: one at a time, however many want to know. */
  #askedStats: { readonly told: Promise<void>; readonly settle: () => void } | undefined;

  constructor(channel: Channel, events: RemoteEvents) {
    this.#channel = channel;
    this.#events = events;
    channel.on('message', (message) => this.#received(message as Report<Stats>));
  }

  /** As many may wait as the door lets wait. */
  resolve(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    this.#lastId++;
    this.#put(this.#lastId, query, asker);
    return new Promise((answered) => this.#pending.set(this.#lastId, answered));
  }

  refresh(query: Uint8Array, asker: Asker): void {
    if (!this.#isClosed) this.#put(0, query, asker);
  }

  /** Whoever waits gets nothing. Settles when the thread has let go of its sockets: it may be ended then. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#flush();
    for (const answered of this.#pending.values()) answered(undefined);
    this.#pending.clear();
    return new Promise((ended) => {
      this.#ended = ended;
      this.#post({ wants: 'end' });
    });
  }

  /** As last told, a second ago at most; undefined before the first time. */
  stats(): Stats | undefined {
    return this.#stats;
  }

  /** As they are now. */
  async freshStats(): Promise<Stats | undefined> {
    if (!this.#isClosed) await this.#askStats();
    return this.#stats;
  }

  #askStats(): Promise<void> {
    if (this.#askedStats === undefined) {
      const { promise: told, resolve: settle } = Promise.withResolvers<void>();
      this.#askedStats = { told, settle };
      this.#post({ wants: 'stats' });
    }
    return this.#askedStats.told;
  }

  #put(id: number, query: Uint8Array, asker: Asker): void {
    if (this.#batch.length === 0) setImmediate(() => this.#flush());
    const { client, clientPort, transport, segment } = asker;
    // A view would take the whole buffer behind it along.
    this.#batch.push({ id, query: query.slice(), asker: { client: client.slice(), clientPort, transport, segment } });
  }

  #flush(): void {
    if (this.#batch.length > 0) this.#post({ asked: this.#batch });
    this.#batch = [];
  }

  #post(request: Request): void {
    this.#channel.postMessage(request);
  }

  #received(report: Report<Stats>): void {
    if ('answered' in report) for (const { id, answer } of report.answered) this.#settle(id, answer);
    else if ('stats' in report) this.#told(report.stats, report.wereAsked);
    else if ('warning' in report) this.#events.onWarning(report.warning);
    else if ('fault' in report) this.#events.onFault(report.fault);
    else this.#end();
  }

  #settle(id: number, answer: Uint8Array | undefined): void {
    this.#pending.get(id)?.(answer);
    this.#pending.delete(id);
  }

  #told(stats: Stats, wereAsked: boolean): void {
    this.#stats = stats;
    if (wereAsked) this.#settleStats();
  }

  #end(): void {
    this.#settleStats();
    this.#ended();
  }

  #settleStats(): void {
    this.#askedStats?.settle();
    this.#askedStats = undefined;
  }
}

/** The other end, in the resolver's thread. */
export class ResolverServer<Stats> {
  readonly #channel: Channel;
  readonly #resolver: Resolver & { stats(): Stats };
  #batch: Answered[] = [];

  constructor(channel: Channel, resolver: Resolver & { stats(): Stats }) {
    this.#channel = channel;
    this.#resolver = resolver;
    channel.on('message', (message) => this.#received(message as Request));
  }

  tellStats(wereAsked = false): void {
    this.#report({ stats: this.#resolver.stats(), wereAsked });
  }

  #received(request: Request): void {
    if ('asked' in request) for (const asked of request.asked) this.#ask(asked);
    else if (request.wants === 'stats') this.tellStats(true);
    else void this.#resolver.close().then(() => this.#report({ ended: true }));
  }

  #ask({ id, query, asker }: Asked): void {
    if (id === 0) this.#resolver.refresh(query, asker);
    else void this.#resolver.resolve(query, asker).then((answer) => this.#answer(id, answer));
  }

  #answer(id: number, answer: Uint8Array | undefined): void {
    if (this.#batch.length === 0) {
      setImmediate(() => {
        this.#report({ answered: this.#batch });
        this.#batch = [];
      });
    }
    this.#batch.push({ id, answer });
  }

  #report(report: Report<Stats>): void {
    this.#channel.postMessage(report);
  }
}
