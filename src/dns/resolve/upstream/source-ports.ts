// The UDP ports that queries leave from (RFC 5452): up to 1,024 sockets a family, each query from one chosen at random under an id chosen
// at random. A forger must guess 16 bits of id and the port: 10 bits when it knows which are open, nearly 15 when it does not.
//
//   slot 0 … 1023   ──▶ port, opened when first chosen    retired after 10 s or 10,000 queries: no new queries, closed when its last
//                       pending: what was asked           answer is in or given up; the slot is filled anew when next chosen
//
// Ports come from the kernel (bind to port 0): uniform over its ephemeral range, and it knows which ones the machine reserves. Whose
// sockets they are, Node's or our own, is the business of a SocketKind.

import { isIPv4 } from '../../../base/addresses.ts';
import { readU16, writeU16 } from '../../../base/bytes.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { CASE_DIFFERS, MATCH, matchReply, NO_MATCH } from './upstream-query.ts';

export const PORTS = 1024;
export const PORT_MAX_AGE_MS = 10_000;
export const PORT_MAX_QUERIES = 10_000;
/** Open questions a port: one stray packet is compared with at most these, and its ids stay sparse. */
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
  /** The bytes are the caller's only until it returns. */
  reply(bytes: Uint8Array): void;
  /** A packet that looked like the answer but for its id, or (`letters`) the case of its question. */
  wrong(what: 'id' | 'letters'): void;
  failed(): void;
  /** SourcePorts' own: where it waits, and under which id. */
  port?: Port | undefined;
  id?: number;
}

/** Where the packet in hand came from. */
export interface Sender {
  is(target: Target): boolean;
}

/** What a socket tells the port that it belongs to. */
export interface SocketOwner {
  received(bytes: Uint8Array, from: Sender): void;
  /** The system has given it a port. */
  bound(): void;
  /** Something may still come for it. */
  isWaiting(): boolean;
  /** The system did not take this one. */
  unsent(ask: Ask): void;
  /** It will neither send nor receive again. */
  broke(): void;
}

export interface PortSocket {
  /** When the system does not take it, the owner is told, later. */
  send(ask: Ask): void;
  close(): void;
}

export interface SocketKind {
  /** Undefined: the system gives none. One that turns out so later is told by broke(), before bound(). */
  open(type: 'udp4' | 'udp6', owner: SocketOwner): PortSocket | undefined;
  close(): void;
}

interface Family {
  readonly type: 'udp4' | 'udp6';
  readonly slots: (Port | undefined)[];
}

/** One open port and the questions that wait at it. */
export class Port implements SocketOwner {
  readonly family: Family;
  readonly slot: number;
  readonly bornMs: number;
  readonly pending: Ask[] = [];
  readonly #ports: SourcePorts;
  socket: PortSocket | undefined;
  sent = 0;
  isBound = false;
  isShut = false;

  constructor(ports: SourcePorts, family: Family, slot: number, bornMs: number) {
    this.#ports = ports;
    this.family = family;
    this.slot = slot;
    this.bornMs = bornMs;
  }

  find(id: number): Ask | undefined {
    for (const ask of this.pending) if (ask.id === id) return ask;
    return undefined;
  }

  received(bytes: Uint8Array, from: Sender): void {
    this.#ports.received(this, bytes, from);
  }

  bound(): void {
    this.isBound = true;
  }

  isWaiting(): boolean {
    return this.pending.length > 0;
  }

  unsent(ask: Ask): void {
    this.#ports.unsent(ask);
  }

  broke(): void {
    this.#ports.broke(this);
  }
}

