import { describe, expect, test } from 'vitest';
import type { CachedAnswer } from '../../../../src/dns/answer/cached-answer.ts';
import type { CacheQuestion } from '../../../../src/dns/answer/response-cache/key.ts';
import { BUCKET_WORDS, type CacheMemory, newCacheMemory } from '../../../../src/dns/answer/response-cache/layout.ts';
import { loadFacts, lookUp, newCacheReader } from '../../../../src/dns/answer/response-cache/reader.ts';
import { CacheWriter } from '../../../../src/dns/answer/response-cache/writer.ts';
import { randomFrom } from '../../../policy/world.ts';
import { answerOf, questionOf, STALE_SECONDS, smallCache } from './keeping.ts';

function writerOf(memory: CacheMemory): CacheWriter {
  return new CacheWriter(memory, STALE_SECONDS);
}

/** What a reader finds, with its facts, as a CachedAnswer. */
function read(memory: CacheMemory, question: CacheQuestion): CachedAnswer | undefined {
  const reader = newCacheReader(memory);
  if (!lookUp(reader, question) || !loadFacts(reader)) return undefined;
  const { bytes, words: _, view: __, ttlOffsets, ...rest } = reader.kept;
  const ttls = ttlOffsets.indexOf(0);
  return { ...rest, bytes: bytes.slice(0, rest.factsAt), ttlOffsets: ttlOffsets.slice(0, ttls) };
}

describe('what is kept', () => {
  test('comes back whole to a reader and to the writer, whatever the length of name and message', () => {
    const memory = smallCache(40);
    const writer = writerOf(memory);
    for (let length = 1; length <= 249; length++) {
      const name = Array.from({ length: Math.ceil(length / 60) }, (_, i) =>
        'abcde'[i].repeat(Math.min(60, length - 60 * i)),
      );
      const question = questionOf(name.join('.'));
      const answer = answerOf(
        name.join('.'),
        length,
        { ede: length % 3 === 0 ? length : -1, rcode: length % 16 },
        4 * length,
      );
      expect(writer.keep(question, answer)).toBe(true);
      const { bytes, ...rest } = read(memory, question) ?? { bytes: [] };
      expect({ bytes, ...rest }).toEqual({ ...answer, bytes: answer.bytes.slice(0, answer.factsAt) });
      expect(writer.find(question)).toEqual(answer);
    }
    expect(writer.stats().entries).toBe(249);
  });

  test('is another answer for another name, type, DO or CD, and the name is compared to its last letter', () => {
    const memory = smallCache();
    const writer = writerOf(memory);
    const question = questionOf('www.example.net');
    writer.keep(question, answerOf('www.example.net'));
    const others = [
      questionOf('wwx.example.net'),
      questionOf('www.example.nes'),
      questionOf('ww.example.net'),
      questionOf('www.example.net', 28),
      questionOf('www.example.net', 1, { dnssecOk: 1 }),
      questionOf('www.example.net', 1, { flags: 0x0110 }),
    ];
    expect(read(memory, question)).toBeDefined();
    expect(others.map((other) => read(memory, other))).toEqual(others.map(() => undefined));
  });

  test('is found by no reader that is led to the wrong slot: the tag is a hint, the question decides', () => {
    const memory = smallCache();
    const writer = writerOf(memory);
    const names = Array.from({ length: 100 }, (_, i) => `n${i}.example.net`);
    for (const [i, name] of names.entries()) writer.keep(questionOf(name), answerOf(name, i));
    const words = new Int32Array(memory.shared);
    const slots = names.map((name) => {
      const reader = newCacheReader(memory);
      lookUp(reader, questionOf(name));
      return reader.copy.slot;
    });
    // Every entry now leads to its neighbour's slot.
    for (let entry = 0; entry < memory.buckets * BUCKET_WORDS; entry += 2) {
      const place = slots.indexOf(words[entry + 1]);
      if (place >= 0) words[entry + 1] = slots[(place + 1) % slots.length];
    }
    expect(names.map((name) => read(memory, questionOf(name)))).toEqual(names.map(() => undefined));
  });

  test('takes the place of what was there, in another size too, and an answer too large leaves nothing', () => {
    const memory = smallCache();
    const writer = writerOf(memory);
    const question = questionOf('www.example.net');
    for (const bytes of [0, 400, 1100, 0, 1100, 400]) {
      const answer = answerOf('www.example.net', bytes, {}, bytes);
      writer.keep(question, answer);
      expect(read(memory, question)?.factsAt).toBe(answer.factsAt);
      expect(writer.stats().entries).toBe(1);
    }
    expect(writer.keep(question, answerOf('www.example.net', 1, {}, 1400))).toBe(false);
    expect(read(memory, question)).toBeUndefined();
    expect(writer.stats().entries).toBe(0);
  });
});

