// The UDP ports that queries leave from (RFC 5452): up to 1,024 sockets a family, each query from one chosen at random under an id chosen
// at random. A forger must guess 16 bits of id and the port: 10 bits when it knows which are open, nearly 15 when it does not.
//
//   slot 0 … 1023   ──▶ socket, opened when first chosen    retired after 10 s or 10,000 queries: no new queries, closed when its last
//                       pending: id → what was asked        answer is in or given up; the slot is filled anew when next chosen
//
// Ports come from the kernel (bind to port 0): uniform over its ephemeral range, and it knows which ones the machine reserves.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4, parseAddress } from '../../base/addresses.ts';
import { readU16, writeU16 } from '../../base/bytes.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import { CASE_DIFFERS, MATCH, matchReply, NO_MATCH } from './upstream-query.ts';

export const PORTS = 1024;
export const PORT_MAX_AGE_MS = 10_000;
export const PORT_MAX_QUERIES = 10_000;
/** Open questions a socket: one stray packet is compared with at most these, and its ids stay sparse. */
const MAX_PENDING = 64;
/** Slots looked at for one with room. */
const MAX_PICKS = 16;
/** The system would give no socket (no descriptors left): until then those that are open do all the work, with fewer bits to guess. */
const SCARCE_MS = 1000;
const SWEEP_MS = 1000;

export interface Target {
  /** 16 bytes, IPv4 mapped. */
  readonly address: Uint8Array;
  /** The same as RFC 5952 text. */
  readonly host: string;
  readonly port: number;
}

export interface Ask {
  readonly target: Target;
  /** As buildQuery made it; the id is written here. */
  readonly query: Uint8Array;
  reply(bytes: Uint8Array): void;
  /** A packet that looked like the answer but for its id, or (`letters`) the case of its question. */
  wrong(what: 'id' | 'letters'): void;
  failed(): void;
}

interface Port {
  readonly socket: Socket;
  readonly family: Family;
  readonly slot: number;
  readonly bornMs: number;
  sent: number;
  /** The system has given it a port. */
  isBound: boolean;
  readonly pending: Map<number, Sent>;
}

interface Sent {
  readonly ask: Ask;
  /** Where it waits; another one when the first could not be opened. */
  port: Port;
  id: number;
}

interface Family {
  readonly type: 'udp4' | 'udp6';
  readonly slots: (Port | undefined)[];
}

export class SourcePorts {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ipv4: Family = { type: 'udp4', slots: new Array(PORTS) };
  readonly #ipv6: Family = { type: 'udp6', slots: new Array(PORTS) };
  readonly #shutPorts = new WeakSet<Port>();
  #open = 0;
  #strays = 0;
  #scarceUntilMs = 0;
  #cancelSweep: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Sockets open now, and packets that answered nothing. */
  stats(): { open: number; strays: number } {
    return { open: this.#open, strays: this.#strays };
  }

  /** Sends the query; gives a function that forgets it. No port to be had: `failed` is called later. */
  send(ask: Ask): () => void {
    const port = this.#pick(this.#familyOf(ask));
    if (port === undefined) return this.#clock.after(0, () => ask.failed());
    const sent: Sent = { ask, port, id: 0 };
    this.#put(sent);
    return () => this.#forget(sent);
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep?.();
    for (const family of [this.#ipv4, this.#ipv6]) {
      for (const port of family.slots) {
        if (port !== undefined) this.#retire(port, true);
      }
    }
  }

  #familyOf({ target }: Ask): Family {
    return isIPv4(target.address) ? this.#ipv4 : this.#ipv6;
  }

  /** Sends from sent.port, under a free id of it. */
  #put(sent: Sent): void {
    const { ask, port } = sent;
    const id = this.#freeId(port);
    sent.id = id;
    writeU16(ask.query, 0, id);
    port.pending.set(id, sent);
    port.sent++;
    port.socket.send(ask.query, ask.target.port, ask.target.host, (error) => {
      if (error !== null && error !== undefined && port.pending.delete(id)) ask.failed();
    });
  }

  #pick(family: Family): Port | undefined {
    if (this.#clock.nowMs() < this.#scarceUntilMs) return this.#pickBound(family);
    for (let i = 0; i < MAX_PICKS && !this.#closed; i++) {
      const slot = this.#random.below(PORTS);
      const port = this.#freshAt(family, slot);
      if (port !== undefined && port.pending.size < MAX_PENDING) return port;
    }
    return undefined;
  }

