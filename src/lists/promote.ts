// What a release becomes for good: an `except` rule with its evidence and a `free` test in the app's file, so that the false positive
// cannot come back. Texts in, texts out; what cannot be written is said.

import { parse } from 'yaml';
import { type Appended, appendItem } from './yaml/append-item.ts';

/** Stands in sources.yaml; evidence names it with the day, the override and its ticket. */
export const OVERRIDE_SOURCE = 'override';

const SOURCE = {
  id: OVERRIDE_SOURCE,
  title: 'Releases on the running resolver, each by its number and ticket',
  licence: 'CC0-1.0',
  carry: 'yes',
  note: 'A false positive that was released at once and found right; behind the "#" stand override and ticket.',
};

export interface Freed {
  /** A name, or a prefix. */
  readonly except: string;
  /** A name that the test asks; absent for a prefix. */
  readonly test?: string;
  /** `2026-11-24#OVR-7 INC-4711` */
  readonly version: string;
}

export interface Promoted {
  readonly text: string;
  readonly added: readonly string[];
  /** What a person must write, because the file leaves no place for it. */
  readonly left: readonly string[];
}

/** The app's file with both; what it already says is not said again. */
export function promoteInto(text: string, { except, test, version }: Freed): Promoted {
  // Compiled a moment ago, so that it has this shape.
  const file = parse(text) as { rules?: { except?: string }[]; tests?: { free?: string[] } };
  const isThere = {
    rule: file.rules?.some((rule) => rule.except === except),
    test: test === undefined || file.tests?.free?.includes(test),
  };
  const evidence = [`${OVERRIDE_SOURCE}@${version}`];
  const steps = [
    isThere.rule
      ? undefined
      : { what: `except: ${except}`, run: (now: string) => appendItem(now, ['rules'], { except, evidence }, isExcept) },
    isThere.test || test === undefined
      ? undefined
      : { what: `a free test: ${test}`, run: (now: string) => appendItem(now, ['tests', 'free'], test) },
  ];
  return runSteps(text, steps);
}

/** sources.yaml, knowing the source that the evidence names. */
export function withOverrideSource(text: string): Promoted {
  // Likewise.
  const file = parse(text) as { sources?: { id?: string }[] };
  if (file.sources?.some(({ id }) => id === OVERRIDE_SOURCE)) return { text, added: [], left: [] };
  return runSteps(text, [
    { what: `the source ${OVERRIDE_SOURCE}`, run: (now) => appendItem(now, ['sources'], SOURCE) },
  ]);
}

interface Step {
  readonly what: string;
  readonly run: (text: string) => Appended | undefined;
}

function runSteps(text: string, steps: readonly (Step | undefined)[]): Promoted {
  const added: string[] = [];
  const left: string[] = [];
  let now = text;
  for (const step of steps) {
    if (step === undefined) continue;
    const appended = step.run(now);
    if (appended === undefined) left.push(step.what);
    else {
      now = appended.text;
      added.push(appended.added);
    }
  }
  return { text: now, added, left };
}

function isExcept(rule: unknown): boolean {
  return typeof rule === 'object' && rule !== null && 'except' in rule;
}
