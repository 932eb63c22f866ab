import { describe, expect, test } from 'vitest';
import { readU16 } from '../../../src/base/bytes.ts';
import { formatName, parseName } from '../../../src/base/names.ts';
import { type Scrubbed, scrub } from '../../../src/dns/wire/scrub.ts';
import { FACTS_COUNT_AT, FACTS_LENGTH_AT, FACTS_SUBJECTS_AT, factsSize } from '../../../src/policy/decide/facts.ts';
import { buildMessage, readMessage, type TestMessage, type TestRecord } from './message-text.ts';

const A = 1;
const NS = 2;
const CNAME = 5;
const SOA = 6;
const MX = 15;
const TXT = 16;
const AAAA = 28;
const SRV = 33;
const DNAME = 39;
const OPT = 41;
const RRSIG = 46;
const NSEC = 47;
const HTTPS = 65;
const ANY = 255;
const NXDOMAIN = 0x8183;

type Answer = Extract<Scrubbed, { kind: 'answer' }>;

const a = (owner: string, last: number, ttl = 300): TestRecord => ({ owner, type: A, ttl, rdata: [[192, 0, 2, last]] });
const cname = (owner: string, target: string, ttl = 300): TestRecord => ({ owner, type: CNAME, ttl, rdata: [target] });
const dname = (owner: string, target: string): TestRecord => ({ owner, type: DNAME, rdata: [target] });
const rrsig = (owner: string, covered: number): TestRecord => ({
  owner,
  type: RRSIG,
  rdata: [[0, covered, 13, 2, 0, 0, 1, 44, ...new Array(10).fill(7)], 'example.com', [1, 2, 3]],
});
const soa = (owner: string, ttl: number, minimum: number): TestRecord => ({
  owner,
  type: SOA,
  ttl,
  rdata: [`ns.${owner}`, `mail.${owner}`, [...new Array(16).fill(0), 0, 0, minimum >> 8, minimum & 255]],
});
const opt = (...options: number[]): TestRecord => ({ owner: '.', type: OPT, class: 1232, ttl: 0, rdata: [options] });

function wire(name: string): Uint8Array {
  const bytes = parseName(name);
  if (typeof bytes === 'string') throw new Error(bytes);
  return bytes;
}

function scrubOf(message: TestMessage, dnssecOk = false): Scrubbed {
  const question = { qname: wire(message.qname.toLowerCase()), qtype: message.qtype, dnssecOk };
  return scrub(question, buildMessage(message));
}

function answerOf(message: TestMessage, dnssecOk = false): Answer {
  const scrubbed = scrubOf(message, dnssecOk);
  if (scrubbed.kind !== 'answer') throw new Error(JSON.stringify(scrubbed));
  return scrubbed;
}

function messageOf(answer: Answer) {
  return readMessage(answer.bytes.slice(0, answer.factsAt));
}

const owners = (records: readonly { owner: string; type: number }[]) =>
  records.map((one) => `${one.owner} ${one.type}`);

/** `kind text` of each subject: names through their pointers, addresses as numbers. */
function subjectsOf({ bytes, factsAt }: Answer): string[] {
  return Array.from({ length: readU16(bytes, factsAt + FACTS_COUNT_AT) }, (_, i) => {
    const at = factsAt + FACTS_SUBJECTS_AT + 4 * i;
    const offset = readU16(bytes, at + 2);
    if (bytes[at] === 2) return `2 ${bytes.slice(offset, offset + 4).join('.')}`;
    if (bytes[at] === 3) return `3 ${Buffer.from(bytes.slice(offset, offset + 16)).toString('hex')}`;
    const name: number[] = [];
    for (let k = offset; ; k += bytes[k] + 1) {
      while (bytes[k] >= 0xc0) k = readU16(bytes, k) & 0x3fff;
      name.push(...bytes.slice(k, k + bytes[k] + 1));
      if (bytes[k] === 0) return `${bytes[at]} ${formatName(Uint8Array.from(name))}`;
    }
  });
}

