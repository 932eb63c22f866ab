// Flights by their question's key: a fixed table of chains in place of a Map. A Map that is filled and emptied without end is rebuilt
// without end, and each table it leaves behind points to the next: once one is old, V8's quick collections take all that later ones held
// for alive (measured: half of what a flight allocates survived, a quarter of the resolver's time).

/** What the table keeps; `next` is its own. */
export interface Keyed<Self> {
  readonly key: string;
  next: Self | undefined;
}

/** Somewhat more than the most flights there may be (MAX_FLIGHTS); a power of two. */
const CHAINS = 16_384;

export class FlightTable<Flight extends Keyed<Flight>> {
  readonly #chains = new Array<Flight | undefined>(CHAINS).fill(undefined);
  /** Random, so that nobody can choose names that meet in one chain. */
  readonly #seed: number;
  size = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get(key: string): Flight | undefined {
    let flight = this.#chains[this.#chainOf(key)];
    while (flight !== undefined && flight.key !== key) flight = flight.next;
    return flight;
  }

  /** There is none of its key. */
  add(flight: Flight): void {
    const chain = this.#chainOf(flight.key);
    flight.next = this.#chains[chain];
    this.#chains[chain] = flight;
    this.size++;
  }

  remove(flight: Flight): void {
    const chain = this.#chainOf(flight.key);
    const { next } = flight;
    flight.next = undefined;
    let before = this.#chains[chain];
    if (before === flight) this.#chains[chain] = next;
    else {
      while (before !== undefined && before.next !== flight) before = before.next;
      if (before === undefined) return;
      before.next = next;
    }
    this.size--;
  }

  #chainOf(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
      hash ^= hash >>> 13;
    }
    return hash & (CHAINS - 1);
  }
}
