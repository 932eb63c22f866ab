// The shapes of cdn-zones.yaml, networks.yaml, sources.yaml and vocabulary.yaml: one file each for the whole folder.

import { z } from 'zod';
import { asn, date, evidence, id, name, text, url } from './schema-words.ts';

export const cdnZonesSchema = z.strictObject({
  zones: z
    .array(
      z.strictObject({
        zone: name.describe("A shared delivery zone under which customers' own names stand as labels."),
        operator: text.describe('Who runs it.'),
        evidence: evidence.describe('Dated sources, as source@version#note; ids stand in sources.yaml.'),
        note: text.optional().describe('For whoever maintains this entry.'),
      }),
    )
    .describe('Never blocked themselves; the name in front of them is judged.'),
});

export const networksSchema = z.strictObject({
  networks: z
    .array(
      z.strictObject({
        asn: asn.describe('Number of the autonomous system.'),
        name: text.describe('Its name in the registry.'),
        operator: text.describe('Who runs it.'),
        shared: text.optional().describe('Why no rule may lie in it: a cloud with customers of its own.'),
        evidence: evidence.describe('Dated sources, as source@version#note; ids stand in sources.yaml.'),
        prefixes: z
          .array(z.string())
          .min(1, { error: 'must name at least one prefix that it announces' })
          .describe('What it announces, as read.'),
        note: text.optional().describe('For whoever maintains this entry.'),
      }),
    )
    .describe('The asn of address rules is held against these.'),
});

/** People choose from the words; more than that is no vocabulary. */
const MAX_WORDS = 64;
const words = z
  .array(
    z.strictObject({
      word: id.describe('The word, in lower case, as it is to stand in files and before people.'),
      meaning: text.describe('What it stands for, so that the next person chooses it rightly.'),
    }),
  )
  .max(MAX_WORDS)
  .default([]);

export const vocabularySchema = z.strictObject({
  instruments: words.describe('Kinds of instrument that other administrations have.'),
  classes: words.describe('Classes of exemption that an instrument allows by a name of its own.'),
});

/** What a source's terms let us do with it. */
const CARRY = ['yes', 'facts-only', 'evidence-only'] as const;

export const sourcesSchema = z.strictObject({
  sources: z
    .array(
      z.strictObject({
        id: id.describe('What stands in front of @ in evidence.'),
        title: text.describe('What it is.'),
        url: url.optional().describe('Where it is.'),
        licence: text.describe('SPDX id, or "none stated".'),
        carry: z
          .enum(CARRY)
          .describe(
            'yes: entries may be reused with notice. facts-only: facts, no wording. evidence-only: may support a rule, never be its only source.',
          ),
        version: text.optional().describe('The version last read.'),
        retrieved: date.optional().describe('When that was.'),
        note: text.optional().describe('For whoever maintains this entry.'),
      }),
    )
    .describe('Every source that evidence may name.'),
});

export type SourcesText = z.output<typeof sourcesSchema>;
