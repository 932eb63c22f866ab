// Many clients that ask workers all the time, to see who is left without an answer when one of them is killed.

import { readdirSync, readlinkSync } from 'node:fs';
import type { DnsClient } from '../../peers/dns-client.ts';
import { query } from '../answer/wire.ts';
import { BANNED } from './running-pool.ts';

const PACE_MS = 20;
/** A machine that runs other things starts a thread late. */
const WAIT_MS = 10_000;
const banned = query(`www.${BANNED}`, 'A');

/** Clients that ask a banned name all the time, a new query every few milliseconds whether or not the last was answered. */
export class AskingLoad {
  asked = 0;
  lost = 0;
  readonly #clients: readonly DnsClient[];
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  /** By client, the number of the youngest query that was answered. */
  readonly #answered: number[];

  constructor(clients: readonly DnsClient[]) {
    this.#clients = clients;
    this.#answered = clients.map(() => 0);
    this.#timer = setInterval(() => this.#round(), PACE_MS);
  }

  /** Each client has the answer to a query that it sent after this call. */
  async everybodyAnswered(): Promise<void> {
    const from = this.asked;
    while (this.#answered.some((id) => id <= from)) await new Promise((done) => setTimeout(done, 5));
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #round(): void {
    for (const client of this.#clients.keys()) {
      const asked = this.#ask(client, ++this.asked).finally(() => this.#open.delete(asked));
      this.#open.add(asked);
    }
  }

  async #ask(client: number, id: number): Promise<void> {
    const answer = await this.#clients[client].ask(banned, WAIT_MS);
    if (answer === undefined) this.lost++;
    else this.#answered[client] = Math.max(this.#answered[client], id);
  }
}

/** Of this process. */
export function socketCount(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
