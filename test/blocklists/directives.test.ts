// What each shipped directive says, held against a table written by hand from the public instruments, never from the files. Words for a
// demand: kept off a device is remove-app and prevent-install; not to be used or downloaded is prevent-install; not to be reached from a
// device or network is block-traffic. What a source does not state is absent here too.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Directive } from '../../src/policy/model.ts';
import { FOLDER, loadShipped, NOW } from './shipped.ts';

const { directives } = loadShipped().lists;
const DAY = 86_400_000;

interface Expected {
  readonly jurisdiction: string;
  readonly issued: string;
  readonly effective?: string;
  /** mandatory and in-force where absent. */
  readonly binding?: 'advisory';
  readonly status?: 'under-review';
  /** An app that the source does not name itself carries its basis: `temu/vendor`. */
  readonly apps: string;
  readonly demands?: string;
  readonly devices?: string;
  readonly networks?: string;
  /** secondary where absent. */
  readonly source?: 'issuer' | 'memory';
}

const OFF = 'remove-app prevent-install';
const OFF_AND_BLOCK = `${OFF} block-traffic`;

const TABLE: Readonly<Record<string, Expected>> = {
  'local-policy': {
    jurisdiction: 'demo',
    issued: '2026-11-24',
    apps: 'encrypted-dns',
    demands: 'block-traffic',
    devices: 'corporate enrolled-personal',
    networks: 'corporate',
    source: 'memory',
  },

  // United Kingdom
  'uk-cabinet-office-2023-03-16': {
    jurisdiction: 'GB',
    issued: '2023-03-16',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
  },
  'uk-cabinet-office-2023-03-16-review': {
    jurisdiction: 'GB',
    issued: '2023-03-16',
    binding: 'advisory',
    status: 'under-review',
    apps: '',
    devices: 'corporate',
  },
  'uk-cabinet-office-2022-11-24': {
    jurisdiction: 'GB',
    issued: '2022-11-24',
    apps: 'hikvision/category dahua/category',
    networks: 'corporate',
  },
  'uk-ncsc-2017-12-01': { jurisdiction: 'GB', issued: '2017-12-01', binding: 'advisory', apps: 'kaspersky' },
  'uk-parliament-2023-03-23': {
    jurisdiction: 'GB',
    issued: '2023-03-23',
    apps: 'tiktok',
    demands: OFF_AND_BLOCK,
    networks: 'parliamentary',
  },
  'scotgov-2023-03-23': {
    jurisdiction: 'GB-SCT',
    issued: '2023-03-23',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
  },
  'scotparl-2023-03-17': {
    jurisdiction: 'GB-SCT',
    issued: '2023-03-17',
    binding: 'advisory',
    apps: 'tiktok',
    demands: 'remove-app',
    networks: 'parliamentary',
  },
  'wales-2023-03': { jurisdiction: 'GB-WLS', issued: '2023-03-16', apps: 'tiktok', demands: OFF, devices: 'corporate' },

  // European Union institutions
  'eu-com-2023-02-23': {
    jurisdiction: 'EU',
    issued: '2023-02-23',
    apps: 'tiktok',
    demands: 'remove-app',
    devices: 'corporate enrolled-personal',
  },
  'eu-com-2023-02-23-review': {
    jurisdiction: 'EU',
    issued: '2023-02-23',
    binding: 'advisory',
    status: 'under-review',
    apps: '',
    devices: 'corporate enrolled-personal',
  },
  'eu-council-2023-02': {
    jurisdiction: 'EU',
    issued: '2023-02-23',
    apps: 'tiktok',
    demands: 'remove-app',
    devices: 'corporate enrolled-personal',
  },
  'eu-ep-2023-03-20': {
    jurisdiction: 'EU',
    issued: '2023-02-28',
    effective: '2023-03-20',
    apps: 'tiktok',
    demands: OFF_AND_BLOCK,
    networks: 'parliamentary',
  },

  // United States, federal
  'us-pl117-328-divr': {
    jurisdiction: 'US',
    issued: '2022-12-29',
    apps: 'tiktok',
    demands: 'remove-app',
    devices: 'corporate contractor',
  },
  'us-omb-m-23-13': {
    jurisdiction: 'US',
    issued: '2023-02-27',
    effective: '2023-03-29',
    apps: 'tiktok',
    demands: OFF_AND_BLOCK,
    devices: 'corporate contractor',
    networks: 'corporate',
  },
  'us-far-52.204-27': {
    jurisdiction: 'US',
    issued: '2023-06-02',
    apps: 'tiktok',
    demands: OFF,
    devices: 'contractor personal',
  },
  'us-house-cao-2022-12-27': {
    jurisdiction: 'US',
    issued: '2022-12-27',
    apps: 'tiktok',
    demands: OFF,
    networks: 'parliamentary',
  },
  'us-house-cao-2024-08-15': {
    jurisdiction: 'US',
    issued: '2024-07-30',
    effective: '2024-08-15',
    apps: 'capcut lark lemon8 tiktok/vendor douyin/vendor bytedance/vendor',
    demands: OFF,
    networks: 'parliamentary',
  },
  'us-house-2025': {
    jurisdiction: 'US',
    issued: '2025-01-30',
    apps: 'deepseek',
    demands: OFF,
    networks: 'parliamentary',
  },
  'us-bod-17-01': {
    jurisdiction: 'US',
    issued: '2017-09-13',
    effective: '2017-12-12',
    apps: 'kaspersky',
    demands: 'remove-app',
    devices: 'corporate',
    source: 'issuer',
  },
  'us-ndaa-fy2018-s1634': { jurisdiction: 'US', issued: '2017-12-12', effective: '2018-10-01', apps: 'kaspersky' },
  'us-far-52.204-23': {
    jurisdiction: 'US',
    issued: '2018-06-15',
    effective: '2018-07-16',
    apps: 'kaspersky',
    source: 'issuer',
  },
  'us-ndaa-fy2019-s889': {
    jurisdiction: 'US',
    issued: '2018-08-13',
    effective: '2019-08-13',
    apps: 'huawei zte hikvision dahua',
  },
  'us-ndaa-fy2026-s1532': {
    jurisdiction: 'US',
    issued: '2025-12-18',
    apps: 'deepseek',
    devices: 'corporate contractor',
  },
  'us-ndaa-fy2026-s6604': {
    jurisdiction: 'US',
    issued: '2025-12-18',
    apps: 'deepseek',
    demands: 'remove-app',
    devices: 'corporate contractor',
  },

  // United States, states
  'us-tx-prohibited-tech': {
    jurisdiction: 'US-TX',
    issued: '2022-12-07',
    effective: '2023-02-15',
    apps: 'tiktok wechat huawei zte kaspersky hikvision dahua bytedance/vendor capcut/vendor lark/vendor douyin/vendor',
    demands: OFF_AND_BLOCK,
    devices: 'corporate enrolled-personal',
    networks: 'corporate',
  },
  'us-tx-sb1893': {
    jurisdiction: 'US-TX',
    issued: '2023-06-14',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
    source: 'issuer',
  },
  'us-tx-2025-01-31': {
    jurisdiction: 'US-TX',
    issued: '2025-01-31',
    apps: 'deepseek xiaohongshu lemon8',
    demands: 'prevent-install',
    devices: 'corporate enrolled-personal',
  },
  'us-tx-2026-01-26': {
    jurisdiction: 'US-TX',
    issued: '2026-01-26',
    apps: 'shein temu/vendor',
    demands: 'prevent-install',
    devices: 'corporate',
    networks: 'corporate',
  },
  'us-mt-2023-05-17': {
    jurisdiction: 'US-MT',
    issued: '2023-05-17',
    effective: '2023-06-01',
    apps: 'telegram wechat temu capcut lemon8',
    demands: OFF,
    devices: 'corporate contractor',
  },
  'us-ny-2025-02-10': {
    jurisdiction: 'US-NY',
    issued: '2025-02-10',
    apps: 'deepseek',
    demands: 'prevent-install',
    devices: 'corporate',
    networks: 'corporate',
  },
  'us-va-eo46-2025-02-11': {
    jurisdiction: 'US-VA',
    issued: '2025-02-11',
    apps: 'deepseek',
    demands: 'prevent-install block-traffic',
    devices: 'corporate',
    networks: 'corporate',
  },
  'us-ia-2025-02-19': {
    jurisdiction: 'US-IA',
    issued: '2025-02-19',
    apps: 'deepseek',
    demands: 'prevent-install',
    devices: 'corporate',
  },
  'us-ks-hb2313': {
    jurisdiction: 'US-KS',
    issued: '2025-04-08',
    apps: 'deepseek',
    demands: 'block-traffic',
    devices: 'corporate',
    networks: 'corporate',
    source: 'issuer',
  },
  'us-sd-2025-03-04': {
    jurisdiction: 'US-SD',
    issued: '2025-03-04',
    apps: 'deepseek xiaohongshu',
    demands: 'prevent-install',
    devices: 'corporate personal',
  },
  'us-ok-2025-03-21': {
    jurisdiction: 'US-OK',
    issued: '2025-03-21',
    apps: 'deepseek',
    demands: OFF,
    devices: 'corporate',
  },
  'us-al-2025-03-26': {
    jurisdiction: 'US-AL',
    issued: '2025-03-26',
    apps: 'deepseek',
    demands: OFF,
    devices: 'corporate',
    networks: 'corporate',
  },

  // Canada
  'ca-tbs-2023-02-27': {
    jurisdiction: 'CA',
    issued: '2023-02-27',
    effective: '2023-02-28',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
  },
  'ca-hoc-2023-03-03': {
    jurisdiction: 'CA',
    issued: '2023-02-27',
    effective: '2023-03-03T21:00:00-05:00',
    apps: 'tiktok',
    demands: OFF,
    networks: 'parliamentary',
  },
  'ca-tbs-2023-10-30': {
    jurisdiction: 'CA',
    issued: '2023-10-30',
    apps: 'wechat kaspersky',
    demands: OFF,
    devices: 'corporate',
  },
  'ca-ssc-2025-02': {
    jurisdiction: 'CA',
    issued: '2025-02-06',
    apps: 'deepseek',
    demands: 'prevent-install',
    devices: 'corporate',
  },
  'ca-cio-2025-02-06': {
    jurisdiction: 'CA',
    issued: '2025-02-06',
    binding: 'advisory',
    apps: 'deepseek',
    demands: 'prevent-install block-traffic',
    devices: 'corporate',
    networks: 'corporate',
  },
  'ca-qc-2023-02-27': {
    jurisdiction: 'CA-QC',
    issued: '2023-02-27',
    effective: '2023-02-28',
    apps: 'tiktok',
    demands: 'prevent-install',
    devices: 'corporate',
  },
  'ca-bc-2023-02-27': {
    jurisdiction: 'CA-BC',
    issued: '2023-02-27',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
  },

  // Australia, New Zealand
  'au-pspf-001-2023': {
    jurisdiction: 'AU',
    issued: '2023-04-04',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
    source: 'issuer',
  },
  'au-pspf-001-2025': {
    jurisdiction: 'AU',
    issued: '2025-02-04',
    apps: 'deepseek',
    demands: OFF_AND_BLOCK,
    devices: 'corporate',
  },
  'au-pspf-002-2025': {
    jurisdiction: 'AU',
    issued: '2025-02-21',
    apps: 'kaspersky',
    demands: OFF,
    devices: 'corporate',
  },
  'au-sa-sacsf-4': {
    jurisdiction: 'AU-SA',
    issued: '2025-02-05',
    apps: 'deepseek',
    demands: OFF_AND_BLOCK,
    devices: 'corporate',
    source: 'issuer',
  },
  'au-nsw-2025-01-30': {
    jurisdiction: 'AU-NSW',
    issued: '2025-01-30',
    apps: 'deepseek',
    demands: 'block-traffic',
    devices: 'corporate',
  },
  'nz-parl-2023-03-17': {
    jurisdiction: 'NZ',
    issued: '2023-03-17',
    effective: '2023-03-31',
    apps: 'tiktok',
    demands: 'remove-app',
    networks: 'parliamentary',
  },

  // Europe
  'no-smk-2023-03-21': {
    jurisdiction: 'NO',
    issued: '2023-03-21',
    apps: 'tiktok telegram',
    demands: OFF,
    devices: 'corporate',
  },
  'no-jd-2023-03-21': {
    jurisdiction: 'NO',
    issued: '2023-03-21',
    binding: 'advisory',
    apps: 'tiktok telegram',
    demands: OFF,
    devices: 'corporate',
    source: 'issuer',
  },
  'no-storting-2023-03-23': {
    jurisdiction: 'NO',
    issued: '2023-03-23',
    apps: 'tiktok telegram',
    demands: OFF,
    networks: 'parliamentary',
  },
  'dk-mod-2023-03-06': {
    jurisdiction: 'DK',
    issued: '2023-03-06',
    apps: 'tiktok',
    demands: 'remove-app',
    devices: 'corporate',
  },
  'dk-folketing-2023-02-28': {
    jurisdiction: 'DK',
    issued: '2023-02-28',
    binding: 'advisory',
    apps: 'tiktok',
    demands: 'remove-app',
    networks: 'parliamentary',
  },
  'be-fed-2023-03-10': { jurisdiction: 'BE', issued: '2023-03-10', apps: 'tiktok', demands: OFF, devices: 'corporate' },
  'be-2025-12-01': {
    jurisdiction: 'BE',
    issued: '2025-12-01',
    apps: 'deepseek',
    demands: 'remove-app',
    devices: 'corporate',
  },
  'be-parl-2025': {
    jurisdiction: 'BE',
    issued: '2025-03-01',
    apps: 'deepseek',
    demands: 'block-traffic',
    networks: 'parliamentary',
  },
  'nl-bzk-2023-03-21': {
    jurisdiction: 'NL',
    issued: '2023-03-21',
    binding: 'advisory',
    apps: 'tiktok/category',
    demands: OFF,
    devices: 'corporate',
  },
  'nl-2025-02-06': {
    jurisdiction: 'NL',
    issued: '2025-02-06',
    apps: 'deepseek',
    demands: 'prevent-install',
    devices: 'corporate',
  },
  'fr-dinum-2023-03-24': {
    jurisdiction: 'FR',
    issued: '2023-03-24',
    apps: 'tiktok',
    demands: OFF,
    devices: 'corporate',
  },
  'at-2023-05': { jurisdiction: 'AT', issued: '2023-05-10', apps: 'tiktok', demands: OFF, devices: 'corporate' },
  'cz-nukib-2018-12-17': {
    jurisdiction: 'CZ',
    issued: '2018-12-17',
    binding: 'advisory',
    apps: 'huawei zte',
  },
  'cz-nukib-2023-03-08': {
    jurisdiction: 'CZ',
    issued: '2023-03-08',
    binding: 'advisory',
    apps: 'tiktok',
    demands: 'prevent-install',
    devices: 'corporate enrolled-personal',
  },
  'cz-gov-2025-07-09': { jurisdiction: 'CZ', issued: '2025-07-09', apps: 'deepseek' },
  'ua-nccc-2024-09-19': {
    jurisdiction: 'UA',
    issued: '2024-09-19',
    apps: 'telegram',
    demands: 'prevent-install',
    devices: 'corporate',
  },

  // Asia
  'tw-2022-12': {
    jurisdiction: 'TW',
    issued: '2022-12-05',
    apps: 'tiktok douyin xiaohongshu',
    demands: 'prevent-install',
    devices: 'corporate',
  },
  'tw-moda-2025-01-31': { jurisdiction: 'TW', issued: '2025-01-31', effective: '2025-02-03', apps: 'deepseek' },
  'kr-ministries-2025-02': {
    jurisdiction: 'KR',
    issued: '2025-02-05',
    apps: 'deepseek',
    demands: 'block-traffic',
    devices: 'corporate',
  },
  'in-mof-2025-01-29': {
    jurisdiction: 'IN',
    issued: '2025-01-29',
    binding: 'advisory',
    apps: 'deepseek',
    demands: 'prevent-install',
    devices: 'corporate',
  },
};

