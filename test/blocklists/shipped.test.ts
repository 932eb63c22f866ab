// What the shipped files promise, told by the real loader and engine. Small samples stand in sample.json; whole lists are read where present.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { containsPrefix, type Prefix, parsePrefix } from '../../src/base/addresses.ts';
import { formatProblem } from '../../src/base/problems.ts';
import { TestNames } from '../../src/control/probe/test-names.ts';
import { corpus } from './corpus.ts';
import sample from './sample.json' with { type: 'json' };
import { FOLDER, loadShipped, NOW } from './shipped.ts';

const shipped = loadShipped();
const APPS = shipped.lists.apps.map((app) => app.id);
const TIKTOK = ['tiktok', 'tiktok-ads'];

interface RawRule {
  readonly domain?: string;
  readonly exact?: string;
  readonly except?: string;
  readonly address?: string;
  readonly answer?: string;
}

function rawRules(app: string): readonly RawRule[] {
  return parse(readFileSync(join(FOLDER, 'apps', `${app}.yaml`), 'utf8')).rules;
}

function prefixesOf(app: string): Prefix[] {
  return rawRules(app).flatMap((rule) => (rule.address === undefined ? [] : [prefix(rule.address)]));
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined || parsed === 'host-bits') throw new Error(text);
  return parsed;
}

const touches = (a: Prefix, b: Prefix) => containsPrefix(a, b) || containsPrefix(b, a);
const blockedBy = (name: string) => APPS.filter((app) => shipped.reach(app, name) !== 'free');

describe('the shipped blocklists', () => {
  it('load without a problem of any severity', () => {
    expect(shipped.problems.map(formatProblem)).toEqual([]);
    expect(APPS.length).toBe(readdirSync(join(FOLDER, 'apps')).length);
    expect(shipped.lists.directives.length).toBe(readdirSync(join(FOLDER, 'directives')).length);
  });

  it('give every app at least five blocked and five free tests, and all of them hold', () => {
    for (const { id, tests } of shipped.lists.apps) {
      expect([id, tests.blocked.length >= 5, tests.free.length >= 5]).toEqual([id, true, true]);
      expect(tests.blocked.filter((name) => shipped.reach(id, name) === 'free')).toEqual([]);
      expect(tests.free.filter((name) => shipped.reach(id, name) !== 'free')).toEqual([]);
    }
  });

  it('say of every name that one app frees and another matches whose it is, so that the self-probe takes none for innocent', () => {
    const names = new TestNames(shipped.model);
    const wrong = APPS.flatMap((app) =>
      names.free([app]).flatMap(({ text }) => (shipped.reach(app, text) === 'free' ? [] : [`${text} ${app}`])),
    );
    expect(wrong).toEqual([]);
  });

  it('name in a directive every app that carries no reason to be unassigned', () => {
    const named = new Set(shipped.lists.directives.flatMap(({ apps }) => apps.map(({ app }) => app)));
    for (const app of shipped.lists.apps)
      expect([app.id, named.has(app.id) || app.unassigned !== undefined]).toEqual([app.id, true]);
  });

  it('ask for a review of every directive between a day and a year ahead', () => {
    for (const { id, reviewBy } of shipped.lists.directives) {
      const days = ((reviewBy ?? 0) - NOW) / 86_400_000;
      expect([id, days > 1 && days < 366]).toEqual([id, true]);
    }
  });

  it('use none of the words that are not for people', () => {
    const word = /violation|offender|\battempt|malicious|data-extracting|banned app|sinkhole/i;
    const files = ['apps', 'directives'].flatMap((dir) =>
      readdirSync(join(FOLDER, dir)).map((file) => join(FOLDER, dir, file)),
    );
    for (const file of [...files, join(FOLDER, 'README.md')])
      expect([file, word.exec(readFileSync(file, 'utf8'))]).toEqual([file, null]);
  });

  it('block no CDN zone', () => {
    expect(shipped.lists.cdnZones.length).toBeGreaterThan(50);
    expect(shipped.lists.cdnZones.filter(({ name }) => blockedBy(name).length > 0)).toEqual([]);
  });

  it('block nothing of the sample of names that belong to others', () => {
    expect(sample.free.filter((name) => blockedBy(name).length > 0)).toEqual([]);
  });

  it('take none of the sister apps for TikTok', () => {
    expect(sample.notTikTok.filter((name) => TIKTOK.some((app) => shipped.reach(app, name) !== 'free'))).toEqual([]);
  });

  it('free in tiktok whatever CapCut and Lemon8 have outside its zones, so that its addresses never settle them', () => {
    const freed = new Set(rawRules('tiktok').map(({ except }) => except));
    const domains = ['capcut', 'lemon8'].flatMap((app) => rawRules(app).flatMap(({ domain }) => domain ?? []));
    expect(domains.length).toBeGreaterThan(7);
    expect(domains.filter((name) => !freed.has(name))).toEqual([]);
  });

  it('leave in the image zone of all apps every sister app its own hosts: one app takes each of them, and not TikTok', () => {
    const hosts = ['capcut', 'bytedance'].flatMap((app) =>
      rawRules(app).flatMap(({ exact }) => (exact?.endsWith('.ibyteimg.com') ? [{ app, exact }] : [])),
    );
    expect(hosts.length).toBeGreaterThan(4);
    expect(hosts.filter(({ app, exact }) => blockedBy(exact).join() !== app)).toEqual([]);
  });

  it('give no address to a cloud, or to an app that lives in one', () => {
    for (const app of ['bytedance-cloud', 'capcut', 'deepseek', 'wechat'])
      expect([app, prefixesOf(app)]).toEqual([app, []]);
  });

  it('find the sample of names through CDN zones by the name in front', () => {
    for (const [name, app] of sample.throughZones) expect([name, shipped.reach(app, name)]).toEqual([name, 'cdn-zone']);
  });

  it('free in tiktok whatever tiktok-ads blocks, so that a pixel is never taken for the app', () => {
    const ads = rawRules('tiktok-ads').flatMap(({ domain }) => domain ?? []);
    expect(ads.length).toBeGreaterThan(30);
    const freed = new Set(rawRules('tiktok').map(({ except }) => except));
    expect(ads.filter((name) => !freed.has(name))).toEqual([]);
    expect(ads.filter((name) => shipped.reach('tiktok-ads', name) === 'free')).toEqual([]);
    expect(ads.filter((name) => shipped.reach('tiktok', `x.${name}`) !== 'free')).toEqual([]);
  });

  it('answer NXDOMAIN for every rule of encrypted-dns: an address would switch on what the canary switches off', () => {
    expect(rawRules('encrypted-dns').filter(({ answer }) => answer !== 'nxdomain')).toEqual([]);
  });

  it('touch no sampled prefix of a public cloud with an address of TikTok', () => {
    const clouds = sample.cloudPrefixes.map(prefix);
    expect(prefixesOf('tiktok').length).toBeGreaterThan(100);
    expect(prefixesOf('tiktok').filter((own) => clouds.some((cloud) => touches(own, cloud)))).toEqual([]);
  });

  it('list single addresses only for resolvers, since their neighbours are other services', () => {
    expect(prefixesOf('encrypted-dns').length).toBeGreaterThan(20);
    expect(prefixesOf('encrypted-dns').filter(({ bits }) => bits !== 128)).toEqual([]);
  });
});

