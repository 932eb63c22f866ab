// What checks share: problems of meaning, placed at the key they are about, and who is who.

import type { Place, Problem, Severity } from '../../base/problems.ts';
import type { Places } from '../model.ts';

const NOWHERE: Place = { file: 'policy', line: 1, column: 1 };

/** The place of a path (`enforce.0.mode`), or of the nearest key above it. */
function placeOf(places: Places, path: string): Place {
  for (let key = path; key !== ''; key = key.slice(0, Math.max(0, key.lastIndexOf('.')))) {
    if (Object.hasOwn(places, key)) return places[key];
  }
  return Object.hasOwn(places, '') ? places[''] : NOWHERE;
}

export function problemAt(severity: Severity, code: string, message: string, places: Places, path: string): Problem {
  return { code, severity, message, where: placeOf(places, path) };
}

export function samePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