describe('what is kept', () => {
  test('records that are not on the chain from the qname are dropped', () => {
    const answer = answerOf({
      qname: 'www.example.com',
      qtype: A,
      answer: [
        a('evil.example', 66),
        cname('>www.example.com', 'b.cdn.net'),
        a('www.other.org', 67),
        a('>b.cdn.net', 1),
      ],
      additional: [a('ns.example.com', 53)],
    });
    expect(owners(messageOf(answer).answer)).toEqual(['www.example.com. 5', 'b.cdn.net. 1']);
    expect(messageOf(answer).additional).toEqual([]);
  });

  test('a chain in any order of records comes out in the order of its links', () => {
    const answer = answerOf({
      qname: 'x.example',
      qtype: A,
      answer: [a('c.example', 1), cname('b.example', 'c.example'), cname('>x.example', 'b.example')],
    });
    expect(owners(messageOf(answer).answer)).toEqual(['x.example. 5', 'b.example. 5', 'c.example. 1']);
  });

  test('of AUTHORITY only SOA is kept without DO, and proofs with DO; servers never', () => {
    const message: TestMessage = {
      flags: NXDOMAIN,
      qname: 'no.example.com',
      qtype: A,
      authority: [
        soa('example.com', 900, 60),
        rrsig('example.com', SOA),
        { owner: 'a.example.com', type: NSEC, rdata: ['z.example.com', [0, 1, 0x40]] },
        rrsig('a.example.com', NSEC),
        { owner: 'example.com', type: NS, rdata: ['ns.example.com'] },
        rrsig('example.com', NS),
        soa('other.org', 900, 60),
      ],
    };
    expect(messageOf(answerOf(message)).authority.map((one) => one.type)).toEqual([SOA]);
    expect(messageOf(answerOf(message, true)).authority.map((one) => one.type)).toEqual([SOA, RRSIG, NSEC, RRSIG]);
  });

  test('signatures of the chain and of the answer are kept with DO only', () => {
    const message: TestMessage = {
      qname: 'w.example.com',
      qtype: A,
      answer: [
        cname('>w.example.com', 'x.example.com'),
        rrsig('>w.example.com', CNAME),
        a('x.example.com', 1),
        rrsig('x.example.com', A),
        rrsig('x.example.com', TXT),
      ],
    };
    expect(messageOf(answerOf(message)).answer.map((one) => one.type)).toEqual([CNAME, A]);
    expect(messageOf(answerOf(message, true)).answer.map((one) => one.type)).toEqual([CNAME, RRSIG, A, RRSIG]);
  });

  test('ANY keeps every type of the qname, and a query for RRSIG keeps them without DO', () => {
    const answer = [a('>e.com', 1), { owner: '>e.com', type: TXT, rdata: [[1, 65]] }, rrsig('>e.com', A)];
    expect(messageOf(answerOf({ qname: 'e.com', qtype: ANY, answer })).answer).toHaveLength(3);
    expect(messageOf(answerOf({ qname: 'e.com', qtype: RRSIG, answer })).answer.map((one) => one.type)).toEqual([
      RRSIG,
    ]);
  });

  test('the EDE code is kept, the OPT is not', () => {
    const ede = opt(0, 10, 0, 2, 9, 9, 0, 15, 0, 4, 0, 18, 65, 66);
    const answer = answerOf({ qname: 'e.com', qtype: A, answer: [a('>e.com', 1)], additional: [ede] });
    expect(answer.ede).toBe(18);
    expect(answerOf({ qname: 'e.com', qtype: A, answer: [a('>e.com', 1)] }).ede).toBe(-1);
  });
});

