// Alarms by the thousand on a stepped clock.

import { expect, test } from 'vitest';
import { Alarm, Alarms } from '../../../src/dns/resolve/alarms.ts';
import { SteppedClock } from './stepped-clock.ts';

class Bell extends Alarm {
  readonly rang: number[] = [];
  readonly #clock: SteppedClock;
  readonly #onRing: (bell: Bell) => void;

  constructor(clock: SteppedClock, onRing: (bell: Bell) => void = () => {}) {
    super();
    this.#clock = clock;
    this.#onRing = onRing;
  }

  set(alarms: Alarms, delayMs: number): void {
    this.setAlarm(alarms, this.#clock.nowMs(), delayMs);
  }

  cancel(): void {
    this.cancelAlarm();
  }

  protected ring(): void {
    this.rang.push(this.#clock.nowMs());
    this.#onRing(this);
  }
}

test('an alarm rings once, never early and 25 ms late at most, unless it was called off', () => {
  const clock = new SteppedClock();
  const alarms = new Alarms(clock);
  const seed = 20261124;
  let state = seed;
  const random = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  const set: { bell: Bell; dueMs: number; isOff: boolean }[] = [];
  for (let i = 0; i < 3000; i++) {
    const bell = new Bell(clock);
    const delayMs = [300, 300.7, 801, 4000, random(2000)][random(5)];
    bell.set(alarms, delayMs);
    set.push({ bell, dueMs: clock.nowMs() + delayMs, isOff: false });
    const other = set[random(set.length)];
    if (random(3) === 0 && other.bell.rang.length === 0) {
      other.bell.cancel();
      other.isOff = true;
    }
    clock.step(random(3));
  }
  clock.step(10_000);
  expect(set.filter(({ isOff }) => isOff).length).toBeGreaterThan(400);
  for (const { bell, dueMs, isOff } of set) {
    expect(bell.rang).toHaveLength(isOff ? 0 : 1);
    if (isOff) continue;
    expect(bell.rang[0]).toBeGreaterThanOrEqual(dueMs);
    expect(bell.rang[0]).toBeLessThan(dueMs + 25.001);
  }
});

test('one that is set again while it rings rings again, and setting it anew forgets the time before', () => {
  const clock = new SteppedClock();
  const alarms = new Alarms(clock);
  const startMs = clock.nowMs();
  const again = new Bell(clock, (bell) => bell.rang.length < 3 && bell.set(alarms, 100));
  const late = new Bell(clock);
  again.set(alarms, 100);
  late.set(alarms, 100);
  late.set(alarms, 500);
  clock.step(1000);
  expect(again.rang.map((ms) => ms - startMs)).toEqual([100, 200, 300]);
  expect(late.rang.map((ms) => ms - startMs)).toEqual([500]);
});
