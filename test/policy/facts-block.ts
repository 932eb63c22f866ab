// A message with nothing but names and addresses in it, and its facts block: what dns/wire/scrub makes of an upstream's answer.

import { isIPv4 } from '../../src/base/addresses.ts';
import { writeU16 } from '../../src/base/bytes.ts';
import {
  FACTS_COUNT_AT,
  FACTS_LENGTH_AT,
  FACTS_SUBJECT_SIZE,
  FACTS_SUBJECTS_AT,
  factsSize,
  SUBJECT_IPV4,
  SUBJECT_IPV6,
  SUBJECT_NAME,
  SUBJECT_QNAME,
} from '../../src/policy/decide/facts.ts';
import type { Subject } from '../../src/policy/decide/subjects.ts';

export interface FactsBlock {
  readonly bytes: Uint8Array;
  readonly factsAt: number;
}

/** Subject 0 must be a name. Names from the second on are compressed against the first where their tails are equal, and in upper case. */
export function factsBlockOf(subjects: readonly Subject[], lead = 3): FactsBlock {
  const message: number[] = new Array(12).fill(0);
  const offsets: number[] = [];
  const qname = subjects[0].kind === 'name' ? subjects[0].name : new Uint8Array(1);
  for (const [i, subject] of subjects.entries()) {
    offsets.push(message.length);
    if (subject.kind === 'address')
      message.push(...(isIPv4(subject.address) ? subject.address.slice(12) : subject.address));
    else message.push(...(i === 0 ? subject.name : compressed(subject.name, qname)));
  }
  const factsAt = lead + message.length;
  const bytes = new Uint8Array(factsAt + factsSize(subjects.length));
  bytes.set(message, lead);
  writeU16(bytes, factsAt + FACTS_LENGTH_AT, message.length);
  writeU16(bytes, factsAt + FACTS_COUNT_AT, subjects.length);
  subjects.forEach((subject, i) => {
    const at = factsAt + FACTS_SUBJECTS_AT + i * FACTS_SUBJECT_SIZE;
    bytes[at] = kindOf(subject, i);
    writeU16(bytes, at + 2, offsets[i]);
  });
  return { bytes, factsAt };
}

function kindOf(subject: Subject, i: number): number {
  if (subject.kind === 'name') return i === 0 ? SUBJECT_QNAME : SUBJECT_NAME;
  return isIPv4(subject.address) ? SUBJECT_IPV4 : SUBJECT_IPV6;
}

/** The name with its longest tail that the qname (at offset 12) has too as a pointer. */
function compressed(name: Uint8Array, qname: Uint8Array): number[] {
  for (let at = 0; name[at] !== 0; at += name[at] + 1) {
    const tail = name.subarray(at);
    const found = tailAt(qname, tail);
    if (found >= 0) return [...upper(name.subarray(0, at)), 0xc0 | ((12 + found) >> 8), (12 + found) & 0xff];
  }
  return upper(name);
}

function tailAt(qname: Uint8Array, tail: Uint8Array): number {
  for (let at = 0; qname[at] !== 0; at += qname[at] + 1) {
    if (qname.length - at === tail.length && tail.every((byte, i) => byte === qname[at + i])) return at;
  }
  return -1;
}

/** Length bytes are below 64 and stay. */
function upper(name: Uint8Array): number[] {
  return Array.from(name, (byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));
}