describe('names and bytes', () => {
  test('letter case of owners and of names in RDATA is kept, and the question is in lower case', () => {
    const answer = answerOf({
      qname: 'wWw.Example.com',
      qtype: MX,
      answer: [{ owner: 'www.EXAMPLE.com', type: MX, rdata: [[0, 5], 'Mail.Example.NET'] }],
    });
    const message = messageOf(answer);
    expect(message.qname).toBe('www.example.com.');
    expect(message.answer).toEqual([
      { owner: 'www.EXAMPLE.com.', type: MX, ttl: 300, rdata: '0005<Mail.Example.NET.>' },
    ]);
  });

  test('a name written as the question was asked follows the case of each client', () => {
    const answer = answerOf({ qname: 'wWw.e.com', qtype: A, answer: [a('wWw.e.com', 1), a('>wWw.e.com', 2)] });
    expect(messageOf(answer).answer.map((one) => one.owner)).toEqual(['www.e.com.', 'www.e.com.']);
  });

  test('letters are folded in ASCII only: a name of other bytes than the question is not taken for it', () => {
    const message: TestMessage = {
      qname: '\u00c0B.e.com',
      qtype: A,
      answer: [cname('>\u00c0B.e.com', '\u00e0b.e.com')],
    };
    const question = {
      qname: Uint8Array.from([2, 0xc0, 0x62, 1, 0x65, 3, 0x63, 0x6f, 0x6d, 0]),
      qtype: A,
      dnssecOk: false,
    };
    const scrubbed = scrub(question, buildMessage(message));
    if (scrubbed.kind !== 'answer') throw new Error(JSON.stringify(scrubbed));
    expect(messageOf(scrubbed).answer).toMatchObject([{ owner: '\u00c0b.e.com.', rdata: '<\u00e0b.e.com.>' }]);
  });

  test('pointers to records that are dropped are resolved', () => {
    const answer = answerOf({
      qname: 'q.example',
      qtype: SRV,
      answer: [
        { owner: 'dropped.Host.net', type: TXT, rdata: [[1, 65]] },
        { owner: '>q.example', type: SRV, rdata: [[0, 1, 0, 2, 0, 80], 'srv>dropped.Host.net'] },
        { owner: '>q.example', type: SRV, rdata: [[0, 1, 0, 2, 0, 81], '>Host.net'] },
      ],
    });
    expect(messageOf(answer).answer.map((one) => one.rdata)).toEqual([
      '000100020050<srv.dropped.Host.net.>',
      '000100020051<Host.net.>',
    ]);
  });

  test('RDATA of unknown types is copied, even when it looks like a pointer', () => {
    const rdata = [[0xc0, 0x0c, 3, 0xff, 0, 0xc0, 0x21]];
    const answer = answerOf({
      qname: 'q.example',
      qtype: 65_280,
      answer: [cname('>q.example', 'Target.q.example'), { owner: '>Target.q.example', type: 65_280, rdata }],
    });
    expect(messageOf(answer).answer[1].rdata).toBe('c00c03ff00c021');
    expect(messageOf(answer).answer[1].owner).toBe('Target.q.example.');
  });

  test('a TXT of 4 kB is copied whole', () => {
    const text = Array.from({ length: 4096 }, (_, i) => (i % 256 === 0 ? 255 : i & 255));
    const answer = answerOf({
      qname: 'q.example',
      qtype: TXT,
      answer: [{ owner: '>q.example', type: TXT, rdata: [text] }],
    });
    expect(messageOf(answer).answer[0].rdata).toBe(Buffer.from(text).toString('hex'));
  });

  test('a hundred records of one owner are no longer than the upstream made them', () => {
    const answer = Array.from({ length: 100 }, (_, i) => a('>cdn.long-name.example', i));
    const message: TestMessage = {
      qname: 'w.example',
      qtype: A,
      answer: [cname('>w.example', 'cdn.long-name.example'), ...answer],
    };
    expect(answerOf(message).factsAt).toBeLessThanOrEqual(buildMessage(message).length);
  });
});

describe('DNAME', () => {
  test('a missing CNAME is made from the DNAME, with its TTL', () => {
    const answer = answerOf({
      qname: 'a.b.old.example',
      qtype: A,
      answer: [dname('old.example', 'new.example'), a('a.b.new.example', 1)],
    });
    expect(messageOf(answer).answer.map((one) => `${one.owner} ${one.type} ${one.rdata}`)).toEqual([
      'old.example. 39 <new.example.>',
      'a.b.old.example. 5 <a.b.new.example.>',
      'a.b.new.example. 1 c0000201',
    ]);
  });

  test('a CNAME that the upstream made loses the letters of our query, one that contradicts the DNAME is refused', () => {
    const message = (target: string): TestMessage => ({
      qname: 'dEEp.A.old.example',
      qtype: A,
      answer: [
        dname('old.example', 'New.example'),
        cname('>dEEp.A.old.example', target, 0),
        a('deep.a.new.example', 1),
      ],
    });
    expect(messageOf(answerOf(message('dEEp.A.new.example'))).answer).toMatchObject([
      { owner: 'old.example.', rdata: '<New.example.>' },
      { owner: 'deep.a.old.example.', rdata: '<deep.a.New.example.>', ttl: 0 },
      { owner: 'deep.a.new.example.' },
    ]);
    expect(scrubOf(message('a.evil.example'))).toEqual({ kind: 'bad', reason: 'dname-mismatch' });
  });

  test('the DNAME of the qname itself does not move it', () => {
    const answer = answerOf({ qname: 'old.example', qtype: DNAME, answer: [dname('>old.example', 'new.example')] });
    expect(answer.isNegative).toBe(false);
    expect(owners(messageOf(answer).answer)).toEqual(['old.example. 39']);
  });

  test('a target too long for a name ends the chain with the DNAME alone', () => {
    const long = Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.');
    const answer = answerOf({ flags: 0x8186, qname: `${'y'.repeat(20)}.old`, qtype: A, answer: [dname('old', long)] });
    expect(answer.rcode).toBe(6);
    expect(owners(messageOf(answer).answer)).toEqual(['old. 39']);
  });
});

