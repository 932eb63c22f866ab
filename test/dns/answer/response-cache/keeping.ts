// Answers to keep, made by the resolver's own scrub, and a cache of a few pages to keep them in.

import type { CachedAnswer } from '../../../../src/dns/answer/cached-answer.ts';
import type { CacheQuestion } from '../../../../src/dns/answer/response-cache/key.ts';
import { type CacheMemory, newCacheMemory } from '../../../../src/dns/answer/response-cache/layout.ts';
import { scrub } from '../../../../src/dns/wire/scrub.ts';
import { FACTS_SUBJECTS_AT, factsSize, SUBJECT_IPV4 } from '../../../../src/policy/decide/facts.ts';
import { wire } from '../../../policy/world.ts';
import { buildMessage, type TestMessage } from '../../wire/message-text.ts';

export const STALE_SECONDS = 86_400;

export function smallCache(pages = 8): CacheMemory {
  // A page, its index, and an eighth more for what is not shared.
  return newCacheMemory(Math.ceil((pages * (65_536 + 4096) * 8) / 7), [0x12345678, 0x9abcdef0]);
}

export function questionOf(name: string, qtype = 1, { dnssecOk = 0, flags = 0x0100 } = {}): CacheQuestion {
  const qname = new Uint8Array(256);
  const wired = wire(name);
  qname.set(wired);
  return { qnameWords: new Int32Array(qname.buffer), qnameLength: wired.length, qtype, dnssecOk, flags };
}

export function answerTo(message: TestMessage, more: Partial<CachedAnswer> = {}): CachedAnswer {
  const question = { qname: wire(message.qname), qtype: message.qtype, dnssecOk: false };
  const scrubbed = scrub(question, buildMessage({ flags: 0x8180, ...message }));
  if (scrubbed.kind !== 'answer') throw new Error(JSON.stringify(scrubbed));
  const { bytes, factsAt, rcode, isNegative, ttlOffsets, ttlSeconds, ede } = scrubbed;
  const insertedAt = 1000;
  return {
    ...{ bytes, factsAt, rcode, isNegative, authentic: false, ttlOffsets, ede, stale: false },
    ...{ insertedAt, expiresAt: insertedAt + ttlSeconds },
    ...more,
  };
}

/** Addresses of the name, as many as fill `bytes` of message, one at least: by hand, for tests that keep very many. */
export function answerOf(name: string, address = 1, more: Partial<CachedAnswer> = {}, bytes = 0): CachedAnswer {
  const question = [...wire(name), 0, 1, 0, 1];
  const count = Math.max(1, Math.ceil((bytes - 12 - question.length) / RECORD));
  const factsAt = 12 + question.length + count * RECORD;
  const out = new Uint8Array(factsAt + factsSize(1 + count));
  out.set([0, 0, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0, ...question]);
  out.set([factsAt >> 8, factsAt & 255, 0, 1 + count], factsAt);
  const subjectAt = factsAt + FACTS_SUBJECTS_AT;
  out[subjectAt + 3] = 12;
  const ttlOffsets = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const at = factsAt - (count - i) * RECORD;
    out.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, (address + i) & 255], at);
    out.set([SUBJECT_IPV4, 0, (at + 12) >> 8, (at + 12) & 255], subjectAt + 4 * (i + 1));
    ttlOffsets[i] = at + 6;
  }
  return {
    ...{ bytes: out, factsAt, rcode: 0, isNegative: false, authentic: false, ttlOffsets, ede: -1, stale: false },
    ...{ insertedAt: 1000, expiresAt: 1300 },
    ...more,
  };
}

const RECORD = 16;