export class SourcePorts {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #kind: SocketKind;
  readonly #ipv4: Family = { type: 'udp4', slots: new Array(PORTS).fill(undefined) };
  readonly #ipv6: Family = { type: 'udp6', slots: new Array(PORTS).fill(undefined) };
  #open = 0;
  #strays = 0;
  #scarceUntilMs = 0;
  #cancelSweep: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, random: Random, kind: SocketKind) {
    this.#clock = clock;
    this.#random = random;
    this.#kind = kind;
  }

  /** Sockets open now, and packets that answered nothing. */
  stats(): { open: number; strays: number } {
    return { open: this.#open, strays: this.#strays };
  }

  /** Sends the query. No port to be had: `failed` is called later. */
  send(ask: Ask): void {
    const port = this.#pick(isIPv4(ask.target.address) ? this.#ipv4 : this.#ipv6);
    if (port === undefined) this.#clock.after(0, () => ask.failed());
    else this.#put(ask, port);
  }

  /** Whatever comes for it from here on is a stray. */
  forget(ask: Ask): void {
    const { port } = ask;
    if (port === undefined) return;
    ask.port = undefined;
    const { pending } = port;
    const last = pending.pop();
    const i = last === ask ? -1 : pending.indexOf(ask);
    if (i >= 0 && last !== undefined) pending[i] = last;
    if (pending.length === 0 && port.family.slots[port.slot] !== port) this.#shut(port);
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep?.();
    for (const family of [this.#ipv4, this.#ipv6]) {
      for (const port of family.slots) if (port !== undefined) this.#retire(port, true);
    }
    this.#kind.close();
  }

  /** Sends from this port, under a free id of it. */
  #put(ask: Ask, port: Port): void {
    const id = this.#freeId(port);
    ask.id = id;
    ask.port = port;
    writeU16(ask.query, 0, id);
    port.pending.push(ask);
    port.sent++;
    port.socket?.send(ask);
  }

  #pick(family: Family): Port | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#scarceUntilMs) return this.#pickBound(family);
    for (let i = 0; i < MAX_PICKS && !this.#closed; i++) {
      const slot = this.#random.below(PORTS);
      const port = this.#freshAt(family, slot, nowMs);
      if (port === undefined) return this.#pickBound(family);
      if (port.pending.length < MAX_PENDING) return port;
    }
    return undefined;
  }

  /** One of those that are open already, spent ones too: better an old port than none. */
  #pickBound(family: Family): Port | undefined {
    const bound = family.slots.filter((port) => port?.isBound === true && port.pending.length < MAX_PENDING);
    return bound[this.#random.u16() % Math.max(1, bound.length)];
  }

  #freshAt(family: Family, slot: number, nowMs: number): Port | undefined {
    const port = family.slots[slot];
    if (port !== undefined && !isSpent(port, nowMs)) return port;
    if (port !== undefined) this.#retire(port, false);
    return this.#openAt(family, slot, nowMs);
  }

  #openAt(family: Family, slot: number, nowMs: number): Port | undefined {
    const port = new Port(this, family, slot, nowMs);
    port.socket = this.#kind.open(family.type, port);
    if (port.socket === undefined) {
      this.#scarceUntilMs = nowMs + SCARCE_MS;
      return undefined;
    }
    family.slots[slot] = port;
    this.#open++;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    return port;
  }

  #freeId(port: Port): number {
    let id = this.#random.u16();
    while (port.find(id) !== undefined) id = this.#random.u16(); // at most 64 of 65,536 are taken
    return id;
  }

  /** For Port. */
  received(port: Port, bytes: Uint8Array, from: Sender): void {
    const ask = bytes.length < 2 ? undefined : port.find(readU16(bytes, 0));
    const match = ask === undefined || !from.is(ask.target) ? undefined : matchReply(bytes, ask.query);
    if (ask !== undefined && match === MATCH) {
      this.forget(ask);
      ask.reply(bytes);
      return;
    }
    this.#strays++;
    if (ask !== undefined && match === CASE_DIFFERS) ask.wrong('letters');
    else this.#suspect(port, bytes, from);
  }

  /** Tells those whose answer this would be under another id: somebody may be guessing. */
  #suspect(port: Port, bytes: Uint8Array, from: Sender): void {
    for (const ask of [...port.pending]) {
      if (from.is(ask.target) && matchReply(bytes, ask.query) !== NO_MATCH) ask.wrong('id');
    }
  }

  #retire(port: Port, now: boolean): void {
    if (port.family.slots[port.slot] === port) port.family.slots[port.slot] = undefined;
    if (now || port.pending.length === 0) this.#shut(port);
  }

  /** For Port. */
  unsent(ask: Ask): void {
    this.forget(ask);
    ask.failed();
  }

  /** For Port: one that was never opened hands its queries to those that are. */
  broke(port: Port): void {
    const waiting = port.pending.splice(0);
    this.#retire(port, true);
    if (!port.isBound) this.#scarceUntilMs = this.#clock.nowMs() + SCARCE_MS;
    for (const ask of waiting) {
      ask.port = undefined;
      const other = port.isBound ? undefined : this.#pickBound(port.family);
      if (other === undefined) ask.failed();
      else this.#put(ask, other);
    }
  }

  #shut(port: Port): void {
    if (port.isShut) return;
    port.isShut = true;
    this.#open--;
    port.socket?.close();
  }

  /** Closes what time has spent, so that a quiet resolver holds no ports. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    const nowMs = this.#clock.nowMs();
    for (const family of [this.#ipv4, this.#ipv6]) {
      for (const port of family.slots) if (port !== undefined && isSpent(port, nowMs)) this.#retire(port, false);
    }
    if (this.#open > 0 && !this.#closed) this.#cancelSweep = this.#clock.after(SWEEP_MS, () => this.#sweep());
  }
}

function isSpent(port: Port, nowMs: number): boolean {
  return port.sent >= PORT_MAX_QUERIES || nowMs - port.bornMs >= PORT_MAX_AGE_MS;
}