describe('what is refused', () => {
  const base: TestMessage = { qname: 'q.example', qtype: A };
  test.each<[string, TestMessage, string]>([
    ['a loop', { ...base, answer: [cname('>q.example', 'r.example'), cname('r.example', 'q.example')] }, 'chain-loop'],
    ['a name that is its own alias', { ...base, answer: [cname('>q.example', '>q.example')] }, 'chain-loop'],
    [
      'a chain of 18 links',
      {
        ...base,
        answer: Array.from({ length: 18 }, (_, i) =>
          cname(i === 0 ? 'q.example' : `n${i}.example`, `n${i + 1}.example`),
        ),
      },
      'chain-too-long',
    ],
    [
      'an A record of five bytes',
      { ...base, answer: [{ owner: '>q.example', type: A, rdata: [[1, 2, 3, 4, 5]] }] },
      'rdata',
    ],
    [
      'an AAAA record of four bytes',
      { ...base, qtype: AAAA, answer: [{ owner: '>q.example', type: AAAA, rdata: [[1, 2, 3, 4]] }] },
      'rdata',
    ],
    [
      'a CNAME with bytes behind its target',
      { ...base, answer: [{ owner: '>q.example', type: CNAME, rdata: ['r.example', [0]] }] },
      'chain-name',
    ],
    [
      'an MX whose name leaves its RDATA',
      { ...base, qtype: MX, answer: [{ owner: '>q.example', type: MX, rdata: [[0, 5, 9, 65]] }] },
      'rdata',
    ],
    [
      'an HTTPS record with a compressed target',
      { ...base, qtype: HTTPS, answer: [{ owner: '>q.example', type: HTTPS, rdata: [[0, 1], '>q.example'] }] },
      'rdata',
    ],
    [
      'an ipv4hint of three bytes',
      {
        ...base,
        qtype: HTTPS,
        answer: [{ owner: '>q.example', type: HTTPS, rdata: [[0, 1, 0, 0, 4, 0, 3, 1, 2, 3]] }],
      },
      'rdata',
    ],
    [
      'SVCB keys out of order',
      {
        ...base,
        qtype: HTTPS,
        answer: [{ owner: '>q.example', type: HTTPS, rdata: [[0, 1, 0, 0, 3, 0, 2, 1, 1, 0, 1, 0, 0]] }],
      },
      'rdata',
    ],
    ['two OPT records', { ...base, answer: [a('>q.example', 1)], additional: [opt(), opt()] }, 'opt'],
    ['a referral', { ...base, authority: [{ owner: 'example', type: NS, rdata: ['ns.example'] }] }, 'referral'],
  ])('%s', (_name, message, reason) => {
    expect(scrubOf(message)).toEqual({ kind: 'bad', reason });
  });

  test('counts that do not fit the bytes, and records that leave them', () => {
    const whole = buildMessage({ ...base, answer: [a('>q.example', 1)] });
    const question = { qname: wire('q.example'), qtype: A, dnssecOk: false };
    expect(scrub(question, whole.with(6, 255))).toEqual({ kind: 'bad', reason: 'counts' });
    expect(scrub(question, whole.with(whole.length - 5, 5))).toEqual({ kind: 'bad', reason: 'record' });
    expect(scrub(question, whole.slice(0, 11))).toEqual({ kind: 'bad', reason: 'short' });
    expect(scrub(question, whole.with(5, 2))).toEqual({ kind: 'bad', reason: 'question-count' });
  });

  test('an error keeps its rcode and its EDE, the upper bits of the OPT included', () => {
    const bogus = scrubOf({ ...base, flags: 0x8182, additional: [opt(0, 15, 0, 2, 0, 6)] });
    expect(bogus).toEqual({ kind: 'failure', rcode: 2, ede: 6 });
    const badCookie = scrubOf({ ...base, flags: 0x8187, additional: [{ ...opt(), ttl: 0x01000000 }] });
    expect(badCookie).toEqual({ kind: 'failure', rcode: 23, ede: -1 });
  });
});

