import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { KEPT, RETENTION, RETENTION_PROFILES } from '../../src/config/retention.ts';
import { memoryDisk } from '../lists/memory-disk.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;
const FILE = '/etc/interdict/interdict.yaml';
const DOC = readFileSync('docs/privacy.md', 'utf8');
const KEYS = { events: 'events', pseudonymKeys: 'pseudonym_keys', journal: 'journal' } as const;

function read(privacy: string) {
  const text = `operator: A\nprivacy: ${privacy}\n`;
  const { config, problems } = readConfig(FILE, { now: NOW }, memoryDisk({ [FILE]: text }));
  const own = problems.filter(({ code }) => code !== 'no-segments');
  return {
    privacy: config?.privacy,
    problems: own.map(({ severity, code, message }) => `${severity} ${code}: ${message}`),
  };
}

describe('privacy', () => {
  it('is, when nothing is set, events for 30 days, keys for 7 days, the journal for 7 years', () => {
    const { privacy, problems } = read('{}');
    expect(problems).toEqual([]);
    expect(KEPT.map((name) => privacy?.kept[name].span)).toEqual([
      { amount: 30, unit: 'days' },
      { amount: 7, unit: 'days' },
      { amount: 7, unit: 'years' },
    ]);
  });

  it('takes what is set, and the profile for the rest', () => {
    const { privacy } = read('{ profile: us-federal, pseudonym_keys: 7 days }');
    expect(privacy?.kept.pseudonymKeys).toEqual({
      span: { amount: 7, unit: 'days' },
      source: 'set by the department in its configuration',
    });
    expect(privacy?.kept.events).toBe(RETENTION['us-federal'].events);
  });

  it('refuses hours, since a file holds a day', () => {
    expect(read('{ pseudonym_keys: 12 hours }').problems).toEqual([
      'error bad-value: one file holds a day, so write a span of days or longer, such as 7 days',
    ]);
  });

  it('warns of keys that outlive what they undo', () => {
    expect(read('{ events: 7 days, pseudonym_keys: 1 month }').problems).toEqual([
      'warning keys-outlive-events: keys of pseudonyms are kept longer than the events that they can undo; shorten them',
    ]);
  });

  it('has no profile whose own numbers it warns of', () => {
    for (const profile of RETENTION_PROFILES) expect(read(`{ profile: ${profile} }`).problems, profile).toEqual([]);
  });
});

describe('docs/privacy.md', () => {
  it('has each number of each profile with its source', () => {
    for (const profile of RETENTION_PROFILES)
      for (const name of KEPT) {
        const { span, source } = RETENTION[profile][name];
        const row = DOC.split('\n').find((line) => line.startsWith(`| ${profile} | \`${KEYS[name]}\` | `)) ?? '';
        expect(row.replaceAll(/<(http[^>]+)>/g, '$1')).toBe(
          `| ${profile} | \`${KEYS[name]}\` | ${span.amount} ${span.unit} | ${source} |`,
        );
      }
  });
});
