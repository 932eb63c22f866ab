import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/dns/answer/counting/generation-names.ts';
import { EventPump, type EventSink } from '../../../src/dns/answer/events/event-pump.ts';
import { newEvents, RING_BYTES } from '../../../src/dns/answer/events/events.ts';
import { type FastPath, useSnapshot } from '../../../src/dns/answer/fast-path.ts';
import type { DecisionEvent } from '../../../src/policy/decide/decision.ts';
import type { Snapshot } from '../../../src/policy/snapshot/snapshot.ts';
import { ask, newPath } from './asking.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';
import { query } from './wire.ts';

const blocked = query('www.tiktok.com', 'A');
const snapshot = smallPolicy();

/** Takes `room` events a drain. */
class Sink implements EventSink {
  readonly events: DecisionEvent[] = [];
  passedBy = 0;
  perDrain: number;
  constructor(perDrain = Number.POSITIVE_INFINITY) {
    this.perDrain = perDrain;
  }
  room = () => this.perDrain;
  push = (event: DecisionEvent) => void this.events.push(event);
  missed = (count: number) => {
    this.passedBy += count;
  };
}

function pumpOf(paths: readonly FastPath[], nowMs = () => 0, known: readonly Snapshot[] = [snapshot]): EventPump {
  const pump = new EventPump(
    paths.map(({ events }) => events.memory),
    nowMs,
  );
  for (const one of known) pump.learn(namesOf(one));
  return pump;
}

const block = (path: FastPath, times = 1) => {
  for (let i = 0; i < times; i++) ask(path, blocked, { client: CLIENTS.nxdomain });
};

describe('events', () => {
  test('that find the ring full are lost and counted, and those before them come in order', () => {
    const path = newPath(snapshot);
    const pump = pumpOf([path]);
    const sink = new Sink();
    pump.subscribe(sink);
    let written = 0;
    while (pump.lost === 0) {
      path.nowMs = written++;
      block(path);
    }
    block(path, 9);
    expect(pump.lost).toBe(10);
    expect(written * 80).toBeGreaterThan(RING_BYTES * 0.9);
    pump.drainAll();
    expect(sink.events.map(({ wallMs }) => wallMs)).toEqual([...Array(written - 1).keys()]);
    block(path);
    expect(pump.drain()).toBe(false);
    expect(sink.events).toHaveLength(written);
    expect([pump.lost, sink.passedBy]).toEqual([10, 0]);
  });

  test('come whole wherever the ring wraps around, names of any length', () => {
    const path = newPath(smallPolicy());
    const pump = pumpOf([path]);
    const sink = new Sink();
    pump.subscribe(sink);
    const names = Array.from(
      { length: 60 },
      (_, i) => `${'a'.repeat(1 + i)}.${'b'.repeat(61 - i)}.${'c'.repeat((i * 7) % 60) || 'x'}.tiktok.com`,
    );
    const queries = names.map((name) => query(name, 'A'));
    // Three times round.
    for (let i = 0; i < 60_000; i++) {
      ask(path, queries[i % 60], { client: CLIENTS.nxdomain });
      if (i % 5_000 === 4_999) pump.drainAll();
    }
    expect(Math.abs(path.events.head)).toBeGreaterThan(3 * RING_BYTES);
    expect([pump.lost, sink.events.length]).toEqual([0, 60_000]);
    const wrong = sink.events.filter(({ qname, id, generation }, i) => {
      const text = names[i % 60];
      return qname.length !== text.length + 2 || qname[1] !== 0x61 || !id.endsWith('/tiktok.com') || generation !== 7;
    });
    expect(wrong).toEqual([]);
  });

  test('of an earlier generation are read with its own names', () => {
    const path = newPath(snapshot);
    const [next, last] = [
      smallPolicy({ generation: 8, segmentPrefix: 'new-' }),
      smallPolicy({ generation: 9, segmentPrefix: 'newer-' }),
    ];
    const pump = pumpOf([path], () => 0, [snapshot, next, last]);
    const sink = new Sink();
    pump.subscribe(sink);
    for (const policy of [snapshot, next, last]) {
      useSnapshot([path], policy);
      block(path);
    }
    pump.drain();
    expect(sink.events.map(({ generation, segment }) => [generation, segment])).toEqual([
      [7, 'nxdomain'],
      [8, 'new-nxdomain'],
      [9, 'newer-nxdomain'],
    ]);
  });

  test('of a thread that died are not lost: its successor goes on behind them', () => {
    const path = newPath(snapshot);
    const pump = pumpOf([path]);
    const sink = new Sink();
    pump.subscribe(sink);
    block(path, 2);
    const successor = { ...path, events: newEvents(path.events.memory) };
    useSnapshot([successor], snapshot);
    block(successor, 3);
    pump.drain();
    expect(sink.events).toHaveLength(5);
  });

  test('carry both clocks', () => {
    const path = newPath(snapshot);
    const pump = pumpOf([path]);
    const sink = new Sink();
    pump.subscribe(sink);
    path.nowMs = 1_790_000_000_123;
    path.nowSeconds = 12.5;
    block(path);
    pump.drain();
    expect(sink.events).toMatchObject([{ wallMs: 1_790_000_000_123, monotonicSeconds: 12.5 }]);
  });
});

