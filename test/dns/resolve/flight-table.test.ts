// The table of flights against a Map, in random order, with keys that meet in one chain.

import { expect, test } from 'vitest';
import { FlightTable, type Keyed } from '../../../src/dns/resolve/flight-table.ts';

class Item implements Keyed<Item> {
  readonly key: string;
  next: Item | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }
}

const SEED = 20261124;

test(`finds what a Map finds, however it is filled and emptied (seed ${SEED})`, () => {
  let state = SEED;
  const random = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  const table = new FlightTable<Item>(7);
  const twin = new Map<string, Item>();
  let most = 0;
  for (let i = 0; i < 300_000; i++) {
    const key = `name${random(60_000)}\u00ff\u0001`;
    const known = twin.get(key);
    expect(table.get(key)).toBe(known);
    if (known === undefined) {
      const item = new Item(key);
      table.add(item);
      twin.set(key, item);
    } else if (random(2) === 0 || i > 200_000) {
      table.remove(known);
      twin.delete(key);
      expect(known.next).toBeUndefined();
    }
    most = Math.max(most, twin.size);
    if (table.size !== twin.size) throw new Error(`${table.size} of ${twin.size} after ${i}`);
  }
  expect(most).toBeGreaterThan(30_000); // two a chain
});
