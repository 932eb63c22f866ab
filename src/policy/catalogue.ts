// The catalogue: which instrument names which app, whom it binds, what it demands, where it reaches. Plain data made from the model, for
// `interdict catalogue` and docs/catalogue.md alike.

import type { Instant } from '../base/brand.ts';
import { type App, type Directive, type ListsModel, type Model, SEGMENT_KINDS, type SegmentKind } from './model.ts';
import { modeAt } from './modes.ts';
import { type Reach, reaches, reachOf } from './reach.ts';

export interface CatalogueFilter {
  readonly jurisdiction?: string;
  readonly app?: string;
  readonly directive?: string;
  readonly status?: string;
}

export interface CatalogueDirective
  extends Omit<Directive, 'dates' | 'issued' | 'effective' | 'ends' | 'reviewBy' | 'places'> {
  /** As written. */
  readonly dates: Directive['dates'];
  /** What it means for each kind of segment in its own jurisdiction. */
  readonly reach: Readonly<Record<SegmentKind, Reach>>;
}

export interface CatalogueApp extends Pick<App, 'id' | 'name' | 'operator' | 'unassigned' | 'openQuestions'> {
  readonly rules: number;
  /** Ids of all directives that name it, shown or not. */
  readonly directives: readonly string[];
}

export interface Catalogue {
  readonly directives: readonly CatalogueDirective[];
  readonly apps: readonly CatalogueApp[];
}

/** `rules`: how many each app has, in the order of the model. */
export function catalogueOf(
  lists: ListsModel,
  rules: readonly number[],
  now: Instant,
  filter: CatalogueFilter = {},
): Catalogue {
  const directives = lists.directives.filter((directive) => isWanted(directive, filter)).sort(inOrder);
  const shown = new Set(directives.flatMap(({ apps }) => apps.map(({ app }) => app)));
  const isNarrowed = (['jurisdiction', 'directive', 'status'] as const).some((key) => filter[key] !== undefined);
  const isShown = ({ id }: App) => (filter.app === undefined ? !isNarrowed || shown.has(id) : id === filter.app);
  return {
    directives: directives.map((directive) => directiveOf(directive, now)),
    apps: lists.apps.flatMap((app, i) => (isShown(app) ? [appOf(app, rules[i], lists)] : [])),
  };
}

function isWanted({ id, jurisdiction, status, apps }: Directive, filter: CatalogueFilter): boolean {
  return (
    (filter.jurisdiction ?? jurisdiction) === jurisdiction &&
    (filter.directive ?? id) === id &&
    (filter.status ?? status) === status &&
    (filter.app === undefined || apps.some(({ app }) => app === filter.app))
  );
}

function inOrder(a: Directive, b: Directive): number {
  return compare(a.jurisdiction, b.jurisdiction) || compare(a.dates.issued, b.dates.issued) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function directiveOf(directive: Directive, now: Instant): CatalogueDirective {
  const {
    issued: _issued,
    effective: _effective,
    ends: _ends,
    reviewBy: _reviewBy,
    places: _places,
    ...rest
  } = directive;
  const { jurisdiction } = directive;
  const reach = SEGMENT_KINDS.map((kind) => [kind, reachOf(directive, { kind, jurisdiction }, now)]);
  return { ...rest, reach: Object.fromEntries(reach) };
}

function appOf(app: App, rules: number, { directives }: ListsModel): CatalogueApp {
  const { id, name, operator, unassigned, openQuestions } = app;
  return {
    id,
    name,
    ...(operator !== undefined && { operator }),
    ...(unassigned !== undefined && { unassigned }),
    openQuestions,
    rules,
    directives: directives
      .filter(({ apps }) => apps.some((named) => named.app === id))
      .map((directive) => directive.id),
  };
}

/**
 * Where a directive stands in a segment. Named by the segment: `enforced` or `monitored`, with ` (own measure)` where it does not reach the
 * segment or is advice; `idle` once it has ended. Not named: `gap` where it asks for a block, `left` where it reaches without asking for one.
 */
export type Standing =
  | 'enforced'
  | 'enforced (own measure)'
  | 'monitored'
  | 'monitored (own measure)'
  | 'idle'
  | 'gap'
  | 'left';

/** Segment by segment in the department's order; directives that do not concern it are left out. */
export function standings(
  { lists, department }: Model,
  now: Instant,
): { segment: string; directives: Record<string, Standing> }[] {
  return department.segments.map((segment) => {
    const found = lists.directives.flatMap((directive): [string, Standing][] => {
      const entry = segment.enforce.find((named) => named.directive === directive.id);
      if (entry === undefined) {
        const reach = reachOf(directive, segment, now);
        return reach === 'none' || reach === 'own' ? [] : [[directive.id, reach === 'block' ? 'gap' : 'left']];
      }
      const mode = modeAt(entry, directive, now);
      if (mode === 'none') return [[directive.id, 'idle']];
      const word = mode === 'enforce' ? 'enforced' : 'monitored';
      const isOwn = !reaches(directive, segment) || (mode === 'enforce' && directive.binding === 'advisory');
      return [[directive.id, isOwn ? `${word} (own measure)` : word]];
    });
    return { segment: segment.id, directives: Object.fromEntries(found) };
  });
}
