// Who may wait for upstreams.

import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/base/addresses.ts';
import { type Waiter, Waiters } from '../../../src/dns/resolve/waiter.ts';

function waiting(waiters: Waiters, client: string): Waiter | undefined {
  const waiter = waiters.take();
  waiter.client.set(parseAddress(client) ?? []);
  return waiters.admit(waiter) ? waiter : undefined;
}

test('a network has a quarter of all that may wait, and its share back when its answers are out', () => {
  const waiters = new Waiters(1);
  const greedy: Waiter[] = [];
  for (;;) {
    const waiter = waiting(waiters, `10.0.0.${greedy.length & 255}`);
    if (waiter === undefined) break;
    greedy.push(waiter);
  }
  expect(greedy).toHaveLength(2500);
  expect(waiting(waiters, '10.0.1.1')).toBeDefined();
  waiters.release(greedy[0]);
  expect(waiting(waiters, '10.0.0.1')).toBeDefined();
  expect(waiting(waiters, '10.0.0.1')).toBeUndefined();
});

test('ten thousand may wait, whoever they are', () => {
  const waiters = new Waiters(1);
  let count = 0;
  while (count < 20_000 && waiting(waiters, `10.${count & 255}.${(count >> 8) & 255}.1`) !== undefined) count++;
  expect(count).toBe(10_000);
});

test('a record that is used again keeps nothing of its last query, and no room for a long one', () => {
  const waiters = new Waiters(1);
  const waiter = waiters.take();
  waiter.room(5000).fill(7);
  waiter.answered = () => {};
  waiters.release(waiter);
  const again = waiters.take();
  expect(again).toBe(waiter);
  expect(again.query.length).toBe(256);
  expect(again).toMatchObject({ answered: undefined, stale: undefined, share: -1 });
});
