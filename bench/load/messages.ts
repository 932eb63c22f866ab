// DNS queries as bytes for the load, and what little of an answer is looked at.

import { readU16, writeU16 } from '../../src/base/bytes.ts';
import { parseName } from '../../src/base/names.ts';

export const TYPES = { A: 1, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, HTTPS: 65 } as const;
export type QType = keyof typeof TYPES;

export interface Question {
  readonly name: string;
  readonly type: QType;
  readonly dnssecOk: boolean;
}

export function wireName(text: string): Uint8Array {
  const name = parseName(text);
  if (typeof name === 'string') throw new Error(`${text}: ${name}`);
  return name;
}

/** A query with id 0, RD, and the OPT that dnsperf's `-e` adds (1,232 bytes, no options). */
export function queryBytes({ name, type, dnssecOk }: Question): Uint8Array {
  const owner = wireName(name);
  const bytes = new Uint8Array(12 + owner.length + 4 + 11);
  bytes.set([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
  bytes.set(owner, 12);
  const at = 12 + owner.length;
  writeU16(bytes, at, TYPES[type]);
  writeU16(bytes, at + 2, 1);
  bytes.set([0, 0, 41, 4, 208, 0, 0, dnssecOk ? 0x80 : 0, 0, 0, 0], at + 4);
  return bytes;
}

/** What `dnsperf -B` and the prober read: each message behind its length. */
export function framed(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const message of messages) {
    writeU16(bytes, at, message.length);
    bytes.set(message, at + 2);
    at += 2 + message.length;
  }
  return bytes;
}

export function unframed(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 2 + readU16(bytes, at)) {
    messages.push(bytes.subarray(at + 2, at + 2 + readU16(bytes, at)));
  }
  return messages;
}

export interface Answer {
  readonly rcode: number;
  readonly answers: number;
}

export function readAnswer(bytes: Uint8Array): Answer {
  return { rcode: bytes[3] & 15, answers: readU16(bytes, 6) };
}
