import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { type CatalogueFilter, catalogueOf, standings } from '../../src/policy/catalogue.ts';
import { checkMemory } from '../../src/policy/check/check-lists.ts';
import type { Directive, SegmentKind } from '../../src/policy/model.ts';
import { reachOf } from '../../src/policy/reach.ts';
import { DAY, NOW, type WorldText, worldOf } from './world.ts';

const later = (NOW + DAY) as Instant;

const WORLD: WorldText = {
  apps: { tiktok: [], wechat: [], vk: [] },
  directives: {
    gov: { apps: ['tiktok'] },
    silent: { apps: ['tiktok', 'wechat'], demands: ['remove-app'] },
    advice: { apps: ['wechat'], binding: 'advisory' },
    gone: { apps: ['wechat'], status: 'repealed' },
    scotland: { apps: ['tiktok'], jurisdiction: 'GB-SCT' },
    own: { apps: ['tiktok'], instrument: 'policy', jurisdiction: 'demo' },
  },
  segments: {
    devices: { clients: ['10.0.0.0/8'], enforce: ['gov', 'silent:monitor', 'own'] },
    bare: { clients: ['10.1.0.0/16'], enforce: [] },
    guest: { clients: ['10.2.0.0/16'], kind: 'guest', enforce: ['scotland', 'gone'] },
  },
};
const { model } = worldOf(WORLD);

describe('the catalogue', () => {
  test.each<[string, CatalogueFilter, string[], string[]]>([
    [
      'shows all, by jurisdiction',
      {},
      ['advice', 'gone', 'gov', 'silent', 'scotland', 'own'],
      ['tiktok', 'wechat', 'vk'],
    ],
    ['of a jurisdiction has no other, not even a part of it', { jurisdiction: 'GB-SCT' }, ['scotland'], ['tiktok']],
    [
      'of an app has each instrument that names it, and that app alone',
      { app: 'wechat' },
      ['advice', 'gone', 'silent'],
      ['wechat'],
    ],
    ['of an app that nothing names has the app', { app: 'vk' }, [], ['vk']],
    ['of an instrument has what it names', { directive: 'silent' }, ['silent'], ['tiktok', 'wechat']],
    ['of a status', { status: 'repealed' }, ['gone'], ['wechat']],
    ['of two filters has what passes both', { app: 'tiktok', jurisdiction: 'GB' }, ['gov', 'silent'], ['tiktok']],
  ])('%s', (_, filter, directives, apps) => {
    const found = catalogueOf(model.lists, [1, 2, 3], NOW, filter);
    expect(found.directives.map(({ id }) => id)).toEqual(directives);
    expect(found.apps.map(({ id }) => id)).toEqual(apps);
  });

  test('of an app counts its rules and tells every instrument that names it, filtered or not', () => {
    const [app] = catalogueOf(model.lists, [1, 2, 3], NOW, { app: 'wechat', status: 'repealed' }).apps;
    expect(app).toMatchObject({ id: 'wechat', rules: 2, directives: ['silent', 'advice', 'gone'] });
  });

  test('holds no place of a file, so that its JSON means the same on another machine', () => {
    expect(JSON.stringify(catalogueOf(model.lists, [0, 0, 0], NOW))).not.toMatch(/places|\.yaml/);
  });
});

test.each<[string, Partial<Omit<Directive, 'apps'>>, SegmentKind, string]>([
  ['asks for a block', {}, 'corporate', 'block'],
  ['is silent on traffic', { demands: ['remove-app'] }, 'corporate', 'enforce'],
  ['is advice', { binding: 'advisory' }, 'corporate', 'monitor'],
  ['is under review', { status: 'under-review' }, 'corporate', 'monitor'],
  ['begins tomorrow', { effective: later }, 'corporate', 'monitor'],
  ['has ended', { ends: NOW }, 'corporate', 'none'],
  ["is the operator's own", { instrument: 'policy', jurisdiction: 'demo' }, 'guest', 'own'],
  ["is the operator's own and repealed", { instrument: 'policy', status: 'repealed' }, 'corporate', 'none'],
  ['binds other kinds', {}, 'contractor', 'none'],
  ['binds any kind of a mixed segment', {}, 'mixed', 'block'],
])('a directive that %s means for the segment what POLICY says: %j, %s, %s', (_, change, kind, reach) => {
  const [directive] = worldOf({ apps: { a: [] }, directives: { d: { apps: ['a'], ...change } } }).model.lists
    .directives;
  expect(reachOf(directive, { kind, jurisdiction: 'GB' }, NOW)).toBe(reach);
});

test('standings tell what is enforced, what is a gap, what is the own measure, and nothing of the rest', () => {
  expect(standings(model, NOW)).toEqual([
    { segment: 'devices', directives: { gov: 'enforced', silent: 'monitored', advice: 'left', own: 'enforced' } },
    { segment: 'bare', directives: { gov: 'gap', silent: 'left', advice: 'left' } },
    { segment: 'guest', directives: { scotland: 'enforced (own measure)', gone: 'idle' } },
  ]);
});

test('a directive that rests on memory is a problem of check --strict, and no other is', () => {
  const { directives } = worldOf({
    apps: { a: [] },
    directives: {
      read: { apps: ['a'], source: { kind: 'issuer', url: 'https://example.org/', retrieved: '2026-11-24' } },
      remembered: { apps: ['a'], source: { kind: 'memory' } },
    },
  }).model.lists;
  expect(checkMemory(directives).map(({ code, severity, where }) => [code, severity, where.file])).toEqual([
    ['source-memory', 'overdue', 'directives/remembered.yaml'],
  ]);
});
