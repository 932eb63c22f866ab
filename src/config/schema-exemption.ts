// The shape of exemptions/*.yaml: one exception a file, for some clients of one segment, with an end.

import { z } from 'zod';
import { exemptionClass } from '../lists/schema/schema-directive.ts';
import { date, id, moment, text } from '../lists/schema/schema-words.ts';

export const exemptionSchema = z.strictObject({
  segment: id.describe('The segment its clients are in.'),
  clients: z
    .array(z.string())
    .min(1, { error: 'must name the clients; an exemption for everybody is none' })
    .describe('Prefixes inside the segment.'),
  under: z.array(id).min(1).describe('The directives it lifts; any other that names the app keeps blocking.'),
  apps: z.array(id).min(1).describe('The apps it frees.'),
  class: exemptionClass.describe('One that each directive in `under` allows.'),
  requested_by: text.describe('Who asked; a staff reference will do.'),
  approved_by: text.describe('Who agreed; somebody else.'),
  approved_on: date.describe('When.'),
  ticket: text.describe('The case it belongs to.'),
  justification: text.describe('Why, or where that is written down.'),
  mitigations: z.array(text).optional().describe('What keeps the risk small.'),
  from: moment.describe('Its first day, or an instant.'),
  until: moment.describe('Its last day, or an instant. Every exemption ends.'),
});

export type ExemptionText = z.output<typeof exemptionSchema>;
