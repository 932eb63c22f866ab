// DNS.md §1, a row a query: what comes in and what must come out. Bytes are written out where the fault is in the bytes.

import { optRecord, query, u16, wireName } from '../dns/answer/wire.ts';

export interface QueryRow {
  readonly title: string;
  readonly query: Uint8Array;
  readonly port?: number;
  /** 'drop', 'miss', or the answer's rcode. */
  readonly expect: 'drop' | 'miss' | number;
  /** The answer carries the question (default) or is a bare header. */
  readonly bare?: boolean;
  readonly hasOpt?: boolean;
  readonly ede?: number;
}

const FORMERR = 1;
const NOTIMP = 4;
const REFUSED = 5;
const BADVERS = 16;

const header = (...counts: number[]) => [0x12, 0x34, 0x01, 0x00, ...counts.flatMap(u16)];
const question = [...wireName('a.example'), 0, 1, 0, 1];
const bytes = (...parts: (number | number[])[]) => Uint8Array.from(parts.flat());
const plain = query('a.example', 'A');
const longName = `${Array(4).fill('a'.repeat(62)).join('.')}.a`;
const pointedOwner = [0xc0, 0x0c];
const aRecord = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4];
const tsig = [...wireName('key.example'), 0, 250, 0, 255, 0, 0, 0, 0, 0, 3, 1, 2, 3];

