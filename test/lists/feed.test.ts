import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { measureFeed } from '../../bench/feed.ts';
import type { Disk } from '../../src/lists/disk.ts';
import { type FeedSource, pushFeed } from '../../src/lists/feed.ts';
import { detectFormat } from '../../src/lists/formats/detect.ts';
import type { FeedFormat } from '../../src/policy/model.ts';
import type { RuleFault } from '../../src/policy/rules.ts';
import { DOMAINS_LINES, HOSTS_LINES } from '../vectors/feed-lines.ts';
import { memoryDisk } from './memory-disk.ts';
import { recordingSink } from './recording-sink.ts';

const ATTRIBUTES = { role: 'unspecified', alsoIn: [], carrier: false } as const;

interface Setup {
  readonly format?: FeedFormat;
  readonly match?: 'exact' | 'domain';
  readonly faults?: Readonly<Record<string, RuleFault>>;
  readonly disk?: Disk;
  readonly sha256?: string;
}

function push(list: string | Uint8Array, setup: Setup = {}) {
  const bytes = typeof list === 'string' ? new TextEncoder().encode(list) : list;
  const format = setup.format ?? 'hosts';
  const source: FeedSource = {
    kind: 'feed',
    file: 'feeds/f.yaml',
    list: 'f.list',
    format,
    match: setup.match ?? (format === 'hosts' ? 'exact' : 'domain'),
    sha256: setup.sha256 ?? createHash('sha256').update(bytes).digest('hex'),
  };
  const sink = recordingSink(setup.faults);
  const problems = pushFeed({ source, attributes: ATTRIBUTES }, 7, sink, setup.disk ?? memoryDisk({ 'f.list': bytes }));
  return { seen: sink.seen.map((line) => line.slice(2)), problems, codes: problems.map(({ code }) => code) };
}

/** Reasons counted in the last problem's sentence: `(2 address, 1 no-name)`. */
function reasonsOf(message: string | undefined): string[] {
  return [...(message ?? '').matchAll(/\d+ ([a-z-]+)(?=[,)])/g)].map((match) => match[1]);
}

describe.each([
  ['hosts', HOSTS_LINES],
  ['domains', DOMAINS_LINES],
] as const)('a line of %s', (format, rows) => {
  it.each(rows)('%j gives %j', (line, result) => {
    const { seen, problems } = push(`${line}\n${format === 'hosts' ? '0.0.0.0 ' : ''}last.example\n`, { format });
    const taken = result.filter((word) => !word.startsWith('!'));
    expect(seen.slice(0, -1)).toEqual(taken);
    expect(reasonsOf(problems.at(-1)?.message)).toEqual(
      result.filter((word) => word.startsWith('!')).map((word) => word.slice(1)),
    );
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
  });
});

describe('a list', () => {
  it('reads the same with LF, CRLF, a byte order mark and no last line end', () => {
    const plain = push('0.0.0.0 a.example\n0.0.0.0 b.example\n');
    expect(plain.seen).toEqual(['exact a.example', 'exact b.example']);
    expect(push('\ufeff0.0.0.0 a.example\r\n0.0.0.0 b.example')).toEqual(plain);
  });

  it('takes a bare name as its feed says', () => {
    expect(push('0.0.0.0 a.example\n', { match: 'domain' }).seen).toEqual(['domain a.example']);
    expect(push('a.example\n', { format: 'domains', match: 'exact' }).seen).toEqual(['exact a.example']);
  });

  it('shows the first ten lines that it leaves out, with place and reason, and counts them all', () => {
    const { problems } = push(`0.0.0.0 good.example\n${'0.0.0.0 b..d.example\n'.repeat(37)}`);
    expect(problems).toHaveLength(11);
    expect(problems[0]).toEqual({
      code: 'feed-line',
      severity: 'warning',
      message: 'left out, "b..d.example": two dots in a row',
      where: { file: 'f.list', line: 2, column: 9 },
    });
    expect(problems[10]).toMatchObject({
      code: 'feed-left-out',
      message: expect.stringContaining('37 entries left out, 1 taken'),
    });
  });

  it('never fails for what the sink refuses of it, and is silent about doubles', () => {
    const faults = {
      'a.example': 'protected',
      'b.example': 'cdn-zone',
      'c.example': 'claimed',
      'd.example': 'duplicate',
    } as const;
    const list = ['a', 'b', 'c', 'd', 'e'].map((label) => `0.0.0.0 ${label}.example\n`).join('');
    const { seen, codes, problems } = push(list, { faults });
    expect(seen).toEqual(['exact e.example']);
    expect(codes).toEqual(['feed-line', 'feed-line', 'feed-line', 'feed-left-out']);
    expect(problems[2].message).toContain('other');
  });

  it('is an error when the sink is full, and stops there', () => {
    const { codes } = push('0.0.0.0 a.example\n0.0.0.0 b.example\n0.0.0.0 b..d\n', { faults: { 'b.example': 'full' } });
    expect(codes).toEqual(['rules-full']);
  });

  it.each([
    ['nothing', ''],
    ['comments', '# a\n# b\n'],
    ['a page that says sorry', '<!doctype html>\n<html>sorry</html>\n'],
    ['NUL bytes', '\0'.repeat(100_000)],
    ['one line without end', 'a'.repeat(1_000_000)],
    ['line ends of old Macs', '0.0.0.0 a.example\r'.repeat(10_000)],
  ])('of %s is an error', (_what, list) => {
    const { codes, problems } = push(list);
    expect(codes.at(-1)).toBe('feed-empty');
    expect(problems.at(-1)?.severity).toBe('error');
  });

  it('that is gone, or another than was looked at before, is an error', () => {
    expect(push('0.0.0.0 a.example\n', { disk: memoryDisk({}) }).codes).toEqual(['feed-unreadable']);
    expect(push('0.0.0.0 a.example\n', { sha256: '00' }).codes).toEqual(['feed-changed']);
  });
});