describe('the event pump', () => {
  test('gives each sink what it has room for, tells it of the rest, and takes a fair share from each ring', () => {
    const paths = [newPath(snapshot), newPath(snapshot), newPath(snapshot)];
    const pump = pumpOf(paths);
    const [few, many] = [new Sink(10), new Sink(250)];
    pump.subscribe(few);
    pump.subscribe(many);
    paths[1].nowMs = 1;
    paths[2].nowMs = 2;
    block(paths[1], 1_000);
    block(paths[2], 60);
    expect(pump.drain()).toBe(false);
    expect([few.events.length, few.passedBy]).toEqual([10, 1_050]);
    expect([many.events.length, many.passedBy]).toEqual([250, 810]);
    // The quiet ring's are all there; what it did not need went to the busy one.
    expect(many.events.filter(({ wallMs }) => wallMs === 2)).toHaveLength(60);
    block(paths[0], 5);
    pump.drain();
    expect([few.events.length, few.passedBy]).toEqual([15, 1_050]);
    expect(pump.lost).toBe(0);
  });

  test('passes over what nobody wants, and a sink gets what comes after it, until it leaves', () => {
    const path = newPath(snapshot);
    const pump = pumpOf([path]);
    block(path, 100);
    expect(pump.drain()).toBe(false);
    const sink = new Sink();
    const leave = pump.subscribe(sink);
    block(path, 2);
    pump.drain();
    leave();
    block(path, 4);
    pump.drain();
    expect([sink.events.length, sink.passedBy]).toEqual([2, 0]);
  });

  test('stops when its time is up, says that there is more, and goes on there', () => {
    const path = newPath(snapshot);
    let nowMs = 0;
    const pump = pumpOf([path], () => nowMs++);
    const sink = new Sink();
    pump.subscribe(sink);
    block(path, 1_000);
    let slices = 1;
    while (pump.drain()) slices++;
    expect(slices).toBeGreaterThan(2);
    expect(slices).toBeLessThan(10);
    expect([sink.events.length, sink.passedBy]).toEqual([1_000, 0]);
  });

  test('forgets the names of generations long gone', () => {
    const path = newPath(snapshot);
    const pump = pumpOf([path]);
    const sink = new Sink();
    pump.subscribe(sink);
    for (let generation = 8; generation < 12; generation++) pump.learn({ ...namesOf(snapshot), generation });
    block(path); // of generation 7
    pump.drain();
    expect(sink.events).toHaveLength(1);
    block(path);
    expect(() => pump.drain()).toThrow('no names for events of generation 7');
  });
});
