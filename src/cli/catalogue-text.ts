// The catalogue as text for a terminal.

import type { Catalogue, CatalogueDirective, standings } from '../policy/catalogue.ts';
import { SEGMENT_KINDS } from '../policy/model.ts';

export function catalogueText(catalogue: Catalogue, segments: ReturnType<typeof standings>): string {
  const { directives, apps } = catalogue;
  const reach = directives.map(({ id, jurisdiction, reach }) => [
    id,
    jurisdiction,
    ...SEGMENT_KINDS.map((kind) => (reach[kind] === 'none' ? NOT : reach[kind])),
  ]);
  const sections = [
    section('INSTRUMENTS AND APPS: n named, s successor, v vendor, c category', matrixLines(catalogue)),
    ...directives.map(directiveLines),
    section('APPS', [
      ...table(apps.map((app) => [app.id, `${app.rules}`, app.unassigned ?? app.directives.join(', ')])),
      ...apps.flatMap(({ id, openQuestions }) => openQuestions.map((question) => `  ? ${id}: ${question}`)),
    ]),
    section(
      'REACH: what an instrument means for a segment of its jurisdiction',
      table([['', '', ...SEGMENT_KINDS], ...reach]),
    ),
    section(
      'SEGMENTS of this configuration',
      table(
        segments.flatMap(({ segment, directives: all }) => {
          const rows = Object.entries(all).map(([id, standing]) => [segment, id, standing]);
          return rows.length === 0 ? [[segment, NOT, NOT]] : rows;
        }),
      ),
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const NOT = '·';

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

/** Instruments down, apps across by number. */
function matrixLines({ directives, apps }: Catalogue): string[] {
  const named = apps.filter(({ id }) => directives.some((directive) => directive.apps.some(({ app }) => app === id)));
  const cell = (directive: CatalogueDirective, id: string) =>
    BASIS[directive.apps.find(({ app }) => app === id)?.basis ?? 'none'];
  return [
    ...table([
      ['', '', '', '', ...named.map((_, i) => `${i + 1}`)],
      ...directives.map((directive) => [
        directive.id,
        directive.jurisdiction,
        directive.status,
        directive.binding,
        ...named.map(({ id }) => cell(directive, id)),
      ]),
    ]),
    ...named.map(({ id, name }, i) => `${`${i + 1}`.padStart(4)} ${id}: ${name}`),
  ];
}

const BASIS = { named: 'n', successor: 's', vendor: 'v', category: 'c', none: NOT } as const;

function directiveLines(directive: CatalogueDirective): string[] {
  const { id, title, instrument, authority, jurisdiction, dates, status, binding, binds, demands, source } = directive;
  const { classes, grantedBy, longest } = directive.exemptions;
  const effective = dates.effective === undefined ? '' : `, effective ${dates.effective}`;
  return [
    `${id}: ${title}`,
    `  ${instrument} of ${authority} (${jurisdiction}), ${dates.issued}${effective}; ${status}, ${binding}`,
    `  apps        ${directive.apps.map(({ app, basis }) => (basis === 'named' ? app : `${app} (${basis})`)).join(', ') || 'none'}; scope ${directive.scope}`,
    `  binds       ${stated(binds.bodies)}; devices ${stated(binds.devices?.join(', '))}; networks ${stated(binds.networks?.join(', '))}`,
    `  demands     ${stated(demands.join(', ') || undefined)}`,
    `  exceptions  classes ${stated(classes?.join(', '))}; granted by ${stated(grantedBy)}; longest ${longest === undefined ? stated(undefined) : `${longest.amount} ${longest.unit}`}`,
    `  source      ${source.kind}${source.url === undefined ? '' : `, ${source.url}`}${source.retrieved === undefined ? '' : `, read ${source.retrieved}`}`,
    `  review by   ${dates.reviewBy ?? 'no date'}`,
    ...directive.openQuestions.map((question) => `  ? ${question}`),
  ];
}

function stated(text: string | undefined): string {
  return text ?? 'not stated';
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column])).join('  ')}`.trimEnd());
}
