// What `interdict new` has to know, one field a flag. Plain data: the command line is made of it, and a terminal is asked from it.

export const KINDS = ['app', 'directive', 'segment', 'exemption'] as const;
export type Kind = (typeof KINDS)[number];

/** What one text must be; check-answer.ts knows how. */
export type Shape =
  | 'id'
  | 'exemption-id'
  | 'text'
  | 'date'
  | 'moment'
  | 'span'
  | 'url'
  | 'name'
  | 'evidence'
  | 'clients'
  | 'jurisdiction'
  /** A word that vocabulary.yaml may have added. */
  | 'instrument'
  | 'class'
  | readonly string[];

export interface Field {
  /** Without its dashes. */
  readonly flag: string;
  readonly shape: Shape;
  /** The question, and what --help says. */
  readonly about: string;
  /** Several texts; the flag takes them all, or stands several times. */
  readonly isMany?: true;
  /** Without an answer there is no file; absent: it may stay unsaid. */
  readonly isNeeded?: (given: Answers) => boolean;
  /** Where it makes no sense it is neither asked nor missed. */
  readonly isAsked?: (given: Answers) => boolean;
  /** What holds when nobody says otherwise. */
  readonly usual?: (given: Answers, world: Calendar) => readonly string[];
}

/** Texts by flag; a flag without texts is absent. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** What defaults are made of. */
export interface Calendar {
  /** As YYYY-MM-DD in the department's time zone. */
  readonly today: string;
  readonly inAYear: string;
  readonly nextExemption: string;
}

export const always = () => true;

export function one(answers: Answers, flag: string): string | undefined {
  return answers[flag]?.[0];
}

export function all(answers: Answers, flag: string): readonly string[] {
  return answers[flag] ?? [];
}