  /** One of those that are open already, spent ones too: better an old port than none. */
  #pickBound(family: Family): Port | undefined {
    const bound = family.slots.filter((port) => port?.isBound === true && port.pending.size < MAX_PENDING);
    return bound[this.#random.u16() % Math.max(1, bound.length)];
  }

  #freshAt(family: Family, slot: number): Port | undefined {
    const port = family.slots[slot];
    if (port !== undefined && !this.#isSpent(port)) return port;
    if (port !== undefined) this.#retire(port, false);
    return this.#openAt(family, slot);
  }

  #isSpent(port: Port): boolean {
    return port.sent >= PORT_MAX_QUERIES || this.#clock.nowMs() - port.bornMs >= PORT_MAX_AGE_MS;
  }

  #openAt(family: Family, slot: number): Port {
    const socket = createSocket(family.type);
    const port: Port = {
      socket,
      family,
      slot,
      bornMs: this.#clock.nowMs(),
      sent: 0,
      isBound: false,
      pending: new Map(),
    };
    socket.on('message', (bytes, from) => this.#received(port, bytes, from));
    socket.on('error', () => this.#broke(port));
    socket.on('listening', () => {
      port.isBound = true;
    });
    socket.bind({ port: 0, exclusive: true });
    socket.unref();
    family.slots[slot] = port;
    this.#open++;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    return port;
  }

  #freeId(port: Port): number {
    let id = this.#random.u16();
    while (port.pending.has(id)) id = this.#random.u16(); // at most 64 of 65,536 are taken
    return id;
  }

  #received(port: Port, bytes: Uint8Array, from: RemoteInfo): void {
    const sent = bytes.length < 2 ? undefined : port.pending.get(readU16(bytes, 0));
    const match = sent === undefined || !isFrom(sent.ask.target, from) ? undefined : matchReply(bytes, sent.ask.query);
    if (sent !== undefined && match === MATCH) {
      this.#forget(sent);
      sent.ask.reply(bytes);
      return;
    }
    this.#strays++;
    if (sent !== undefined && match === CASE_DIFFERS) sent.ask.wrong('letters');
    else this.#suspect(port, bytes, from);
  }

  /** Tells those whose answer this would be under another id: somebody may be guessing. */
  #suspect(port: Port, bytes: Uint8Array, from: RemoteInfo): void {
    for (const { ask } of [...port.pending.values()]) {
      if (isFrom(ask.target, from) && matchReply(bytes, ask.query) !== NO_MATCH) ask.wrong('id');
    }
  }

  #forget(sent: Sent): void {
    const { port, id } = sent;
    if (port.pending.get(id) === sent) port.pending.delete(id);
    if (port.pending.size === 0 && port.family.slots[port.slot] !== port) this.#shut(port);
  }

  #retire(port: Port, now: boolean): void {
    if (port.family.slots[port.slot] === port) port.family.slots[port.slot] = undefined;
    if (now || port.pending.size === 0) this.#shut(port);
  }

  /** One that was never opened hands its queries to those that are. */
  #broke(port: Port): void {
    const waiting = [...port.pending.values()];
    port.pending.clear();
    this.#retire(port, true);
    if (!port.isBound) this.#scarceUntilMs = this.#clock.nowMs() + SCARCE_MS;
    for (const sent of waiting) {
      const other = port.isBound ? undefined : this.#pickBound(port.family);
      if (other === undefined) {
        sent.ask.failed();
        continue;
      }
      sent.port = other;
      this.#put(sent);
    }
  }

  #shut(port: Port): void {
    if (this.#shutPorts.has(port)) return;
    this.#shutPorts.add(port);
    this.#open--;
    port.socket.close();
  }

  /** Closes what time has spent, so that a quiet resolver holds no ports. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    for (const family of [this.#ipv4, this.#ipv6]) {
      for (const port of family.slots) {
        if (port !== undefined && this.#isSpent(port)) this.#retire(port, false);
      }
    }
    if (this.#open > 0 && !this.#closed) this.#cancelSweep = this.#clock.after(SWEEP_MS, () => this.#sweep());
  }
}

function isFrom(target: Target, from: RemoteInfo): boolean {
  if (from.port !== target.port) return false;
  if (from.address === target.host) return true;
  const address = parseAddress(from.address);
  return address?.every((byte, i) => byte === target.address[i]) ?? false;
}
