// What one path has counted and reported, for tests whose policy does not change on the way.

import { CounterBook, type CounterReading } from '../../../src/dns/answer/counting/counter-book.ts';
import { namesOf } from '../../../src/dns/answer/counting/generation-names.ts';
import { EventReader } from '../../../src/dns/answer/events/event-reader.ts';
import type { FastPath } from '../../../src/dns/answer/fast-path.ts';
import type { DecisionEvent } from '../../../src/policy/decide/decision.ts';

export function readCounters({ counters, snapshot }: FastPath): CounterReading {
  const book = new CounterBook([counters.memory]);
  if (snapshot !== undefined) book.learn(namesOf(snapshot));
  return book.read();
}

/** All that wait, oldest first; they are gone then. */
export function takeEvents({ events, snapshot }: FastPath): DecisionEvent[] {
  if (snapshot === undefined) return [];
  const ring = new EventReader(events.memory);
  const { head } = ring;
  const taken: DecisionEvent[] = [];
  while (!ring.isAt(head)) taken.push(ring.read(namesOf(snapshot)));
  ring.release();
  return taken;
}
