import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { formatName } from '../../src/base/names.ts';
import { nodeDisk } from '../../src/lists/disk.ts';
import { readLists } from '../../src/lists/lists.ts';
import { ruleLocator } from '../../src/lists/rules/locate.ts';
import { memoryDisk } from './memory-disk.ts';
import { recordingSink } from './recording-sink.ts';

const CLOCK = { now: Date.parse('2026-11-24T12:00:00Z') as Instant, timeZone: 'Europe/London' };

const PREFIXES: Record<string, string> = { exact: '=', wildcard: '*.' };

describe('the shipped rules', () => {
  const { model, rules, problems } = readLists('blocklists', CLOCK, nodeDisk);
  const sink = recordingSink();
  rules(sink);
  const locate = ruleLocator(model.apps, nodeDisk);

  it('are without a problem', () => {
    expect(problems).toEqual([]);
    expect(sink.seen.length).toBeGreaterThan(300);
  });

  it('are each found again, at a line and column that hold their text', () => {
    const lines = new Map<string, string[]>();
    for (const seen of sink.seen) {
      const [app, kind, pattern] = seen.split(' ');
      const { id, source } = model.apps[Number(app)];
      const found = locate(id, `${PREFIXES[kind] ?? ''}${pattern}`);
      expect(found, seen).toMatchObject({ isChanged: false, place: { file: source.file } });
      if (found === undefined) continue;
      const { file, line, column } = found.place;
      if (!lines.has(file)) lines.set(file, readFileSync(file, 'utf8').split('\n'));
      const rest =
        lines
          .get(file)
          ?.[line - 1].slice(column - 1)
          .replace(/^"/, '') ?? '';
      expect(rest.startsWith(found.text), `${file}:${line}:${column}`).toBe(true);
    }
  });
});

const APP = `id: app
name: App
rules:
  - { domain: a.example, confidence: high, evidence: [good@1] }
  - exact: B.example
    confidence: high
    evidence: [good@1]
  - { wildcard: "*.c.example", confidence: high, evidence: [good@1] }
  - { except: x.a.example }
  - { domain: "d\\\\.e.example", confidence: high, evidence: [good@1] }
  - { address: 2001:db8::/32, confidence: high, evidence: [good@1], asn: 1, recheck_by: 2027-01-01 }
  - { except: 2001:db8:1::/48 }
tests: { blocked: [a.example], free: [b.example] }
`;
const FEED = 'id: feed\nname: Feed\nsource: { file: ../feed.hosts }\n';
const LIST =
  '\ufeff# head\r\n0.0.0.0 one.example two.example\r\n0.0.0.0 *.three.example\r\n0.0.0.0 b\u00fccher.example\r\n';
const FILES = {
  'lists/sources.yaml': 'sources: [{ id: good, title: A, licence: MIT, carry: yes }]\n',
  'lists/cdn-zones.yaml': 'zones: []\n',
  'lists/apps/app.yaml': APP,
  'lists/feeds/feed.yaml': FEED,
  'lists/feed.hosts': LIST,
};

describe('a rule part', () => {
  const { model, problems } = readLists('lists', CLOCK, memoryDisk(FILES));
  const locate = ruleLocator(model.apps, memoryDisk(FILES));

  it('is asked of files without problems', () => {
    expect(problems).toEqual([]);
  });

  it.each([
    ['app', 'a.example', 'lists/apps/app.yaml:4:15', 'a.example'],
    ['app', '=b.example', 'lists/apps/app.yaml:5:12', 'B.example'],
    ['app', '*.c.example', 'lists/apps/app.yaml:8:17', '*.c.example'],
    ['app', 'x.a.example', 'lists/apps/app.yaml:9:15', 'x.a.example'],
    ['app', 'd\\.e.example', 'lists/apps/app.yaml:10:15', 'd\\.e.example'],
    ['app', '2001:db8::/32', 'lists/apps/app.yaml:11:16', '2001:db8::/32'],
    ['app', '2001:db8:1::/48', 'lists/apps/app.yaml:12:15', '2001:db8:1::/48'],
    ['feed', 'feed:=one.example', 'lists/feed.hosts:2:9', 'one.example'],
    ['feed', 'feed:=two.example', 'lists/feed.hosts:2:21', 'two.example'],
    ['feed', 'feed:*.three.example', 'lists/feed.hosts:3:9', '*.three.example'],
    ['feed', 'feed:=xn--bcher-kva.example', 'lists/feed.hosts:4:9', 'b\u00fccher.example'],
  ])('%s/%s stands at %s', (app, part, place, text) => {
    const found = locate(app, part);
    expect(found && `${found.place.file}:${found.place.line}:${found.place.column}`).toBe(place);
    expect(found).toMatchObject({ text, isChanged: false });
  });

  it.each([
    ['app', 'b.example'],
    ['app', '=a.example'],
    ['app', 'feed:a.example'],
    ['app', '2001:db8::/33'],
    ['app', ''],
    ['app', 'a..b'],
    ['app', '1.2.3.4/99'],
    ['feed', '=one.example'],
    ['feed', 'feed:one.example'],
    ['feed', 'feed:=four.example'],
    ['nobody', 'a.example'],
  ])('%s/%s stands nowhere', (app, part) => {
    expect(locate(app, part)).toBeUndefined();
  });

  it('of a file that was edited since is found where it is now, and said to be changed', () => {
    const edited = {
      ...FILES,
      'lists/apps/app.yaml': `# new\n${APP}`,
      'lists/feed.hosts': `${LIST}0.0.0.0 new.example\n`,
    };
    const later = ruleLocator(model.apps, memoryDisk(edited));
    expect(later('app', 'a.example')).toMatchObject({ place: { line: 5 }, isChanged: true });
    expect(later('feed', 'feed:=one.example')).toMatchObject({ place: { line: 2 }, isChanged: true });
    expect(ruleLocator(model.apps, memoryDisk({}))('app', 'a.example')).toBeUndefined();
    expect(ruleLocator(model.apps, memoryDisk({}))('feed', 'feed:=one.example')).toBeUndefined();
  });
});

describe('one line among 100,000', () => {
  it('is found', () => {
    const list = Array.from({ length: 100_000 }, (_, i) => `0.0.0.0 n${i}.example\n`).join('');
    const disk = memoryDisk({ ...FILES, 'lists/feed.hosts': list });
    const { model } = readLists('lists', CLOCK, disk);
    const name = formatName(Uint8Array.of(6, 0x6e, 0x39, 0x39, 0x39, 0x39, 0x38, 7, ...Buffer.from('example'), 0));
    expect(ruleLocator(model.apps, disk)('feed', `feed:=${name}`)?.place.line).toBe(99_999);
  });
});