export const QUERIES: readonly QueryRow[] = [
  { title: 'nothing', query: bytes(), expect: 'drop' },
  { title: '11 bytes', query: plain.slice(0, 11), expect: 'drop' },
  { title: 'an answer (QR=1)', query: query('a.example', 'A', { flags: 0x8100 }), expect: 'drop' },
  { title: 'an answer with a bad opcode', query: query('a.example', 'A', { flags: 0xf900 }), expect: 'drop' },
  { title: 'source port 0', query: plain, port: 0, expect: 'drop' },
  { title: 'a header alone', query: bytes(header(0, 0, 0, 0)), expect: FORMERR, bare: true },
  { title: 'opcode 1 IQUERY', query: query('a.example', 'A', { flags: 0x0900 }), expect: NOTIMP, bare: true },
  {
    title: 'opcode 4 NOTIFY with OPT',
    query: query('a.example', 'SOA', { flags: 0x2100, opt: 1232 }),
    expect: NOTIMP,
    bare: true,
  },
  { title: 'opcode 5 UPDATE', query: query('a.example', 'SOA', { flags: 0x2900 }), expect: NOTIMP, bare: true },
  { title: 'opcode 15', query: query('a.example', 'A', { flags: 0x7900 }), expect: NOTIMP, bare: true },
  {
    title: 'QDCOUNT 0 with an OPT',
    query: bytes(header(0, 0, 0, 1), optRecord({})),
    expect: FORMERR,
    bare: true,
    hasOpt: true,
  },
  { title: 'QDCOUNT 2', query: bytes(header(2, 0, 0, 0), question, question), expect: FORMERR, bare: true },
  {
    title: 'QDCOUNT 2 with an OPT',
    query: bytes(header(2, 0, 0, 1), question, question, optRecord({})),
    expect: FORMERR,
    bare: true,
    hasOpt: true,
  },
  { title: 'QDCOUNT 65535', query: bytes(header(65535, 0, 0, 0), question), expect: FORMERR, bare: true },
  { title: 'ARCOUNT 65535', query: bytes(header(1, 0, 0, 65535), question), expect: FORMERR, bare: true },
  { title: 'ARCOUNT 1 and no record', query: bytes(header(1, 0, 0, 1), question), expect: FORMERR, bare: true },
  {
    title: 'a record behind ARCOUNT 0',
    query: bytes(header(1, 0, 0, 0), question, optRecord({})),
    expect: FORMERR,
    bare: true,
  },
  { title: 'one byte too many', query: bytes([...plain], 0), expect: FORMERR, bare: true },
  { title: 'qname cut short', query: bytes(header(1, 0, 0, 0), [7, 101, 120, 97]), expect: FORMERR, bare: true },
  { title: 'no qtype', query: bytes(header(1, 0, 0, 0), wireName('a.example')), expect: FORMERR, bare: true },
  { title: 'half a qclass', query: plain.slice(0, -1), expect: FORMERR, bare: true },
  {
    title: 'qname compressed to itself',
    query: bytes(header(1, 0, 0, 0), [0xc0, 0x0c], [0, 1, 0, 1]),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'qname compressed into the header',
    query: bytes(header(1, 0, 0, 0), [1, 97, 0xc0, 0x04], [0, 1, 0, 1]),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'label type 01',
    query: bytes(header(1, 0, 0, 0), [0x41, ...Array(65).fill(97), 0], [0, 1, 0, 1]),
    expect: FORMERR,
    bare: true,
  },
  { title: 'qname of 255 bytes', query: query(longName, 'A'), expect: 'miss' },
  {
    title: 'qname of 256 bytes',
    query: bytes(header(1, 0, 0, 0), [2, 97, 97], wireName(longName).slice(0, -3), 0, [0, 1, 0, 1]),
    expect: FORMERR,
    bare: true,
  },
  { title: 'qname of 127 labels', query: query(Array(127).fill('a').join('.'), 'A'), expect: 'miss' },
  { title: 'the root', query: query('.', 'NS'), expect: 'miss' },
  {
    title: 'a label with a dot and bytes that are not UTF-8',
    query: query('a\\.b\\255\\000.example', 'A'),
    expect: 'miss',
  },
  {
    title: 'two OPTs',
    query: bytes(header(1, 0, 0, 2), question, optRecord({}), optRecord({})),
    expect: FORMERR,
    bare: true,
    hasOpt: true,
  },
  {
    title: 'OPT owned by a name',
    query: bytes(header(1, 0, 0, 1), question, wireName('x'), optRecord({}).slice(1)),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'OPT owned by a pointer to the root',
    query: bytes(header(1, 0, 0, 1), question, [0xc0, 22], optRecord({}).slice(1)),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'OPT in the answer section',
    query: bytes(header(1, 1, 0, 0), question, optRecord({})),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'OPT whose RDLENGTH does not fit',
    query: bytes(header(1, 0, 0, 1), question, optRecord({}).slice(0, -1), 4),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'OPT whose option does not fit',
    query: query('a.example', 'A', { opt: 1232, options: [0, 10, 0, 9, 1] }),
    expect: FORMERR,
    bare: true,
    hasOpt: true,
  },
  { title: 'EDNS version 1', query: query('a.example', 'A', { opt: 1232, version: 1 }), expect: BADVERS, hasOpt: true },
  {
    title: 'EDNS version 255 with odd options',
    query: query('a.example', 'A', { opt: 0, version: 255, options: [1] }),
    expect: BADVERS,
    hasOpt: true,
  },
  {
    title: 'unknown EDNS options',
    query: query('a.example', 'A', { opt: 1232, options: [0xff, 0xfe, 0, 2, 1, 2, 0, 10, 0, 0] }),
    expect: 'miss',
  },
  {
    title: 'a record besides the OPT',
    query: bytes(header(1, 0, 0, 2), question, pointedOwner, aRecord, optRecord({})),
    expect: 'miss',
  },
  {
    title: 'a record owned by a pointer forwards',
    query: bytes(header(1, 0, 0, 1), question, [0xc0, 0xff], aRecord),
    expect: FORMERR,
    bare: true,
  },
  {
    title: 'a record owned by a pointer at itself',
    query: bytes(header(1, 0, 0, 1), question, [0xc0, 27], aRecord),
    expect: FORMERR,
    bare: true,
  },
  { title: 'a TSIG', query: bytes(header(1, 0, 0, 1), question, tsig), expect: 'miss' },
  { title: 'AXFR', query: query('a.example', 252), expect: REFUSED },
  { title: 'IXFR', query: query('a.example', 251, { opt: 1232 }), expect: REFUSED, hasOpt: true, ede: 21 },
  { title: 'TKEY', query: query('a.example', 249), expect: NOTIMP },
  { title: 'TSIG as a question', query: query('a.example', 250), expect: NOTIMP },
  { title: 'MAILA', query: query('a.example', 254), expect: NOTIMP },
  { title: 'MAILB', query: query('a.example', 253, { opt: 512 }), expect: NOTIMP, hasOpt: true, ede: 21 },
  { title: 'OPT as a question', query: query('a.example', 41), expect: FORMERR, bare: true },
  { title: 'type 0', query: query('a.example', 0), expect: FORMERR, bare: true },
  { title: 'NXNAME', query: query('a.example', 128), expect: FORMERR, bare: true },
  { title: 'an unknown type', query: query('a.example', 65280), expect: 'miss' },
  { title: 'CHAOS version.bind', query: query('version.bind', 'TXT', { qclass: 3 }), expect: REFUSED },
  {
    title: 'class ANY',
    query: query('a.example', 'A', { qclass: 255, opt: 1232 }),
    expect: REFUSED,
    hasOpt: true,
    ede: 21,
  },
  { title: 'RD=0', query: query('a.example', 'A', { flags: 0, opt: 1232 }), expect: REFUSED, hasOpt: true, ede: 20 },
  { title: 'AD, CD and Z set', query: query('a.example', 'A', { flags: 0x0170 }), expect: 'miss' },
  { title: 'AA, TC and RA set', query: query('a.example', 'A', { flags: 0x0780 }), expect: 'miss' },
];