describe('memory', () => {
  test('is given page by page, and none is taken before there is an answer', () => {
    const memory = newCacheMemory(1 << 26, [1, 2]);
    const writer = writerOf(memory);
    expect(writer.stats()).toEqual({ entries: 0, bytes: 0, evictions: { size: 0, expired: 0 } });
    expect(new Int32Array(memory.shared).every((word) => word === 0)).toBe(true);
    writer.keep(questionOf('a.example'), answerOf('a.example'));
    expect(writer.stats().bytes).toBe(memory.buckets * 64 + 65_536);
    expect(memory.shared.byteLength).toBeLessThanOrEqual((1 << 26) * (7 / 8));
    expect(memory.shared.byteLength).toBeGreaterThan((1 << 26) * 0.87);
  });

  test('too small for a page keeps nothing and does not mind', () => {
    const memory = newCacheMemory(10_000, [1, 2]);
    const writer = writerOf(memory);
    expect(writer.keep(questionOf('a.example'), answerOf('a.example'))).toBe(false);
    expect(read(memory, questionOf('a.example'))).toBeUndefined();
  });

  test('when it is full, what was hit stays and what nobody asked for goes', () => {
    const memory = smallCache(4);
    const writer = writerOf(memory);
    const reader = newCacheReader(memory);
    const popular = Array.from({ length: 100 }, (_, i) => questionOf(`popular${i}.example`));
    for (const [i, question] of popular.entries()) writer.keep(question, answerOf(`popular${i}.example`, i));
    const words = new Int32Array(memory.shared);
    for (let i = 0; i < 20_000; i++) {
      const name = `once${i}.example`;
      writer.keep(questionOf(name), answerOf(name, i, { insertedAt: 1000 + i / 10 }));
      // A hit writes the second into word 14 of the slot.
      for (const question of popular)
        if (i % 100 === 0 && lookUp(reader, question)) words[reader.copy.slot + 14] = 1000 + i / 10;
    }
    const { entries, bytes, evictions } = writer.stats();
    expect(popular.filter((question) => lookUp(reader, question)).length).toBeGreaterThan(80);
    expect(entries).toBeGreaterThan(900);
    expect(entries).toBeLessThanOrEqual(1024);
    expect(bytes).toBe(memory.shared.byteLength);
    expect(evictions).toEqual({ size: 20_100 - entries, expired: 0 });
  });

  test('an eviction of what is too old to be served stale says so', () => {
    const memory = smallCache(1);
    const writer = writerOf(memory);
    for (let i = 0; i < 300; i++) writer.keep(questionOf(`a${i}.example`), answerOf(`a${i}.example`, i));
    const before = writer.stats().evictions;
    expect(before).toMatchObject({ expired: 0 });
    const late = { insertedAt: 1300 + STALE_SECONDS, expiresAt: 1400 + STALE_SECONDS };
    writer.keep(questionOf('late.example'), answerOf('late.example', 1, late));
    expect(writer.stats().evictions).toEqual({ size: before.size, expired: 1 });
  });

  test('a class that comes late gets its share of the pages', () => {
    const memory = smallCache(32);
    const writer = writerOf(memory);
    for (let i = 0; i < 10_000; i++) writer.keep(questionOf(`a${i}.example`), answerOf(`a${i}.example`, i));
    for (let i = 0; i < 200; i++) writer.keep(questionOf(`b${i}.example`), answerOf(`b${i}.example`, i, {}, 1000));
    const found = Array.from({ length: 200 }, (_, i) => read(memory, questionOf(`b${i}.example`)));
    expect(found.filter((answer) => answer !== undefined).length).toBeGreaterThanOrEqual(2 * 36 - 1);
  });

  test('free slots of a page that another class takes are no longer free', () => {
    const memory = smallCache(4);
    const writer = writerOf(memory);
    const expected = new Map<string, CachedAnswer>();
    const keep = (name: string, i: number, bytes: number) => {
      expected.set(name, answerOf(name, i, {}, bytes));
      writer.keep(questionOf(name), answerOf(name, i, {}, bytes));
    };
    for (let i = 0; i < 1024; i++) keep(`a${i}.example`, i, 0);
    for (let i = 0; i < 1024; i += 2) writer.remove(questionOf(`a${i}.example`));
    for (let i = 0; i < 30; i++) keep(`large${i}.example`, i, 1000);
    for (let i = 0; i < 300; i++) keep(`b${i}.example`, i, 0);
    const found = [...expected.keys()].filter((name) => read(memory, questionOf(name)) !== undefined);
    for (const name of found) expect(writer.find(questionOf(name))).toEqual(expected.get(name));
    expect(found.filter((name) => name.startsWith('large'))).toHaveLength(30);
    expect(found.filter((name) => name.startsWith('b')).length).toBeGreaterThan(290);
    expect(writer.stats().entries).toBe(found.length);
  });

  test('the books hold over 30,000 random steps: who is found is whole and new, nothing leaks', () => {
    const random = randomFrom(20_261_124);
    const memory = smallCache(6);
    const writer = writerOf(memory);
    const last = new Map<string, CachedAnswer>();
    const sizes = [0, 0, 0, 300, 1000, 1400];
    let found = 0;
    for (let i = 0; i < 30_000; i++) {
      const name = `n${random(3000)}.example`;
      const question = questionOf(name);
      const step = random(10);
      if (step === 0) {
        writer.remove(question);
        last.delete(name);
      } else if (step < 5) {
        const answer = answerOf(name, random(256), { insertedAt: 1000 + i / 100 }, sizes[random(sizes.length)]);
        if (writer.keep(question, answer)) last.set(name, answer);
        else last.delete(name);
      } else {
        const answer = writer.find(question);
        if (answer === undefined) continue;
        found++;
        if (!Buffer.from(answer.bytes).equals(last.get(name)?.bytes ?? Buffer.alloc(0)))
          expect(answer).toEqual(last.get(name));
      }
    }
    expect(found).toBeGreaterThan(3000);
    const { entries } = writer.stats();
    expect(
      Array.from({ length: 3000 }, (_, i) => writer.find(questionOf(`n${i}.example`))).filter((a) => a !== undefined),
    ).toHaveLength(entries);
    expect(entries).toBeGreaterThan(500);
  });
});
