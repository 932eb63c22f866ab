// The shape of apps/*.yaml and feeds/*.yaml (POLICY.md §3): what an instrument names, and the rules that find it on the wire.

import { z } from 'zod';
import { ROLES } from '../../policy/model.ts';
import { answer, asn, date, evidence, id, name, text } from './schema-words.ts';

/** The keys of which a rule has exactly one. */
export const PATTERNS = ['domain', 'exact', 'wildcard', 'address', 'except'] as const;

const role = z
  .enum(ROLES)
  .describe('What the name does for the app; counts real use (web, api) apart from embedded content (ads, embed).');
const ownAnswer = answer.describe("How a match is answered in every segment; beats the segment's own answer.");
const alsoIn = z.array(id).min(1).describe('Other apps that may claim the same name or prefix.');

export const ruleSchema = z
  .strictObject({
    domain: name.optional().describe('The name and everything below it.'),
    exact: name.optional().describe('This name alone: for hosts on infrastructure that others use too.'),
    wildcard: name.optional().describe('Everything strictly below the name, not the name itself.'),
    address: z
      .string()
      .optional()
      .describe('An announced prefix (10.0.0.0/8) or one address; never a whole allocation.'),
    except: z
      .string()
      .optional()
      .describe('Frees a name with everything below it, or a prefix, from the other rules of this app.'),
    role: role.optional(),
    confidence: z
      .enum(['high', 'medium'], {
        error: 'must be high or medium; find a second source, or leave the rule out while it is low',
      })
      .optional()
      .describe('How sure we are that the pattern belongs to the app. Required but for `except`.'),
    evidence: evidence
      .optional()
      .describe('Dated sources, as source@version#note; ids stand in sources.yaml. Required but for `except`.'),
    recheck_by: date
      .optional()
      .describe('When the evidence is to be looked at again. Required for `address`: 90 days.'),
    asn: asn.optional().describe('The autonomous system that announces the prefix. Required for `address`.'),
    answer: ownAnswer.optional(),
    also_in: alsoIn.optional(),
    carrier: z
      .boolean()
      .optional()
      .describe("A delivery zone run by the app's own operator: names of other apps in front of it are judged too."),
    note: text.optional().describe('For whoever maintains this rule.'),
  })
  .meta({ oneOf: PATTERNS.map((pattern) => ({ required: [pattern] })) });

const operator = z
  .strictObject({
    name: text.describe('The company that provides the app.'),
    as_of: date.describe('When that was last known to be so.'),
    notes: z.array(text).optional().describe('Changes of owner and the like, each with its date.'),
  })
  .describe('Who provides the app: a fact with its date.');

const tests = z.strictObject({
  blocked: z
    .array(name)
    .min(1, { error: 'must name at least one name that this app has to match' })
    .describe('Names that must match.'),
  free: z
    .array(name)
    .min(1, { error: 'must name at least one name that has to stay free' })
    .describe('Names that must not match.'),
});

const common = {
  id: id.describe('Equal to the file name without .yaml; a part of every decision id.'),
  name: text.describe('The name people know it by.'),
  operator: operator.optional(),
  unassigned: text.optional().describe('Why no shipped directive names this app.'),
  open_questions: z.array(text).optional().describe('What the sources leave open.'),
};

export const appSchema = z.strictObject({
  ...common,
  rules: z.array(ruleSchema).min(1, { error: 'must hold at least one rule' }).describe('The patterns of the app.'),
  tests: tests.describe('Run by `interdict check`.'),
});

export const feedSchema = z.strictObject({
  ...common,
  source: z
    .strictObject({
      file: text.optional().describe('The list on disk, relative to this file or absolute.'),
      url: text.optional().describe('Not supported yet: fetch the list to disk and name it in `file`.'),
      max_bytes: z
        .union([z.int().min(1), z.string()])
        .optional()
        .describe('Largest list taken, such as 64MiB.'),
    })
    .describe('Where the list is.'),
  format: z
    .enum(['auto', 'hosts', 'domains'])
    .default('auto')
    .describe('hosts: an address and its names a line. domains: one name a line. auto looks at the first lines.'),
  match: z
    .enum(['exact', 'domain'])
    .optional()
    .describe(
      'What a bare name means: that name alone, or everything below it too. Default: exact for hosts, domain for domains.',
    ),
  role: role.optional(),
  answer: ownAnswer.optional(),
  also_in: alsoIn.optional(),
  recheck_by: date.optional().describe('When this feed is to be looked at again.'),
  tests: tests.partial().optional().describe('Run by `interdict check`.'),
});

export type AppText = z.output<typeof appSchema>;
export type RuleText = z.output<typeof ruleSchema>;
export type FeedText = z.output<typeof feedSchema>;
