// How long personal data and the records of the policy are kept, and where each number comes from. A profile is a starting point for one
// jurisdiction: keys of `privacy` that the file sets itself come before it. Sources as found on the date given; they are no legal advice.
// docs/privacy.md shows this table, a test keeps them equal.

import type { Span } from '../policy/model.ts';

export const RETENTION_PROFILES = ['default', 'uk', 'eu', 'us-federal'] as const;
export const KEPT = ['events', 'pseudonymKeys', 'journal'] as const;

export type RetentionProfile = (typeof RETENTION_PROFILES)[number];

/** Nothing is kept longer; the day on which it was written counts from its beginning. */
export interface Kept {
  readonly span: Span;
  /** Where the number comes from, in one sentence. */
  readonly source: string;
}

export type Retention = Readonly<Record<(typeof KEPT)[number], Kept>>;

export const SET_HERE = 'set by the department in its configuration';

const OWN_KEYS = {
  span: { amount: 7, unit: 'days' },
  source:
    'our choice: a week to ask whose request it was; no source names a number, the law asks for no longer than needed',
} as const satisfies Kept;

export const RETENTION: Readonly<Record<RetentionProfile, Retention>> = {
  default: {
    events: {
      span: { amount: 30, unit: 'days' },
      source: 'our choice: a month of one-day pseudonyms is enough to find what breaks; no source',
    },
    pseudonymKeys: OWN_KEYS,
    journal: {
      span: { amount: 7, unit: 'years' },
      source: 'our choice: beyond the six years within which claims are usually brought; no source',
    },
  },
  uk: {
    events: {
      span: { amount: 6, unit: 'months' },
      source:
        'Ministry of Justice, Security Guidance, Accounting (security logs: 6 months at least, 2 years at most; a guide, for that ministry), https://security-guidance.service.justice.gov.uk/accounting/, read 2026-11-24',
    },
    pseudonymKeys: OWN_KEYS,
    journal: {
      span: { amount: 7, unit: 'years' },
      source:
        'IRMS, Audit Records UK (6 years from the end of an audit, after Limitation Act 1980 ss. 2 and 5; secondary), https://www.irmswiki.org.uk/wiki/audit-records-uk/, read 2026-11-24; one year more is ours, since it counts from the entry',
    },
  },
  eu: {
    events: {
      span: { amount: 6, unit: 'months' },
      source:
        'CNIL, délibération 2021-122 (6 months to 1 year; on logs of applications, the nearest number we found; secondary), https://fr.readkong.com/page/deliberation-n-2021-122-du-14-octobre-2021-portant-adoption-4254018, read 2026-11-24; for EU institutions the EDPS names none',
    },
    pseudonymKeys: OWN_KEYS,
    journal: {
      span: { amount: 3, unit: 'years' },
      source:
        'CNIL, délibération 2021-122 (records for internal control: 3 years in the usual case; secondary), https://www.commu-net.fr/donnees-de-journalisation-la-cnil-precise-les-delais-de-conservation-recommandes/, read 2026-11-24',
    },
  },
  'us-federal': {
    events: {
      span: { amount: 30, unit: 'months' },
      source:
        'NARA, General Records Schedule 3.2 item 036 (cybersecurity event logs: 30 months; secondary), https://nextgov.com/cybersecurity/2023/01/nara-publish-first-update-cybersecurity-records-rules-2014/381662, read 2026-11-24; OMB M-21-31, which it follows, is reported rescinded in 2026',
    },
    pseudonymKeys: {
      span: { amount: 30, unit: 'months' },
      source:
        'as the events: without the key the record no longer says whose query it was, which the schedule does not allow for; our reading, set 7 days where counsel agrees',
    },
    journal: {
      span: { amount: 7, unit: 'years' },
      source:
        'NARA, General Records Schedule 3.2 item 031 (systems with special accountability: 6 years after the account ends; from its predecessor GRS 24 item 6a, secondary), http://listserv.igguru.us/cgi-bin/wa?A2=1807d&D=0&L=RECMGMT-L&P=55479540&S=a, read 2026-11-24; one year more is ours',
    },
  },
};
