import { expect, test } from 'vitest';
import { drainEvents, EVENT_RECORDS } from '../../../src/dns/answer/events.ts';
import { useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import type { DecisionEvent } from '../../../src/policy/decide/decision.ts';
import { ask, newPath } from './asking.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query } from './wire.ts';

const blocked = query('www.tiktok.com', 'A');

test('a full ring loses the newest events, counts them, and gives the oldest in order', () => {
  const path = newPath(smallPolicy());
  for (let i = 0; i < EVENT_RECORDS + 10; i++) {
    path.nowMs = i;
    ask(path, blocked, { client: CLIENTS.nxdomain });
  }
  expect(path.events.lost).toBe(10);
  const times: number[] = [];
  expect(drainEvents(path.events, 100, (event) => times.push(event.wallMs))).toBe(100);
  ask(path, blocked, { client: CLIENTS.nxdomain });
  drainEvents(path.events, EVENT_RECORDS * 2, (event) => times.push(event.wallMs));
  expect(times).toEqual([...Array(EVENT_RECORDS).keys(), EVENT_RECORDS + 9]);
  expect(drainEvents(path.events, 1, () => {})).toBe(0);
});

test('an event of an earlier generation is read with the names of its own, which are then forgotten', () => {
  const path = newPath(smallPolicy());
  ask(path, blocked, { client: CLIENTS.nxdomain });
  useSnapshot([path], smallPolicy({ generation: 8, segmentPrefix: 'new-' }));
  ask(path, blocked, { client: CLIENTS.nxdomain });
  useSnapshot([path], smallPolicy({ generation: 9, segmentPrefix: 'newer-' }));
  expect(path.events.names.size).toBe(3);
  const events: DecisionEvent[] = [];
  drainEvents(path.events, 10, (event) => events.push(event));
  expect(events.map(({ generation, segment }) => [generation, segment])).toEqual([
    [7, 'nxdomain'],
    [8, 'new-nxdomain'],
  ]);
  expect([...path.events.names.keys()]).toEqual([9]);
});
