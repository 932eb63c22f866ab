// Whether a text is what its field asks for, in the words that the reader of the file would use.

import type { z } from 'zod';
import { EXEMPTION_ID } from '../../config/read-exemptions.ts';
import { clientFault } from '../../config/read-segments.ts';
import { readName } from '../../lists/rules/names.ts';
import { jurisdiction } from '../../lists/schema/schema-directive.ts';
import { date, evidence, id, moment, span, text, url } from '../../lists/schema/schema-words.ts';
import { unknownWord } from '../../lists/vocabulary.ts';
import type { Vocabulary } from '../../policy/model.ts';
import { type Answers, all, type Field, type Shape } from './field.ts';

const SCHEMAS: Partial<Record<Shape & string, z.ZodType>> = { id, text, date, moment, span, url, jurisdiction };

/** What is wrong with every given text, by flag. */
export function faultsOf(fields: readonly Field[], answers: Answers, words: Vocabulary): string[] {
  return fields.flatMap((field) =>
    all(answers, field.flag).flatMap((value) => {
      const fault = faultOf(field.shape, value, words);
      return fault === undefined ? [] : [`--${field.flag} ${fault}`];
    }),
  );
}

export function faultOf(shape: Shape, value: string, words: Vocabulary): string | undefined {
  if (typeof shape !== 'string') {
    return shape.includes(value) ? undefined : `"${value}" is none of ${shape.join(', ')}`;
  }
  switch (shape) {
    case 'instrument':
      return schemaFault(id, value) ?? unknownWord(value, words.instruments);
    case 'class':
      return schemaFault(id, value) ?? unknownWord(value, words.classes);
    case 'clients':
      return clientFault(value)?.message;
    case 'name': {
      const name = readName(value);
      return 'message' in name ? name.message : undefined;
    }
    case 'evidence':
      return schemaFault(evidence, [value]);
    case 'exemption-id':
      return EXEMPTION_ID.test(value) ? undefined : 'must be letters, digits, "-", "_" and ".", such as EXM-2026-014';
    default:
      return schemaFault(SCHEMAS[shape], value);
  }
}

function schemaFault(schema: z.ZodType | undefined, value: unknown): string | undefined {
  return schema?.safeParse(value).error?.issues[0].message;
}
