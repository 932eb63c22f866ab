// vocabulary.yaml: what kinds of instrument and which classes of exemption an administration has beyond those built in. The file is
// optional. Its words name and change no decision; whatever does (modes, devices, networks, statuses) is no vocabulary.

import type { Problem } from '../base/problems.ts';
import type { Vocabulary } from '../policy/model.ts';
import { wordsOf } from '../policy/vocabulary.ts';
import { vocabularySchema } from './schema/schema-zones.ts';
import type { YamlDocument } from './yaml/document.ts';
import { quote, shapeOf } from './yaml/shape.ts';
import { nearest } from './yaml/suggest.ts';

const LISTS = ['instruments', 'classes'] as const;

export function readVocabulary(document: YamlDocument): { vocabulary?: Vocabulary; problems: Problem[] } {
  const { value, problems } = shapeOf(vocabularySchema, document);
  if (value === undefined) return { problems };
  const added = { instruments: [] as string[], classes: [] as string[] };
  for (const list of LISTS) {
    for (const [i, { word }] of value[list].entries()) {
      const where = document.place([list, i, 'word']);
      if (wordsOf({ vocabulary: added })[list].includes(word)) {
        const message = `the word ${word} is there already; take it away`;
        problems.push({ code: 'duplicate-id', severity: 'error', message, where });
      } else added[list].push(word);
    }
  }
  return { vocabulary: added, problems };
}

/** Of a word that nobody knows; undefined when it is known. */
export function unknownWord(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return undefined;
  const near = nearest(word, known);
  const hint = near === undefined ? `choose one of ${known.join(', ')}, or` : `did you mean ${near}? Otherwise`;
  return `${quote(word)} is no known word here; ${hint} add it to vocabulary.yaml`;
}
