// Every word that may stand in a file: the ones built in, and those that vocabulary.yaml adds.

import { CLASSES, INSTRUMENTS, type ListsModel, type Vocabulary } from './model.ts';

export function wordsOf({ vocabulary }: Pick<ListsModel, 'vocabulary'>): Vocabulary {
  return {
    instruments: [...INSTRUMENTS, ...(vocabulary?.instruments ?? [])],
    classes: [...CLASSES, ...(vocabulary?.classes ?? [])],
  };
}
