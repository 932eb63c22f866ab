// Replies nobody would send: mutated, cut and random bytes. Whatever comes in, scrub says yes or no, and a yes is a well-formed message.

import { describe, expect, test } from 'vitest';
import { readU16 } from '../../../src/base/bytes.ts';
import { parseName } from '../../../src/base/names.ts';
import { scrub } from '../../../src/dns/wire/scrub.ts';
import { FACTS_COUNT_AT, FACTS_SUBJECTS_AT, factsSize } from '../../../src/policy/decide/facts.ts';
import { buildMessage, readMessage, type TestRecord } from './message-text.ts';

const ROUNDS = 100_000;
const SEED = Number(process.env.INTERDICT_SEED ?? 20261124);

/** mulberry32 */
function randomOf(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const QTYPES = [1, 5, 6, 15, 16, 28, 33, 35, 39, 46, 64, 65, 255, 65_280];

function records(random: (limit: number) => number): TestRecord[] {
  const names = ['>q.Example.com', 'r.example.com', '>r.example.com', 'old.example.com', 'a>old.example.com', '.'];
  const name = () => names[random(names.length)];
  return Array.from({ length: random(6) }, () => {
    const type = [1, 5, 5, 6, 28, 33, 39, 46, 65][random(9)];
    const bytes = Array.from({ length: random(40) }, () => random(256));
    const rdata: Record<number, TestRecord['rdata']> = {
      1: [bytes.slice(0, 4)],
      5: [name()],
      6: [name(), name(), new Array(20).fill(1)],
      28: [new Array(16).fill(random(256))],
      33: [[0, 1, 2, 3, 4, 5], name()],
      39: [name()],
      46: [[0, 1, 8, 2, ...new Array(14).fill(0)], name(), bytes],
      65: [[0, 1], 'tik.example', [0, 4, 0, 4, 1, 2, 3, 4]],
    };
    return { owner: name(), type, rdata: rdata[type] };
  });
}

function mutate(message: Uint8Array, random: (limit: number) => number): Uint8Array {
  const bytes = message.slice(0, random(8) === 0 ? random(message.length + 1) : message.length);
  for (let i = random(4); i > 0 && bytes.length > 0; i--) {
    const at = random(bytes.length);
    bytes[at] = random(3) === 0 ? 0xc0 | random(2) : random(256);
  }
  return bytes;
}

test(`${ROUNDS} hostile replies never throw, and what is kept is well formed`, () => {
  console.log(`seed ${SEED}`);
  const random = randomOf(SEED);
  const qname = parseName('q.example.com');
  if (typeof qname === 'string') throw new Error(qname);
  const kinds = { answer: 0, failure: 0, bad: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const qtype = QTYPES[random(QTYPES.length)];
    const whole = buildMessageOnce(random, qtype);
    const reply = mutate(whole, random);
    const scrubbed = scrub({ qname, qtype, dnssecOk: random(2) === 1 }, reply);
    kinds[scrubbed.kind]++;
    if (scrubbed.kind !== 'answer') continue;
    const { bytes, factsAt } = scrubbed;
    const read = readMessage(bytes.slice(0, factsAt));
    expect(read.answer.length + read.authority.length).toBe(scrubbed.ttlOffsets.length);
    expect(read.additional.length).toBe(0);
    const count = readU16(bytes, factsAt + FACTS_COUNT_AT);
    expect(bytes.length).toBe(factsAt + factsSize(count));
    for (let i = 0; i < count; i++) {
      const offset = readU16(bytes, factsAt + FACTS_SUBJECTS_AT + 4 * i + 2);
      if (offset < 12 || offset >= factsAt) throw new Error(`round ${round}: subject at ${offset}`);
    }
  }
  console.log(kinds);
  expect(Math.min(kinds.answer, kinds.failure, kinds.bad)).toBeGreaterThan(ROUNDS / 100);
});

/** Building is the slow part: a few hundred messages, mutated again and again. */
const built: Uint8Array[] = [];
function buildMessageOnce(random: (limit: number) => number, qtype: number): Uint8Array {
  if (built.length < 500) {
    const flags = [0x8180, 0x8180, 0x8183, 0x8182][random(4)];
    const answer = records(random);
    const authority = records(random).slice(0, 2);
    built.push(buildMessage({ qname: 'q.Example.com', qtype, flags, answer, authority }));
  }
  return built[random(built.length)];
}

describe('a large reply made to be slow', () => {
  const deep = Array.from({ length: 120 }, () => 'a').join('.');
  const almost = `${deep}.b`;
  const first: TestRecord = { owner: almost, type: 16, rdata: [[1, 65]] };
  const many = (record: TestRecord) => [first, ...Array.from({ length: 4000 }, () => record)];

  test.each<[string, number, TestRecord[]]>([
    ['thousands of DNAMEs that nearly match', 1, many({ owner: `>${almost}`, type: 39, rdata: [] })],
    ['thousands of CNAMEs that nearly match', 1, many({ owner: `>${almost}`, type: 5, rdata: [] })],
    [
      'thousands of records of the qname in letters of their own',
      1,
      [
        first,
        ...Array.from({ length: 230 }, (_, i) => ({
          owner: Array.from({ length: 121 }, (_, k) => (k === i % 121 ? 'A' : k === (i >> 1) % 121 ? 'C' : 'a')).join(
            '.',
          ),
          type: 1,
          rdata: [[1, 2, 3, 4]],
        })),
      ],
    ],
    ['thousands of addresses', 1, many({ owner: `>${deep}.a`, type: 1, rdata: [[1, 2, 3]] })],
  ])('%s is done with in a second', (_what, qtype, answer) => {
    const reply = buildMessage({ qname: `${deep}.a`, qtype, answer });
    expect(reply.length).toBeGreaterThan(45_000);
    const qname = parseName(`${deep}.a`);
    if (typeof qname === 'string') throw new Error(qname);
    const started = performance.now();
    scrub({ qname, qtype, dnssecOk: true }, reply);
    const tookMs = performance.now() - started;
    console.log(`${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(1000);
  });
});
