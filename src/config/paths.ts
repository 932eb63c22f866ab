// How files are called in problems and in the model: as seen from the working folder when they lie below it, so that a terminal can open
// them and two checkouts of one policy say the same.

import { isAbsolute, relative } from 'node:path';

export function shown(path: string): string {
  const short = relative('.', path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
