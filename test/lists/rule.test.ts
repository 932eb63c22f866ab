import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import type { Problem } from '../../src/base/problems.ts';
import { readLists } from '../../src/lists/lists.ts';
import { RULE_TEXTS } from '../vectors/rule-texts.ts';
import { memoryDisk } from './memory-disk.ts';
import { recordingSink } from './recording-sink.ts';

const CLOCK = { now: Date.parse('2026-11-24T12:00:00Z') as Instant, timeZone: 'Europe/London' };
const SOURCES = `sources:
  - { id: good, title: A, licence: MIT, carry: yes }
  - { id: facts, title: A, licence: MIT, carry: facts-only }
  - { id: rank, title: A, licence: MIT, carry: evidence-only }
`;

/** An app with one rule: what the sink was given, and the problems. */
function readOne(rule: string): { seen: string[]; problems: Problem[] } {
  const app = `id: app\nname: App\nrules:\n  - ${rule}\ntests: { blocked: [a.example], free: [b.example] }\n`;
  const disk = memoryDisk({
    'lists/sources.yaml': SOURCES,
    'lists/cdn-zones.yaml': 'zones: []\n',
    'lists/apps/app.yaml': app,
  });
  const { rules, problems } = readLists('lists', CLOCK, disk);
  const sink = recordingSink();
  rules(sink);
  return { seen: sink.seen, problems };
}

const GOOD = 'confidence: high, evidence: [good@2026-01-01]';
const ADDRESS = `${GOOD}, asn: 64500, recheck_by: 2027-01-01`;

describe('the pattern of a rule', () => {
  it.each(RULE_TEXTS)('%s: %j gives %s', (key, text, result) => {
    const { seen, problems } = readOne(`{ ${key}: ${JSON.stringify(text)}, ${key === 'address' ? ADDRESS : GOOD} }`);
    if (problems.length > 0) {
      expect(problems.map(({ code }) => code)).toEqual([result]);
      expect(problems[0].where).toEqual({ file: 'lists/apps/app.yaml', line: 4, column: `  - { ${key}: `.length + 1 });
      expect(seen).toEqual([]);
    } else expect(seen).toEqual([`0 ${result}`]);
  });
});

describe('the keys of a rule', () => {
  const rows: readonly (readonly [rule: string, codes: readonly string[]])[] = [
    [`{ domain: a.example, ${GOOD}, role: web, answer: nxdomain, also_in: [b], carrier: true, note: x }`, []],
    ['{ except: a.example }', []],
    [`{ except: a.example, answer: nxdomain }`, ['key-useless']],
    ['{ domain: a.example }', ['missing-key', 'missing-key']],
    ['{ domain: a.example, confidence: low, evidence: [good@1] }', ['bad-value']],
    ['{ domain: a.example, confidence: medium, evidence: [] }', ['bad-value']],
    ['{ domain: a.example, confidence: medium, evidence: good@1 }', ['wrong-type']],
    ['{ domain: a.example, confidence: medium, evidence: [good] }', ['bad-value']],
    ['{ domain: a.example, confidence: medium, evidence: ["good@2026-01-01#a note"] }', []],
    ['{ domain: a.example, confidence: medium, evidence: [godo@1] }', ['unknown-source']],
    ['{ domain: a.example, confidence: medium, evidence: [rank@1] }', ['evidence-only']],
    ['{ domain: a.example, confidence: medium, evidence: [rank@1, facts@1] }', []],
    ['{ domain: a.example, confidence: medium, evidence: [good@2026-11-24] }', []],
    ['{ domain: a.example, confidence: medium, evidence: [good@2026-11-25] }', ['evidence-future']],
    [`{ domain: a.example, ${GOOD}, recheck_by: 2026-11-24 }`, []],
    [`{ domain: a.example, ${GOOD}, recheck_by: 2026-11-23 }`, ['recheck-overdue']],
    [`{ domain: a.example, ${GOOD}, recheck_by: 2026-11-31 }`, ['bad-value']],
    [`{ domain: a.example, ${GOOD}, asn: 64500 }`, ['key-useless']],
    [`{ exact: a.example, ${GOOD}, carrier: true }`, ['key-useless']],
    [`{ address: 198.51.100.0/24, ${GOOD}, asn: 64500 }`, ['missing-key']],
    [`{ address: 198.51.100.0/24, ${GOOD}, asn: 0, recheck_by: 2027-01-01 }`, ['bad-value']],
    [`{ domain: a.example, exact: b.example, ${GOOD} }`, ['rule-pattern']],
    [`{ ${GOOD} }`, ['rule-pattern']],
    [`{ domain: a.example, ${GOOD}, Role: web }`, ['unknown-key']],
    ['tiktok.com', ['wrong-type']],
  ];
  it.each(rows)('%s: %j', (rule, codes) => {
    expect(readOne(rule).problems.map(({ code }) => code)).toEqual(codes);
  });
});

describe('what the sink refuses', () => {
  const rows = [
    ['duplicate', 'duplicate-rule', 'warning'],
    ['cdn-zone', 'cdn-zone', 'error'],
    ['protected', 'protected', 'error'],
    ['claimed', 'claimed', 'error'],
    ['full', 'rules-full', 'error'],
  ] as const;
  it.each(rows)('%s becomes %s (%s) at the rule', (fault, code, severity) => {
    const app = `id: app\nname: App\nrules:\n  - { domain: a.example, ${GOOD} }\ntests: { blocked: [a.example], free: [b.example] }\n`;
    const disk = memoryDisk({
      'lists/sources.yaml': SOURCES,
      'lists/cdn-zones.yaml': 'zones: []',
      'lists/apps/app.yaml': app,
    });
    const { rules, problems } = readLists('lists', CLOCK, disk);
    expect(problems).toEqual([]);
    rules(recordingSink({ 'a.example': fault }));
    expect(problems).toMatchObject([{ code, severity, where: { file: 'lists/apps/app.yaml', line: 4, column: 15 } }]);
  });
});