describe('lines across the edges of reads', () => {
  /** A disk that gives a few bytes at a time. */
  const drip = (bytes: Uint8Array, step: () => number): Disk => ({
    list: () => undefined,
    open: () => {
      let at = 0;
      return {
        sizeBytes: bytes.length,
        mode: 0o640,
        read: (into) => {
          const part = bytes.subarray(at, at + Math.min(step(), into.length));
          into.set(part);
          at += part.length;
          return part.length;
        },
        close: () => {},
      };
    },
  });

  it('come out whole, whatever the size of a read', () => {
    const seed = Date.now() & 0xffff;
    console.log(`seed ${seed}`);
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % below;
    };
    let text = '\ufeff';
    for (let i = 0; i < 3000; i++) {
      if (next(40) === 0) text += `0.0.0.0 ${'x'.repeat(next(20_000))}\n`;
      text += `0.0.0.0 ${'y'.repeat(next(50))}n${i}.example${next(2) === 0 ? '\r' : ''}\n`;
    }
    const bytes = new TextEncoder().encode(text);
    const whole = push(bytes);
    expect(whole.seen).toHaveLength(3000);
    for (const most of [7, 100, 5000, 300_000]) {
      expect(push(bytes, { disk: drip(bytes, () => 1 + next(most)) })).toEqual(whole);
    }
  });

  it('100,000 hostile lines neither throw nor let a malformed name through', () => {
    const seed = Date.now() & 0xffff;
    console.log(`seed ${seed}`);
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % below;
    };
    const pieces = [
      '0.0.0.0',
      ' ',
      '\t',
      '.',
      '..',
      '*',
      '#',
      'a',
      'example',
      'com',
      '\xff',
      '\xc3\xa9',
      '\0',
      '-',
      '_',
      'A',
      '1',
      ':',
      '/',
      '@',
      'x'.repeat(64),
    ];
    const parts = ['0.0.0.0 good.example\n'];
    for (let i = 0; i < 100_000; i++) {
      let line = next(3) > 0 ? '0.0.0.0 ' : '';
      for (let n = next(9); n > 0; n--) line += pieces[next(pieces.length)];
      parts.push(line, '\n');
    }
    const { seen, problems } = push(Buffer.from(parts.join(''), 'latin1'));
    expect(seen.length).toBeGreaterThan(300);
    for (const name of seen) expect(name).toMatch(/^(exact|wildcard|domain) ([a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}$/);
    expect(problems.length).toBeLessThanOrEqual(11);
  });
});

describe('the format of a list', () => {
  const rows: readonly (readonly [what: string, list: string, format: FeedFormat | undefined])[] = [
    ['hosts', '# head\n127.0.0.1 localhost\n0.0.0.0 a.example\n', 'hosts'],
    ['hosts with CRLF', '0.0.0.0 a.example\r\n0.0.0.0 b.example\r\n', 'hosts'],
    ['domains', '# head\na.example\nb.example\n', 'domains'],
    ['domains with a stray line', 'a.example\nwhat is this\nb.example\n', 'domains'],
    ['ABP', '! head\n||a.example^\n||b.example^\n', undefined],
    ['dnsmasq', 'address=/a.example/\nserver=/b.example/\n', undefined],
    ['addresses alone', '192.0.2.1\n192.0.2.2\n', undefined],
    ['a page', '<html>\n<body>\n</html>\n', undefined],
    ['nothing', '', undefined],
    ['comments alone', '# a\n', undefined],
  ];
  it.each(rows)('%s', (_what, list, format) => {
    expect(detectFormat(new TextEncoder().encode(list))).toBe(format);
  });
});

describe('the bench', () => {
  it('takes every name of its list, the same each time', () => {
    const { names, runsMs, checksum } = measureFeed(2000, 2);
    expect([names, runsMs.length]).toEqual([2000, 2]);
    expect(checksum).toBe(measureFeed(2000, 1).checksum);
  });
});