describe('TTLs', () => {
  test('an answer is kept as long as its shortest record', () => {
    const answer = answerOf({
      qname: 'q.e',
      qtype: A,
      answer: [cname('>q.e', 'r.e', 90), a('r.e', 1, 40), a('r.e', 2, 70)],
    });
    expect(answer.ttlSeconds).toBe(40);
    expect([...answer.ttlOffsets].map((at) => new DataView(answer.bytes.buffer).getUint32(at))).toEqual([90, 40, 70]);
  });

  test('a negative answer is kept for min(SOA TTL, MINIMUM), which its SOA shows, and not at all without SOA', () => {
    const answer = answerOf({ flags: NXDOMAIN, qname: 'n.e.com', qtype: A, authority: [soa('e.com', 900, 60)] });
    expect(answer).toMatchObject({ ttlSeconds: 60, isNegative: true, rcode: 3 });
    expect(messageOf(answer).authority[0].ttl).toBe(60);
    expect(answerOf({ qname: 'n.e.com', qtype: A }).ttlSeconds).toBe(0);
  });

  test('a TTL with its top bit set is 0', () => {
    expect(answerOf({ qname: 'q.e', qtype: A, answer: [a('>q.e', 1, 0x80000001)] }).ttlSeconds).toBe(0);
  });
});

describe('subjects', () => {
  test('the qname, chain targets, addresses, SVCB targets and hints are found, names first', () => {
    const hints = [0, 4, 0, 8, 192, 0, 2, 7, 192, 0, 2, 8, 0, 6, 0, 16, ...new Array(15).fill(0), 9];
    const answer = answerOf({
      qname: 'q.example',
      qtype: ANY,
      answer: [
        a('>q.example', 1),
        { owner: '>q.example', type: HTTPS, rdata: [[0, 1], 'Edge.Tik.example', [0, 1, 0, 3, 2, 104, 51, ...hints]] },
        { owner: '>q.example', type: AAAA, rdata: [[...new Array(15).fill(0), 5]] },
        { owner: '>q.example', type: HTTPS, rdata: [[0, 2, 0]] },
      ],
    });
    expect(subjectsOf(answer)).toEqual([
      '0 q.example',
      '1 Edge.Tik.example',
      '2 192.0.2.1',
      '2 192.0.2.7',
      '2 192.0.2.8',
      `3 ${'0'.repeat(31)}9`,
      `3 ${'0'.repeat(31)}5`,
    ]);
  });

  test('the chain of a negative answer counts too, a DNAME and its CNAME as well', () => {
    const answer = answerOf({
      flags: NXDOMAIN,
      qname: 'a.q.example',
      qtype: A,
      answer: [dname('>q.example', 't.example'), cname('>a.q.example', 'a.t.example')],
    });
    expect(subjectsOf(answer)).toEqual(['0 a.q.example', '1 t.example', '1 a.t.example']);
  });

  test('the facts block starts unstamped, right behind the message, and knows its length', () => {
    const { bytes, factsAt } = answerOf({ qname: 'q.e', qtype: A, answer: [a('>q.e', 1)] });
    expect(readU16(bytes, factsAt + FACTS_LENGTH_AT)).toBe(factsAt);
    expect(bytes.length).toBe(factsAt + factsSize(2));
    expect([...bytes.slice(factsAt + 4, factsAt + FACTS_SUBJECTS_AT)].every((byte) => byte === 0)).toBe(true);
  });
});
