// Messages for tests, written as lists of records. Names are text; `>NAME` points at the first place where NAME was written (the question
// counts), `www>NAME` puts labels in front of such a pointer. RDATA is a list of parts: a name, or bytes.

import { readU16, writeU16, writeU32 } from '../../../src/base/bytes.ts';

/** A name, or raw bytes. */
type Part = string | readonly number[];

export interface TestRecord {
  readonly owner: string;
  readonly type: number;
  readonly ttl?: number;
  readonly class?: number;
  readonly rdata: readonly Part[];
}

export interface TestMessage {
  readonly flags?: number;
  readonly qname: string;
  readonly qtype: number;
  readonly answer?: readonly TestRecord[];
  readonly authority?: readonly TestRecord[];
  readonly additional?: readonly TestRecord[];
}

export function buildMessage(message: TestMessage): Uint8Array {
  const bytes = new Uint8Array(65_535);
  const places = new Map<string, number>();
  let at = 12;
  const put = (values: readonly number[]) => {
    bytes.set(values, at);
    at += values.length;
  };
  const putName = (text: string) => {
    const [labels, target] = text.split('>');
    let rest = labels;
    while (rest !== '' && rest !== '.') {
      const whole = target === undefined ? rest : `${rest}.${target}`;
      if (at < 0x4000 && !places.has(whole)) places.set(whole, at);
      const [label] = rest.split('.', 1);
      put([label.length, ...Buffer.from(label, 'latin1')]);
      rest = rest.slice(label.length + 1);
    }
    if (target === undefined) put([0]);
    else put([0xc0 | ((places.get(target) ?? 0) >> 8), (places.get(target) ?? 0) & 255]);
  };
  putName(message.qname);
  put([message.qtype >> 8, message.qtype & 255, 0, 1]);
  const sections = [message.answer ?? [], message.authority ?? [], message.additional ?? []];
  for (const record of sections.flat()) {
    putName(record.owner);
    writeU16(bytes, at, record.type);
    writeU16(bytes, at + 2, record.class ?? 1);
    writeU32(bytes, at + 4, record.ttl ?? 300);
    at += 10;
    const rdataAt = at;
    for (const part of record.rdata) typeof part === 'string' ? putName(part) : put(part);
    writeU16(bytes, rdataAt - 2, at - rdataAt);
  }
  writeU16(bytes, 2, message.flags ?? 0x8180);
  writeU16(bytes, 4, 1);
  sections.forEach((section, i) => {
    writeU16(bytes, 6 + 2 * i, section.length);
  });
  return bytes.slice(0, at);
}

/** A record as read back: names in full, letter case kept, RDATA with the names of the types that may be compressed expanded. */
export interface ReadRecord {
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  /** Hex. */
  readonly rdata: string;
}

export interface ReadMessage {
  readonly id: number;
  readonly flags: number;
  readonly rcode: number;
  readonly qname: string;
  readonly answer: readonly ReadRecord[];
  readonly authority: readonly ReadRecord[];
  readonly additional: readonly ReadRecord[];
}

// The test's own table, written from RFC 1035 and RFC 3597 §4, so that the product's cannot vouch for itself: bytes before, names.
const NAMES_IN: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 1],
  5: [0, 1],
  6: [0, 2],
  12: [0, 1],
  15: [2, 1],
  17: [0, 2],
  18: [2, 1],
  33: [6, 1],
  39: [0, 1],
};

export function readMessage(bytes: Uint8Array): ReadMessage {
  const [qname, nameEnd] = nameText(bytes, 12);
  let at = nameEnd + 4;
  const section = (count: number) =>
    Array.from({ length: count }, () => {
      const [owner, fixedAt] = nameText(bytes, at);
      const end = fixedAt + 10 + readU16(bytes, fixedAt + 8);
      const type = readU16(bytes, fixedAt);
      at = end;
      if (end > bytes.length) throw new Error('record leaves the message');
      const ttl = new DataView(bytes.buffer, bytes.byteOffset).getUint32(fixedAt + 4);
      return { owner, type, ttl, rdata: rdataHex(bytes, type, fixedAt + 10, end) };
    });
  const [answer, authority, additional] = [6, 8, 10].map((countAt) => section(readU16(bytes, countAt)));
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last record`);
  const flags = readU16(bytes, 2);
  return { id: readU16(bytes, 0), flags, rcode: flags & 15, qname, answer, authority, additional };
}

function rdataHex(bytes: Uint8Array, type: number, from: number, end: number): string {
  const [before, names] = NAMES_IN[type] ?? [0, 0];
  let hex = Buffer.from(bytes.subarray(from, from + before)).toString('hex');
  let at = from + before;
  for (let i = 0; i < names; i++) {
    const [text, behind] = nameText(bytes, at);
    hex += `<${text}>`;
    at = behind;
  }
  return hex + Buffer.from(bytes.subarray(at, end)).toString('hex');
}

/** The name's text (labels latin1, dots inside labels as `\.`) and the offset behind it where it stands. */
function nameText(bytes: Uint8Array, from: number): [string, number] {
  const labels: string[] = [];
  let behind = -1;
  let at = from;
  for (let steps = 0; bytes[at] !== 0; steps++) {
    if (steps > 300 || at >= bytes.length) throw new Error('name does not end');
    if (bytes[at] >= 0xc0) {
      if (behind < 0) behind = at + 2;
      at = readU16(bytes, at) & 0x3fff;
      continue;
    }
    labels.push(
      Buffer.from(bytes.subarray(at + 1, at + 1 + bytes[at]))
        .toString('latin1')
        .replaceAll('.', '\\.'),
    );
    at += bytes[at] + 1;
  }
  return [`${labels.join('.')}.`, behind < 0 ? at + 1 : behind];
}
