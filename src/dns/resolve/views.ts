// Which upstreams a name is asked of. The deepest forward zone wins, and its names go nowhere else: an internal name never leaves for the
// public upstreams. The number of the view is part of the cache key.

import { nameLength, parseName } from '../../base/names.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface View {
  readonly number: number;
  /** Asked anew each time: the machine's own resolvers change. */
  upstreams(): readonly Upstream[];
}

export class Views {
  readonly #zones = new Map<string, View>();
  readonly #rest: View;

  constructor(rest: () => readonly Upstream[], forward: readonly { zone: string; to: readonly Upstream[] }[]) {
    this.#rest = { number: 0, upstreams: rest };
    forward.forEach(({ zone, to }, i) => {
      const name = zone === '' ? new Uint8Array(1) : parseName(zone);
      if (typeof name === 'string') throw new Error(`forward zone ${zone} is no name (${name})`); // config has checked it
      this.#zones.set(keyOf(name, 0), { number: i + 1, upstreams: () => to });
    });
  }

  /** `qname` in wire form and lower case. */
  of(qname: Uint8Array): View {
    if (this.#zones.size === 0) return this.#rest;
    for (let at = 0; ; at += qname[at] + 1) {
      const view = this.#zones.get(keyOf(qname, at));
      if (view !== undefined) return view;
      if (qname[at] === 0) return this.#rest;
    }
  }
}

/** The bytes of a lower-case name from `at` on as a string, a Map key. */
function keyOf(name: Uint8Array, at: number): string {
  return Buffer.from(name.buffer, name.byteOffset + at, nameLength(name, at)).toString('latin1');
}
