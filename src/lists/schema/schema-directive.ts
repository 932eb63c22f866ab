// The shape of directives/*.yaml (POLICY.md §2): one public instrument a file. A key that the source does not state is absent.

import { z } from 'zod';
import {
  BASES,
  BINDINGS,
  CLASSES,
  DEMANDS,
  DEVICES,
  INSTRUMENTS,
  NETWORKS,
  SCOPES,
  SOURCE_KINDS,
  STATUSES,
} from '../../policy/model.ts';
import { date, id, moment, span, text, url } from './schema-words.ts';

const namedApp = z.strictObject({
  app: id.describe('Id of an app or a feed.'),
  basis: z.enum(BASES).describe('named by the source, or judged to be covered as successor, vendor or category.'),
  decided_by: text.optional().describe('Who judged that; required for any basis but named.'),
  decided_on: date.optional().describe('When; required for any basis but named.'),
  reason: text.optional().describe('Why; required for any basis but named.'),
});

/** Which words there are is known when the whole folder is read: vocabulary.yaml may add some. */
export const exemptionClass = id.meta({ examples: [...CLASSES] });

export const jurisdiction = z
  .string()
  .max(32, { error: 'must be at most 32 characters' })
  .regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, {
    error: "must be an ISO 3166 code (GB, GB-SCT, US-TX), EU for its institutions, or the department's own id",
  });

export const directiveSchema = z.strictObject({
  id: id.describe('Equal to the file name without .yaml; the first part of every decision id.'),
  title: text.describe('What the instrument is called.'),
  instrument: id
    .meta({ examples: [...INSTRUMENTS] })
    .describe("The word people see, of these or of vocabulary.yaml. policy is the operator's own."),
  authority: text.describe('Who issued it.'),
  jurisdiction: jurisdiction.describe(
    "ISO 3166-1 or -2 (GB, GB-SCT, US-TX), EU for its institutions, or the department's own id.",
  ),
  issued: date.describe('The day of issue.'),
  effective: moment
    .optional()
    .describe('From when on it holds; before that, monitor at most. Default: the day of issue.'),
  ends: moment.optional().describe('The last day on which it holds.'),
  status: z
    .enum(STATUSES)
    .describe('in-force may be enforced; under-review and suspended are monitored; repealed does nothing.'),
  binding: z.enum(BINDINGS).describe('mandatory may be enforced; advisory needs own_measure for that.'),
  binds: z
    .strictObject({
      bodies: text.optional().describe('Which bodies, as the source says it.'),
      devices: z.array(z.enum(DEVICES)).min(1).optional().describe('Which devices.'),
      networks: z.array(z.enum(NETWORKS)).min(1).optional().describe('Which networks.'),
    })
    .optional()
    .describe('Whom it binds, only as far as the source says; absent: not stated.'),
  demands: z
    .array(z.enum(DEMANDS))
    .optional()
    .describe("What it demands. Without block-traffic a block is the department's own measure."),
  scope: z.enum(SCOPES).describe('How far it reaches beyond the app it names.'),
  apps: z.array(namedApp).describe('The apps it names or covers; none only while status is under-review.'),
  exemptions: z
    .strictObject({
      classes: z.array(exemptionClass).min(1).optional().describe('The only classes it allows.'),
      granted_by: text.optional().describe('Who grants them.'),
      longest: span.optional().describe('The longest it allows, such as 12 months.'),
    })
    .optional()
    .describe('Exceptions as the source states them.'),
  source: z
    .strictObject({
      kind: z
        .enum(SOURCE_KINDS)
        .describe("issuer: the issuer's own page, read. secondary: a report of it. memory: not read again."),
      url: url.optional().describe('Required for issuer and secondary.'),
      retrieved: date.optional().describe('When it was read. Required for issuer and secondary.'),
    })
    .describe('Where this was read.'),
  ede: z
    .enum(['blocked', 'censored'])
    .default('blocked')
    .describe(
      "Extended DNS error 15, or 16 for what is imposed from outside on a network that is not the issuer's own.",
    ),
  open_questions: z.array(text).optional().describe('What the sources leave open.'),
  review_by: date.optional().describe('When this file is to be read against its source again.'),
});

export type DirectiveText = z.output<typeof directiveSchema>;
