// Queries written and answers read by hand for tests: small, slow, independent of src/dns. What dns-packet cannot read (EDE, extended
// rcodes, compressed SOA in odd places) is read here.

import { formatAddress } from '../../../src/base/addresses.ts';
import { readU16, readU32 } from '../../../src/base/bytes.ts';
import { formatName, parseName } from '../../../src/base/names.ts';

export interface QueryOptions {
  readonly id?: number;
  /** Header flags; RD alone by default. */
  readonly flags?: number;
  readonly qclass?: number;
  /** UDP size of the OPT; no OPT when absent. */
  readonly opt?: number;
  readonly dnssecOk?: boolean;
  readonly version?: number;
  readonly options?: readonly number[];
}

export const TYPES: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  HTTPS: 65,
  ANY: 255,
};

/** A query's bytes. The name keeps its case. */
export function query(name: string, type: string | number, options: QueryOptions = {}): Uint8Array {
  const opt = options.opt === undefined ? [] : optRecord(options);
  return Uint8Array.from([
    ...u16(options.id ?? 0x1234),
    ...u16(options.flags ?? 0x0100),
    ...u16(1),
    ...u16(0),
    ...u16(0),
    ...u16(opt.length > 0 ? 1 : 0),
    ...wireName(name),
    ...u16(typeof type === 'number' ? type : TYPES[type]),
    ...u16(options.qclass ?? 1),
    ...opt,
  ]);
}

export function optRecord(options: QueryOptions): number[] {
  const data = options.options ?? [];
  const flags = options.dnssecOk === true ? 0x8000 : 0;
  return [
    0,
    ...u16(41),
    ...u16(options.opt ?? 1232),
    0,
    options.version ?? 0,
    ...u16(flags),
    ...u16(data.length),
    ...data,
  ];
}

/** Wire form with the case as given. */
export function wireName(text: string): number[] {
  if (text === '.') return [0];
  const lower = parseName(text);
  if (typeof lower === 'string') throw new Error(`${text}: ${lower}`);
  const plain = text.replace(/\.$/, '');
  if (plain.includes('\\')) return [...lower];
  return [...plain.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0];
}

export function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

export interface Reply {
  readonly id: number;
  readonly flags: number;
  /** With the OPT's upper bits. */
  readonly rcode: number;
  readonly question: string | undefined;
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  readonly additional: number;
  readonly opt:
    | { readonly udpSize: number; readonly version: number; readonly dnssecOk: boolean; readonly otherOptions: number }
    | undefined;
  readonly edes: readonly { readonly code: number; readonly text: string }[];
}

/** Reads every byte of an answer; throws on anything that is not as it should be. */
export function readReply(bytes: Uint8Array): Reply {
  const counts = [4, 6, 8, 10].map((at) => readU16(bytes, at));
  let at = 12;
  let question: string | undefined;
  if (counts[0] > 1) throw new Error('two questions');
  if (counts[0] === 1) {
    const name = readName(bytes, at);
    question = `${name.text} ${readU16(bytes, name.end)} ${readU16(bytes, name.end + 2)}`;
    at = name.end + 4;
  }
  const sections: string[][] = [[], [], []];
  let opt: Reply['opt'];
  let upper = 0;
  const edes: { code: number; text: string }[] = [];
  for (let section = 0; section < 3; section++) {
    for (let i = 0; i < counts[section + 1]; i++) {
      const name = readName(bytes, at);
      const type = readU16(bytes, name.end);
      const dataAt = name.end + 10;
      const end = dataAt + readU16(bytes, name.end + 8);
      if (end > bytes.length) throw new Error('record does not fit');
      if (type === 41) {
        if (name.text !== '.' || section !== 2 || opt !== undefined) throw new Error('misplaced OPT');
        upper = bytes[name.end + 4];
        let otherOptions = 0;
        let option = dataAt;
        for (; option < end; option += 4 + readU16(bytes, option + 2)) {
          const length = readU16(bytes, option + 2);
          if (readU16(bytes, option) !== 15) otherOptions++;
          else
            edes.push({
              code: readU16(bytes, option + 4),
              text: Buffer.from(bytes.subarray(option + 6, option + 4 + length)).toString('latin1'),
            });
        }
        if (option !== end) throw new Error('options do not fit');
        opt = {
          udpSize: readU16(bytes, name.end + 2),
          version: bytes[name.end + 5],
          dnssecOk: bytes[name.end + 6] === 0x80,
          otherOptions,
        };
      } else {
        sections[section].push(`${name.text} ${readU32(bytes, name.end + 4)} ${rdata(bytes, type, dataAt, end)}`);
      }
      at = end;
    }
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
  const flags = readU16(bytes, 2);
  return {
    id: readU16(bytes, 0),
    flags,
    rcode: (flags & 15) | (upper << 4),
    question,
    answers: sections[0],
    authority: sections[1],
    additional: counts[3],
    opt,
    edes,
  };
}

function rdata(bytes: Uint8Array, type: number, at: number, end: number): string {
  if (type === 1) return `A ${[...bytes.subarray(at, end)].join('.')}`;
  if (type === 28) return `AAAA ${formatAddress(bytes, at)}`;
  if (type === 5) return `CNAME ${readName(bytes, at).text}`;
  if (type === 6) {
    const mname = readName(bytes, at);
    const rname = readName(bytes, mname.end);
    return `SOA ${mname.text} ${rname.text} ${[0, 4, 8, 12, 16].map((i) => readU32(bytes, rname.end + i)).join(' ')}`;
  }
  return `TYPE${type} ${Buffer.from(bytes.subarray(at, end)).toString('hex')}`;
}

function readName(bytes: Uint8Array, at: number): { text: string; end: number } {
  const labels: number[] = [];
  let next = at;
  let end = -1;
  for (let steps = 0; steps < 256; steps++) {
    const size = bytes[next];
    if (size === undefined || (size > 63 && size < 192)) throw new Error('bad label');
    if (size >= 192) {
      const target = readU16(bytes, next) & 0x3fff;
      if (target >= next) throw new Error('pointer forwards');
      if (end < 0) end = next + 2;
      next = target;
    } else {
      labels.push(...bytes.subarray(next, next + size + 1));
      next += size + 1;
      if (size === 0) return { text: formatName(Uint8Array.from(labels)), end: end < 0 ? next : end };
    }
  }
  throw new Error('name without end');
}