describe('against whole lists', () => {
  const popular = corpus('umbrella-top-100k.txt.gz');
  it.skipIf(popular === undefined)('tiktok and tiktok-ads match 98 % of the popular names that contain tiktok', () => {
    const names = popular?.filter((name) => name.includes('tiktok')) ?? [];
    const caught = names.filter((name) => TIKTOK.some((app) => shipped.reach(app, name) !== 'free'));
    const throughZones = names.filter((name) => TIKTOK.some((app) => shipped.reach(app, name) === 'cdn-zone'));
    expect(names.length).toBe(1328);
    expect(caught.length / names.length).toBeGreaterThanOrEqual(0.98);
    // Hundreds of host names that others copy one by one.
    expect(throughZones.length).toBeGreaterThan(200);
  });

  it.skipIf(popular === undefined)('beyond these, they match only domains that were gone through by hand', () => {
    const judged = new Set(sample.judgedDomains);
    const others =
      popular?.filter(
        (name) => !name.includes('tiktok') && TIKTOK.some((app) => shipped.reach(app, name) !== 'free'),
      ) ?? [];
    expect(others.length).toBeGreaterThan(100);
    const isJudged = (name: string) => name.split('.').some((_, i, labels) => judged.has(labels.slice(i).join('.')));
    const inFront = (name: string) => [...judged].some((domain) => `.${name}`.includes(`.${domain}.`));
    expect(others.filter((name) => !isJudged(name) && !inFront(name))).toEqual([]);
  });

  const falsePositives = [corpus('anudeepND-false-positives.txt'), corpus('anudeepND-whitelist.txt')].flatMap(
    (names) => names ?? [],
  );
  it.skipIf(falsePositives.length === 0)('no app blocks a name that others once blocked by mistake', () => {
    expect(falsePositives.length).toBeGreaterThan(900);
    expect(falsePositives.filter((name) => blockedBy(name).length > 0)).toEqual([]);
  });

  const clouds = [corpus('ipranges-all-ipv4_merged.txt.gz'), corpus('ipranges-all-ipv6_merged.txt.gz')].flatMap(
    (lines) => lines ?? [],
  );
  it.skipIf(clouds.length === 0)("the addresses of Telegram touch no published range but Telegram's own", () => {
    const own = prefixesOf('telegram');
    const ranges = clouds.map((range) => ({ range, prefix: prefix(range) }));
    const touched = ranges.filter((cloud) => own.some((rule) => touches(rule, cloud.prefix)));
    expect(own.length).toBeGreaterThan(10);
    expect(touched.map(({ range }) => range).sort()).toEqual([...sample.telegramRanges].sort());
  });
  it.skipIf(clouds.length === 0)(
    'no address of TikTok touches a range of a public cloud, crawler or large operator',
    () => {
      const ranges = clouds.map(prefix);
      expect(ranges.length).toBeGreaterThan(5000);
      expect(prefixesOf('tiktok').filter((own) => ranges.some((range) => touches(own, range)))).toEqual([]);
    },
  );
});