/** The file in the words of the table. */
function said({ jurisdiction, dates, binding, status, apps, demands, binds, source }: Directive): Expected {
  const words = (list: readonly string[] | undefined) => (list?.length ? list.join(' ') : undefined);
  const text = {
    jurisdiction,
    issued: dates.issued,
    effective: dates.effective,
    binding: binding === 'mandatory' ? undefined : binding,
    status: status === 'in-force' ? undefined : status,
    apps: apps.map(({ app, basis }) => (basis === 'named' ? app : `${app}/${basis}`)).join(' '),
    demands: words(demands),
    devices: words(binds.devices),
    networks: words(binds.networks),
    source: source.kind === 'secondary' ? undefined : source.kind,
  };
  return text as Expected; // a status that the table has no word for fails the comparison
}

describe('the shipped directives', () => {
  it('are the ones of the table, one file each, all of them read', () => {
    const files = readdirSync(join(FOLDER, 'directives')).map((file) => file.replace(/\.yaml$/, ''));
    expect(files.toSorted()).toEqual(Object.keys(TABLE).toSorted());
    expect(directives.map(({ id }) => id).toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  it.each(directives.map((directive) => [directive.id, directive] as const))(
    '%s says what the table says',
    (id, directive) => {
      expect(said(directive)).toEqual(TABLE[id]);
    },
  );

  it('name no app only while under review', () => {
    expect(directives.filter(({ apps, status }) => (apps.length === 0) !== (status === 'under-review'))).toEqual([]);
  });

  it('carry who judged, when and why, wherever the source does not name the app itself', () => {
    const judged = directives.flatMap(({ apps }) => apps.filter(({ basis }) => basis !== 'named'));
    expect(judged.length).toBeGreaterThan(5);
    expect(judged.filter(({ decidedBy, decidedOn, reason }) => !decidedBy || !decidedOn || !reason)).toEqual([]);
  });

  it('are imposed by an issuer on its own bodies, never from outside', () => {
    expect(directives.filter(({ ede }) => ede !== 'blocked').map(({ id }) => id)).toEqual([]);
  });

  it('are to be reviewed between a month and a year from when they were read', () => {
    const days = directives.map(({ id, reviewBy }) => [id, ((reviewBy ?? 0) - NOW) / DAY] as const);
    expect(days.filter(([, ahead]) => !(ahead > 30 && ahead < 366))).toEqual([]);
  });

  it('say bodies, and leave at least one question open, wherever somebody else issued them', () => {
    const public_ = directives.filter(({ instrument }) => instrument !== 'policy');
    expect(
      public_.filter(({ binds, openQuestions }) => !binds.bodies || openQuestions.length === 0).map(({ id }) => id),
    ).toEqual([]);
  });
});
