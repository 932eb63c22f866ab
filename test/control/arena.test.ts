import { expect, test } from 'vitest';
import { Arena, ArenaReader } from '../../src/control/keeper/arena.ts';
import { compileWorld, worldOf } from '../policy/world.ts';

const ROW = 3;

/** Puts a policy of this generation into the spare slot and serves it. */
function serve(arena: Arena, generation: number): void {
  const { bytes } = compileWorld(worldOf({ apps: { app: ['domain a.test'] } }), { generation });
  const slot = arena.spare;
  arena.slot(slot, bytes.length).set(bytes);
  arena.publish(generation, slot, bytes.length);
}

test('a reader gets each policy once, and says that it uses it before it does', () => {
  const arena = Arena.create(1 << 20);
  const reader = new ArenaReader(arena.shared, ROW);
  expect(reader.next()).toBeUndefined();
  serve(arena, 4);
  expect(reader.next()?.generation).toBe(4);
  expect(reader.next()).toBeUndefined();
  expect(arena.isSpareFree()).toBe(true);
  serve(arena, 9);
  expect(arena.isSpareFree()).toBe(false);
  expect(reader.next()?.generation).toBe(9);
  expect(arena.isSpareFree()).toBe(true);
});

test('a reader that slept over two policies gets the last one; one that has ended holds nothing back', () => {
  const arena = Arena.create(1 << 20);
  const reader = new ArenaReader(arena.shared, ROW);
  serve(arena, 1);
  serve(arena, 2);
  expect(reader.next()?.generation).toBe(2);
  serve(arena, 3);
  expect(arena.isSpareFree()).toBe(false);
  arena.left(ROW);
  expect(arena.isSpareFree()).toBe(true);
});

test('a slot that holds no snapshot is an error, never a policy', () => {
  const arena = Arena.create(1 << 20);
  arena.publish(1, arena.spare, 4096);
  expect(() => new ArenaReader(arena.shared, ROW).next()).toThrow('does not open: not a snapshot');
});
